"""What the log says, and never says: times, levels and names; no token, whoever wrote it into a message."""

import logging
import re

from commands.errors import ShipworthyError

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

SECRET = re.compile(
    r"\bxox[a-z]+(?:\.xox[a-z]+)?-[\w-]+|\bxapp-[\w-]+|\bxoxe(?:\.\w+)?-[\w-]+"
    r"|(?<=hooks\.slack\.com/)\S+|(?<=hooks\.slack-gov\.com/)\S+"
    r"|(?<=[?&]ticket=)[^&\s'\"]+|(?<=[?&]code=)[^&\s'\"]+|(?<=[?&]state=)[^&\s'\"]+"
    r"|(?<=client_secret=)[^&\s'\"]+"
    r"|\b[\w-]{20,}\.[\w-]{5,8}\.[\w-]{20,}"
    r"|(?P<kept>/(?:webhooks|interactions)/\d+/)[^/?\s'\"]+"
)
"""What gives somebody access who reads it: tokens of every kind, response URLs, tickets and codes in addresses.

What is `kept` stands before the secret, and tells what it is one of.
"""

WORDY = ("aiosqlite", "discord", "slack_bolt", "slack_sdk")
"""Libraries whose DEBUG tells everything that passes through them: people's words, response URLs, votes."""

NOISE = "voice will NOT be supported"
"""What discord.py warns of wherever the libraries for voice are not installed, which nobody needs here."""

PASSING = ("aiohttp", "discord", "slack_sdk")
"""Libraries whose errors say that a platform is away or refuses something; where in the code is of no interest."""


class Formatter(logging.Formatter):
    """Formats a record with secrets blacked out, tracebacks included; a library's passing trouble is one line."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and record.name.startswith(WORDY) and _passes(error):
            record = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})
            record.msg, record.args = f"{record.getMessage()} ({type(error).__name__})", None
        return SECRET.sub(r"\g<kept>…", super().format(record))


def setup(level: str) -> None:
    """Log to standard error from this level on. A second call changes nothing."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(FORMAT))
    handler.addFilter(_tells_no_contents)
    logging.basicConfig(level=level, handlers=[handler])


def _tells_no_contents(record: logging.LogRecord) -> bool:
    """Leave out what a library tells of the things that pass through it; Slack's sets its loggers' levels itself."""
    if not record.name.startswith(WORDY):
        return True
    return record.levelno >= logging.INFO and not str(record.msg).endswith(NOISE)


def _passes(error: BaseException) -> bool:
    library = type(error).__module__.partition(".")[0]
    return library in PASSING or isinstance(error, OSError | ShipworthyError)
