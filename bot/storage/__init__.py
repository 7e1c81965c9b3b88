"""Durable storage behind `commands.ports`."""
