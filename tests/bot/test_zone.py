from zoneinfo import ZoneInfoNotFoundError

import pytest
import tzlocal

from bot.zone import local_zone


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Patches, with what was found out about the zone before forgotten while they last."""
    monkeypatch.setattr(tzlocal.unix, "_cache_tz_name", None)
    return monkeypatch


def test_the_machines_zone_is_told_by_its_name(zone: pytest.MonkeyPatch) -> None:
    zone.setenv("TZ", "Asia/Kathmandu")
    assert local_zone() == "Asia/Kathmandu"


def test_a_machine_whose_configuration_contradicts_itself_tells_none(zone: pytest.MonkeyPatch) -> None:
    def contradictory() -> str:
        raise ZoneInfoNotFoundError("Multiple conflicting time zone configurations found")

    zone.setattr("bot.zone.get_localzone_name", contradictory)
    assert local_zone() is None
