"""Zone names: the known, the nearly right, and what looks like one."""

from __future__ import annotations

import pytest

from apps.scheduling.domain import zones
from apps.scheduling.domain.errors import ScheduleError

ZONES = [
    (
        "",
        "schedule.unknown_zone",
        "There is no time zone. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "  ",
        "schedule.unknown_zone",
        "There is no time zone. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "Europe/Berln",
        "schedule.unknown_zone",
        "Europe/Berln is not a time zone that is known here. Did you mean Europe/Berlin, Europe/Dublin?",
    ),
    (
        "europe/berlin",
        "schedule.unknown_zone",
        "europe/berlin is not a time zone that is known here. Did you mean Europe/Berlin?",
    ),
    (
        "Beijing",
        "schedule.unknown_zone",
        "Beijing is not a time zone that is known here. Did you mean Asia/Shanghai?",
    ),
    (
        "Asia/Beijing",
        "schedule.unknown_zone",
        "Asia/Beijing is not a time zone that is known here. Did you mean Asia/Shanghai?",
    ),
    (
        "CST",
        "schedule.unknown_zone",
        "CST is not a time zone that is known here. Did you mean Asia/Shanghai, America/Chicago?",
    ),
    (
        "UTC+8",
        "schedule.unknown_zone",
        "UTC+8 is an offset, not a time zone: it would not follow daylight saving time. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "+08:00",
        "schedule.unknown_zone",
        "+08:00 is an offset, not a time zone: it would not follow daylight saving time. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "GMT-3",
        "schedule.unknown_zone",
        "GMT-3 is an offset, not a time zone: it would not follow daylight saving time. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "Shanghai",
        "schedule.unknown_zone",
        "Shanghai is not a time zone that is known here. Did you mean Asia/Shanghai?",
    ),
    (
        "Mars/Olympus",
        "schedule.unknown_zone",
        "Mars/Olympus is not a time zone that is known here. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "../etc/passwd",
        "schedule.unknown_zone",
        "../etc/passwd is not a time zone that is known here. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "Asia/Shanghai ",
        "schedule.unknown_zone",
        "Asia/Shanghai  is not a time zone that is known here. Did you mean Asia/Shanghai?",
    ),
    (
        "China Standard Time",
        "schedule.unknown_zone",
        "China Standard Time is not a time zone that is known here. Did you mean Asia/Shanghai?",
    ),
    (
        "Berlin",
        "schedule.unknown_zone",
        "Berlin is not a time zone that is known here. Did you mean Europe/Berlin?",
    ),
    (
        "\x00",
        "schedule.unknown_zone",
        "� is not a time zone that is known here. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "right/Europe/Berlin",
        "schedule.unknown_zone",
        "right/Europe/Berlin is not a time zone that is known here. Did you mean Europe/Berlin?",
    ),
    (
        "localtime",
        "schedule.unknown_zone",
        "localtime is not a time zone that is known here. Write a name such as Europe/Berlin or Asia/Shanghai.",
    ),
    (
        "new york",
        "schedule.unknown_zone",
        "new york is not a time zone that is known here. Did you mean America/New_York?",
    ),
]


@pytest.mark.parametrize(("name", "code", "message"), ZONES)
def test_an_unknown_zone_is_refused_with_the_nearest_names(name, code, message):
    with pytest.raises(ScheduleError) as refused:
        zones.get(name)

    assert (refused.value.code, refused.value.message) == (code, message)
    assert refused.value.field == "zone"


def test_a_very_long_zone_name_is_shown_shortened():
    with pytest.raises(ScheduleError) as refused:
        zones.get("x" * 100_000)

    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    "name", ["UTC", "Asia/Shanghai", "Etc/GMT-8", "America/Argentina/Buenos_Aires", "CET"]
)
def test_zones_of_the_database_are_known(name):
    assert zones.get(name).key == name
