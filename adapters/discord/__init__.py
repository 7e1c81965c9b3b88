"""Discord: payloads into core values, replies into messages, and the wiring between them and discord.py."""
