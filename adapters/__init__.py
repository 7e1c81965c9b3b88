"""Translators between a platform and the core; each can be deleted with its folder."""
