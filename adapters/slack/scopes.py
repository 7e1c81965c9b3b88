"""What the app asks a workspace to allow it, and why."""

from typing import NamedTuple


class Scope(NamedTuple):
    """One permission by Slack's name for it, and in a sentence what it is for."""

    name: str
    why: str


REQUIRED = (
    Scope("commands", "Answers /compare and /shipworthy, and the type-ahead of their forms."),
    Scope("chat:write", "Posts comparisons and digests, redraws their tallies, and answers somebody alone."),
    Scope("chat:write.public", "Posts a comparison in a public channel that the bot has not joined yet."),
    Scope("reactions:read", "Hears votes, which are reactions, and reads them back after it was away."),
    Scope("reactions:write", "Puts the reactions people vote with on a comparison."),
    Scope(
        "channels:join", "Joins a public channel where something is compared, for Slack tells of reactions only there."
    ),
    Scope("app_mentions:read", "Answers @Shipworthy, the only way to ask in a thread."),
    Scope(
        "users:read", "Tells people from bots, guests and other organisations, and knows their names and time zones."
    ),
)
"""Without any of these something that people see does not work."""

OPTIONAL = (
    Scope(
        "channels:history", "Looks in a public channel for a digest of which Slack did not say whether it was posted."
    ),
    Scope("groups:history", "Looks for such a digest in a private channel the bot was invited to."),
    Scope(
        "channels:read",
        "Knows which public channels you are in, for the Home tab, and says a line when invited to one.",
    ),
    Scope("groups:read", "Does the same for private channels the bot is in."),
)
"""What works better with them; all else works without."""
