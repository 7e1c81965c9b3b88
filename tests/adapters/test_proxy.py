"""The way to a platform through a proxy."""

import pytest

from adapters.proxy import proxy_for


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://discord.com/api/v10", "http://secure:1"),
        ("wss://gateway.discord.gg", "http://secure:1"),
        ("http://stub/api/v10", "http://plain:2"),
        ("ws://stub/gateway/", "http://plain:2"),
        ("https://slack.com/api/", "http://secure:1"),
        ("wss://wss-primary.slack.com/link", "http://secure:1"),
        ("https://inside.example/api/v10", None),
        ("wss://deep.inside.example", None),
        ("http://other.example:8080/api/v10", None),
        ("http://other.example:8081/api/v10", "http://plain:2"),
    ],
)
def test_the_proxy_is_the_environments_for_the_scheme_unless_the_host_goes_without(
    monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://secure:1")
    monkeypatch.setenv("HTTP_PROXY", "plain:2")
    monkeypatch.setenv("NO_PROXY", "localhost, .inside.example,other.example:8080")
    assert proxy_for(url) == proxy


def test_without_a_proxy_in_the_environment_the_way_is_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert proxy_for("https://discord.com/api/v10") is None
