"""The way to a platform through a proxy: no library of ours heeds all that the environment names by itself."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address (http, https, ws or wss); None to go directly."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or "") or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    proxy = getproxies().get(scheme)
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
