"""What the views have to show, counted over the raw records in plain Python: no pandas, no code of the dashboard."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.strict_server import contract, dates
from tests.strict_server.nasty import Records

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE


class Counts:
    """The numbers of one choice of filters: ``Counts(records, spaceId="a", interactionType="interactive").events``."""

    def __init__(self, records: Records, **filters: str) -> None:
        self.records = records
        self.filters = filters
        scope = {name: value for name, value in filters.items() if name in contract.SCOPE}
        self.session_rows = _unique_sessions(contract.sessions(records.sessions, scope))
        self.event_rows = _once(contract.events(records.sessions, records.events, filters))
        if len(scope) < len(filters):
            having = {row.get("sessionId") for row in self.event_rows} - {None}
            self.session_rows = [row for row in self.session_rows if row.get("sessionId") in having]

    @property
    def sessions(self) -> int:
        return len(self.session_rows)

    @property
    def events(self) -> int:
        """Each ``captureId`` once; records that have none all count."""
        return len(self.event_rows)

    @property
    def interactive(self) -> int:
        """Events that a person did, as the record itself says."""
        return sum(row.get("interaction") is True for row in self.event_rows)

    @property
    def interactive_share(self) -> str:
        """As a whole percentage."""
        return f"{100 * self.interactive / self.events:.0f}%" if self.events else "—"

    def active(self, now: datetime) -> int:
        """Sessions in which a person did something in the half hour up to ``now``."""
        end = _micros(now)
        return len(
            {
                row["sessionId"]
                for row in self.event_rows
                if row.get("sessionId")
                and _by_a_person(row)
                and (moment := dates.read(row.get("eventTime"))) is not None
                and end - 30 * MINUTE < moment <= end
            }
        )

    @property
    def revenue(self) -> dict[str, Decimal]:
        """What people bought for, exactly, per unit: a currency code, another text, or none under an empty name."""
        total: dict[str, Decimal] = {}
        for row in self.event_rows:
            amount = row.get("int1")
            if row.get("eventType") != "PURCHASE" or not _by_a_person(row) or isinstance(amount, bool):
                continue
            if isinstance(amount, int | float):
                currency = (row.get("str2") or "").strip()
                currency = currency.upper() if re.fullmatch("[A-Za-z]{3}", currency) else currency
                total[currency] = total.get(currency, Decimal(0)) + Decimal(repr(amount))
        return total

    @property
    def by_type(self) -> dict[str, int]:
        return dict(Counter(row["eventType"] for row in self.event_rows if isinstance(row.get("eventType"), str)))

    def by_time(self, now: datetime) -> dict[str, int]:
        """How many events fall ``inside`` the 24 hours up to ``now``, ``before`` and ``after``, or are ``undated``."""
        return _by_time(self.event_rows, "eventTime", now)

    @cached_property
    def location(self) -> dict[str, int]:
        """How many sessions are ``located``, and why the others are not.

        ``missing``, ``out_of_range``, ``zero``, or ``polar``: the square world of Web Mercator doesn't reach so far.
        """
        reasons = dict.fromkeys(("located", "missing", "out_of_range", "zero", "polar"), 0)
        return {**reasons, **Counter(map(_where, self.session_rows))}

    def sessions_by_time(self, now: datetime) -> dict[str, int]:
        """Like `by_time`, by when the sessions were created."""
        return _by_time(self.session_rows, "sessionCreated", now)

    def latest(self, distinctColumns: str) -> list[dict[str, Any]]:
        return contract.latest(
            self.records.sessions, self.records.events, {**self.filters, "distinctColumns": distinctColumns}
        )

    def latest_by_status(self, distinctColumns: str) -> dict[Any, int]:
        """How many of the newest monitoring events have each ``int1``; None where it has none."""
        rows = self.latest(distinctColumns)
        return dict(Counter(row.get("int1") for row in rows if _is_monitor(row)))


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _by_time(rows: list[dict[str, Any]], field: str, now: datetime) -> dict[str, int]:
    end = _micros(now)
    where: Counter[str] = Counter({"inside": 0, "before": 0, "after": 0, "undated": 0})
    for row in rows:
        moment = dates.read(row.get(field))
        if moment is None:
            where["undated"] += 1
        else:
            where["before" if moment < end - DAY else "after" if moment > end else "inside"] += 1
    return dict(where)


def _once(records: list[Any]) -> list[dict[str, Any]]:
    """The objects among the records, the first of each ``captureId``."""
    seen: set[str] = set()
    rows = []
    for record in records:
        if isinstance(record, dict) and record.get("captureId") not in seen:
            rows.append(record)
            if record.get("captureId"):
                seen.add(record["captureId"])
    return rows


def _unique_sessions(records: list[Any]) -> list[dict[str, Any]]:
    """One row per ``sessionId``: the one created last, of equals the one with the smallest ``captureId``.

    Rows without ``sessionId`` all stay.
    """
    rows: list[dict[str, Any]] = []
    newest: dict[str, dict[str, Any]] = {}
    for row in _once(records):
        name = row.get("sessionId")
        if not name:
            rows.append(row)
        elif name not in newest or _later(row, newest[name]):
            newest[name] = row
    return [*rows, *newest.values()]


def _later(row: dict[str, Any], other: dict[str, Any]) -> bool:
    if _created(row) != _created(other):
        return _created(row) > _created(other)
    return str(row.get("captureId")) < str(other.get("captureId"))


def _created(row: dict[str, Any]) -> int:
    moment = dates.read(row.get("sessionCreated"))
    return -(10**30) if moment is None else moment


def _is_monitor(row: dict[str, Any]) -> bool:
    return str(row.get("eventType")).startswith("MONITOR_")


def _by_a_person(row: dict[str, Any]) -> bool:
    return row.get("interaction") is True and not _is_monitor(row)


def _where(row: dict[str, Any]) -> str:
    latitude, longitude = row.get("latitude"), row.get("longitude")
    numbers = [part for part in (latitude, longitude) if isinstance(part, int | float) and not isinstance(part, bool)]
    if len(numbers) < 2:
        return "missing"
    if abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        return "out_of_range"
    if numbers == [0, 0]:
        return "zero"
    # How far from the equator Web Mercator draws it; the map is a square that ends half a circumference away.
    away = math.inf if abs(numbers[0]) == 90 else math.log(math.tan(math.radians(45 + abs(numbers[0]) / 2)))
    return "polar" if away > math.pi else "located"
