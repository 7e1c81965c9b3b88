"""The tools that ship with the bot, as data, and the loader that reads such data."""
