"""Deviations of real traffic from the contract: one per chosen record."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from gridrt_emulator.clock import DAY, HOUR, MINUTE
from gridrt_emulator.dates import iso_date, js_date
from gridrt_emulator.rows import Record

_ZONES = ("Europe/Stockholm", "Asia/Tokyo", "America/New_York", "Asia/Kolkata", "Europe/London", "Australia/Sydney")
_OWN_TYPES = (
    "LIFT_DOOR_OPENED",
    "Fitting room: help wanted",
    "coffee_machine.refill",
    "ÖPPNA_GRIND",
    "試着室",
    "scan/2",
)
# Harmless as text; each has a visible effect where it is interpreted as HTML, Markdown or a formula.
_TRICKY = (
    "<b>bold</b>",
    '<img src=x onerror="document.title=1">',
    "[link](https://example.com) **strong** `code`",
    "![x](https://example.com/x.png)",
    ":red[colour] :material/home: $x^2$",
    "=1+1",
    "+46 8 123",
    "-2+3",
    "@SUM(1,2)",
    "\t=1",
    "a,b;c\"d'e\r\nnext line",
    "日本語 עברית العربية 👩‍👩‍👧 é Å",
    "\u202eright to left\u202c",
    "</script><script>0</script>",
    "x" * 400,
    " ",
    "null",
    "},{",
)


class Odd(NamedTuple):
    """One record to serve. ``time``: its eventTime as understood; ``known``: its session is in the list."""

    record: Record
    arrival: int
    time: int
    known: bool = True


def skew(rng: Random) -> int:
    """Return the error of a wrong clock, ms."""
    return rng.choice((2 * HOUR, 26 * HOUR, 3 * DAY, -3 * HOUR, -30 * HOUR, -365 * DAY))


def odd_date(rng: Random, ms: int) -> object:
    """Return the same instant in another notation that occurs; JavaScript's string drops the milliseconds."""
    return rng.choice(
        (
            js_date(ms, rng.choice(_ZONES)),
            js_date(ms, rng.choice(_ZONES)),
            ms,
            iso_date(ms, 3),
            iso_date(ms, 6),
            iso_date(ms, 0),
            iso_date(ms, 3, rng.choice(_ZONES)),
            iso_date(ms, 0, rng.choice(_ZONES)),
        )
    )


def events(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    """Return the event with one oddity, or twice."""
    kind = rng.choice(_EVENT_KINDS)
    return kind(rng, record, arrival, time)


def sessions(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    """Return the session with one oddity, or twice."""
    kind = rng.choice(_SESSION_KINDS)
    return kind(rng, record, arrival, time)


def _other_date(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    field = "eventTime" if "eventTime" in record else "sessionCreated"
    return [Odd({**record, field: odd_date(rng, time)}, arrival, time)]


def _unreadable_date(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    field = "eventTime" if "eventTime" in record else "sessionCreated"
    return [Odd({**record, field: rng.choice(("Invalid Date", "", "0000-00-00T00:00:00Z"))}, arrival, arrival)]


def _nulls(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    missing = [name for name in _NULLABLE if name not in record]
    return [Odd({**record, **dict.fromkeys(missing)}, arrival, time)]


_NULLABLE = ("clientId", "str3", "int4", "productId", "stateful")
_SESSION_NULLABLE = ("deviceId", "clientId", "latitude", "longitude", "locationAccuracy", "appVersion")


def _session_nulls(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    missing = [name for name in _SESSION_NULLABLE if name not in record]
    return [Odd({**record, **dict.fromkeys(missing)}, arrival, time)]


def _unannounced(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    more = {
        "id": record["captureId"],
        "eventCaptureTime": iso_date(arrival, 3),
        "environment": "PROD",
        "meta": {"v": [1]},
    }
    return [Odd({**more, **record}, arrival, time)]


def _doubled(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    return [Odd(record, arrival, time), Odd(record, arrival + rng.randint(1, 90_000), time)]


def _wrong_clock(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    # A device's report from the future would stay its newest for days.
    monitor = str(record.get("eventType")).startswith("MONITOR_")
    wrong = time - 26 * HOUR if monitor else time + skew(rng)
    field = "eventTime" if "eventTime" in record else "sessionCreated"
    return [Odd({**record, field: iso_date(wrong, 3)}, arrival, wrong)]


def _unknown_session(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    sessionId = f"{rng.getrandbits(32):08x}-0000-4000-8000-{rng.getrandbits(48):012x}"
    return [Odd({**record, "sessionId": sessionId}, arrival, time, known=False)]


def _late(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    """The device was offline for a while: the record arrives out of order."""
    return [Odd(record, arrival + rng.randint(1 * MINUTE, 18 * MINUTE), time)]


def _big_number(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    value = rng.choice((2**53 + 1, 2**63 - 1, -(2**53) - 1, 0.1, 1234.5678, 1e-9, -0.5, 10**18 + 7))
    return [Odd({**record, "int4": value}, arrival, time)]


def _own_type(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    return [Odd({**record, "eventType": rng.choice(_OWN_TYPES)}, arrival, time)]


def _tricky_text(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    return [Odd({**record, rng.choice(("str3", "str5")): rng.choice(_TRICKY)}, arrival, time)]


def _null_island(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    return [Odd({**record, "latitude": 0, "longitude": 0}, arrival, time)]


def _off_the_map(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    latitude, longitude = rng.choice(((91.5, 18.0), (59.3, 181.25), (-123.1, 200.0), (593258000, 180649000)))
    return [Odd({**record, "latitude": latitude, "longitude": longitude}, arrival, time)]


def _tricky_session(rng: Random, record: Record, arrival: int, time: int) -> list[Odd]:
    return [Odd({**record, rng.choice(("appVersion", "installationVersion")): rng.choice(_TRICKY)}, arrival, time)]


_Distortion = Callable[[Random, Record, int, int], list[Odd]]
_EVENT_KINDS: tuple[_Distortion, ...] = (
    _other_date,
    _other_date,
    _other_date,
    _unreadable_date,
    _nulls,
    _unannounced,
    _doubled,
    _wrong_clock,
    _unknown_session,
    _late,
    _big_number,
    _own_type,
    _tricky_text,
    _tricky_text,
)
_SESSION_KINDS: tuple[_Distortion, ...] = (
    _other_date,
    _other_date,
    _session_nulls,
    _unannounced,
    _doubled,
    _wrong_clock,
    _null_island,
    _null_island,
    _off_the_map,
    _tricky_session,
)
