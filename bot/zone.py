"""The zone of this machine."""

from tzlocal import get_localzone_name


def local_zone() -> str | None:
    """The IANA name of the local zone, or None where the machine does not tell it."""
    try:
        name = get_localzone_name()
    except (LookupError, OSError, ValueError):
        return None
    return name or None
