"""What the log says, and never says: one line for each event, with the delivery it belongs to; no token in it.

Everybody logs through the standard library. The lines are drawn by structlog, for people or as JSON; it is
imported when the first line is drawn, for most commands end without one.
"""

import logging
import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from commands import tracing
from commands.errors import ShipworthyError

if TYPE_CHECKING:
    from structlog.stdlib import ProcessorFormatter
    from structlog.typing import EventDict, Processor

TEXT, JSON = FORMATS = ("text", "json")

SECRET = re.compile(
    r"\bxox[a-z]+(?:\.xox[a-z]+)?-[\w-]+|\bxapp-[\w-]+|\bxoxe(?:\.\w+)?-[\w-]+"
    r"|(?<=hooks\.slack\.com/)\S+|(?<=hooks\.slack-gov\.com/)\S+"
    r"|(?<=[?&]ticket=)[^&\s'\"]+|(?<=[?&]code=)[^&\s'\"]+|(?<=[?&]state=)[^&\s'\"]+"
    r"|(?<=client_secret=)[^&\s'\"]+"
    r"|(?<=://)[^/?#@\s'\"]+:[^/?#@\s'\"]+(?=@)"
    r"|\b[\w-]{20,}\.[\w-]{5,8}\.[\w-]{20,}"
    r"|(?P<kept>/(?:webhooks|interactions)/\d+/)[^/?\s'\"]+"
)
"""What gives somebody access who reads it: tokens of every kind, response URLs; codes and passwords in addresses.

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

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and record.name.startswith(WORDY) and _passes(error):
            record = logging.makeLogRecord(record.__dict__ | {"exc_info": None, "exc_text": None})
            record.msg, record.args = f"{record.getMessage()} ({type(error).__name__})", None
        return self._drawn.format(record)

    @cached_property
    def _drawn(self) -> "ProcessorFormatter":
        import structlog  # noqa: PLC0415 - see above

        for_machines = self._form == JSON
        stamp = structlog.processors.TimeStamper(
            fmt="iso" if for_machines else "%Y-%m-%d %H:%M:%S.%f", utc=for_machines
        )
        before: list[Processor] = [
            stamp,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _add_delivery,
        ]
        drawn: list[Processor] = [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _black_out,
        ]
        last = [structlog.processors.JSONRenderer()] if for_machines else [_to_one_line, _for_people()]
        return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=[*drawn, *last])


def setup(level: str, form: str = TEXT) -> None:
    """Log to standard error from this level on, in one of `FORMATS`. A second call changes nothing."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(form))
    handler.addFilter(_tells_no_contents)
    logging.basicConfig(level=level, handlers=[handler])


def _for_people() -> "Processor":
    """Time, level, who says it, what; then whatever else there is, as name=value."""
    from structlog import dev  # noqa: PLC0415 - likewise

    def column(name: str, *, behind: str = "") -> dev.Column:
        plain = dev.KeyValueColumnFormatter(
            key_style=None if name else "", value_style="", reset_style="", value_repr=str, postfix=behind
        )
        return dev.Column(name, plain)

    columns = [column("timestamp"), column("level"), column("logger", behind=":"), column("event"), column("")]
    return dev.ConsoleRenderer(sort_keys=False, exception_formatter=dev.plain_traceback, columns=columns)


def _add_delivery(_logger: Any, _method: str, event: "EventDict") -> "EventDict":  # noqa: ANN401 - as structlog has it
    """Say for which delivery it was; where there are several at once, their ids."""
    held = tracing.deliveries()
    if held:
        event["request"] = tracing.current()
    if len(held) == 1:
        event.update(platform=held[0].platform, team=held[0].team, what=held[0].what)
    return event


def _black_out(_logger: Any, _method: str, event: "EventDict") -> "EventDict":  # noqa: ANN401
    """Black secrets out before anything is escaped or quoted, where they would be harder to tell."""
    return {name: _harmless(value) for name, value in event.items()}


def _harmless(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _harmless(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_harmless(one) for one in value]
    return value if isinstance(value, int | float | None) else SECRET.sub(r"\g<kept>…", str(value))


def _to_one_line(_logger: Any, _method: str, event: "EventDict") -> "EventDict":  # noqa: ANN401
    """Leave only a traceback more lines than one, so that nobody's words can pass for a line of ours."""
    kept = {name: event.pop(name) for name in ("exception", "stack") if name in event}
    event["level"] = event["level"].upper()
    return {name: str(value).replace("\r", "\\r").replace("\n", "\\n") for name, value in event.items()} | kept


def _tells_no_contents(record: logging.LogRecord) -> bool:
    """Leave out what a library tells of the things that pass through it; Slack's sets its loggers' levels itself."""
    if not record.name.startswith(WORDY):
        return True
    return record.levelno >= logging.INFO and not str(record.msg).endswith(NOISE)


def _passes(error: BaseException) -> bool:
    library = type(error).__module__.partition(".")[0]
    return library in PASSING or isinstance(error, OSError | ShipworthyError)
