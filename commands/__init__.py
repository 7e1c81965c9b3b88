"""The core: what people can ask, and the rules of voting.

Nothing here knows a platform, a database, the environment or the time of day: those come in through
`commands.ports`.
"""
