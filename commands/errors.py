"""What can go wrong, sorted by who can act on it.

    ShipworthyError
    ├── CommandError    the asker can mend it; str(error) is safe to show and says what would be right
    │   └── TooOften    by waiting as long as the text says
    ├── Unavailable     nobody did wrong; the same request is worth trying again
    └── Gone            what was asked for is no more, and asking again will not bring it back

Everything else is a bug: `Core.run` logs it under a short reference and tells the asker that reference.
"""


class ShipworthyError(Exception):
    """Anything the core raises on purpose."""


class CommandError(ShipworthyError):
    """The asker can mend this; the text is shown to them as it is, in private."""


class TooOften(CommandError):
    """The asker, or their team, did something more often than is let through. See `commands.limits`."""


class Unavailable(ShipworthyError):
    """Storage or a platform did not answer; the request changed nothing and may be repeated."""


class Gone(ShipworthyError):
    """A message or its channel was deleted, or cannot be reached by us any more."""
