"""What the views have to show of a day, counted over the raw records by plain loops: no code of the dashboard."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.strict_server import dates
from tests.strict_server.nasty import Records

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
SILENT_FLOOR = 10 * MINUTE
DIGITS = {"SEK": 2, "EUR": 2, "JPY": 0, "BHD": 3}

Row = dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """An attached thing: what it says now, and since when; times in microseconds since the epoch."""

    store: str
    name: str
    kind: str
    since: int
    since_is_at_least: bool
    flaps: int
    is_flapping: bool
    up: float | None


class DayCounts:
    """The numbers of a day, of a time range in it, and without the sessions of a value.

    Parameters
    ----------
    start, end
        The time range, both included; None for all of the 24 hours.
    without
        A field of sessions and the value that is left out, such as ``{"spaceId": "market"}``.
    """

    def __init__(
        self,
        records: Records,
        now: datetime,
        start: datetime | None = None,
        end: datetime | None = None,
        without: dict[str, str] | None = None,
    ) -> None:
        self.now = _micros(now)
        self.is_ranged = start is not None or end is not None
        self.start = self.now - 24 * HOUR if start is None else _micros(start)
        self.end = self.now if end is None else _micros(end)
        self.place: dict[str, Row] = {}
        self.sessions_listed = []
        for row in _once(records.sessions):
            if row.get("sessionId"):
                self.place[row["sessionId"]] = row
            if not _left_out(row, without):
                self.sessions_listed.append(row)
        self.events_listed = [
            row
            for row in _once(records.events)
            if not _left_out(self.place.get(row.get("sessionId") or "", {}), without)
        ]

    def at(self, row: Row, field: str = "eventTime") -> bool:
        """Whether a record is in the time range; without one every record is, also undated ones."""
        return self.in_day(row, field) if self.is_ranged else True

    def in_day(self, row: Row, field: str = "eventTime") -> bool:
        """Whether a record has a time in the time range or in the 24 hours."""
        moment = dates.read(row.get(field))
        return moment is not None and self.start <= moment <= self.end

    def store_of(self, row: Row) -> str | None:
        return self.place.get(row.get("sessionId") or "", {}).get("spaceId")

    @property
    def sessions(self) -> list[Row]:
        """The sessions created in the range."""
        return [row for row in self.sessions_listed if self.at(row, "sessionCreated")]

    @property
    def events(self) -> list[Row]:
        return [row for row in self.events_listed if self.at(row)]

    @property
    def purchases(self) -> list[Row]:
        return [row for row in self.events if _is_purchase(row)]

    @property
    def visitors(self) -> set[str]:
        return {row["sessionId"] for row in self.events if row.get("sessionId") and _is_visit(row)}

    @property
    def converted(self) -> set[str]:
        return self.visitors & {row.get("sessionId") for row in self.purchases}

    @property
    def active(self) -> set[str]:
        """The sessions in which a person did something in the half hour up to now."""
        return {
            row["sessionId"]
            for row in self.events_listed
            if row.get("sessionId")
            and _is_visit(row)
            and self.now - 30 * MINUTE < (dates.read(row.get("eventTime")) or 0) <= self.now
        }

    def revenue(self, rows: Iterable[Row] | None = None) -> dict[str, Decimal]:
        """The exact sum of the amounts for each currency."""
        total: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.purchases if rows is None else rows:
            if row.get("int1") is not None:
                total[row["str2"].strip().upper()] += Decimal(repr(row["int1"]))
        return dict(total)

    def of_stores(self) -> dict[str, Row]:
        """For each store its sessions, visitors, purchases, converted visitors, revenue and active sessions."""
        found = {}
        for store in sorted({row["spaceId"] for row in self.sessions_listed if row.get("spaceId")}):
            own = [row for row in self.purchases if self.store_of(row) == store]
            found[store] = {
                "sessions": sum(row.get("spaceId") == store for row in self.sessions),
                "purchases": len(own),
                "revenue": self.revenue(own),
                **{
                    name: sum(self.place.get(one, {}).get("spaceId") == store for one in getattr(self, name))
                    for name in ("visitors", "converted", "active")
                },
            }
        return found

    def by_hour(self, store: str) -> dict[datetime, Row]:
        """Visitors and purchases of a store in each hour in which it has some."""
        visitors: dict[int, set[str]] = defaultdict(set)
        purchases: Counter[int] = Counter()
        for row in self.events_listed:
            if self.store_of(row) == store and self.in_day(row):
                hour = (dates.read(row["eventTime"]) or 0) // HOUR
                if _is_visit(row):
                    visitors[hour].add(row["sessionId"])
                purchases[hour] += _is_purchase(row)
        return {
            datetime.fromtimestamp(hour * 3600, UTC): {"visitors": len(visitors[hour]), "purchases": purchases[hour]}
            for hour in {*visitors, *purchases}
            if visitors[hour] or purchases[hour]
        }

    @cached_property
    def paths(self) -> dict[str, list[tuple[int, Row]]]:
        """What people did in the range in each session, in the order of time."""
        found: dict[str, list[tuple[int, Row]]] = defaultdict(list)
        for row in self.events_listed:
            people = not str(row.get("eventType")).startswith("MONITOR_") and row.get("interaction") is not False
            if people and row.get("sessionId") and self.in_day(row):
                found[row["sessionId"]].append((dates.read(row["eventTime"]) or 0, row))
        return {name: sorted(path, key=lambda one: one[0]) for name, path in found.items()}

    def funnel(self, steps: Sequence[str]) -> list[tuple[int, float | None]]:
        """The sessions at each step, and the median seconds from the step before."""
        reached: list[list[int]] = [[] for _ in steps]
        counts = [0] * len(steps)
        for path in self.paths.values():
            last: int | None = None
            for place, step in enumerate(steps):
                moments = [moment for moment, row in path if row["eventType"] == step and moment >= (last or 0)]
                if not moments:
                    break
                counts[place] += 1
                if last is not None:
                    reached[place].append(moments[0] - last)
                last = moments[0]
        return [
            (count, statistics.median(times) / SECOND if times else None)
            for count, times in zip(counts, reached, strict=True)
        ]

    def flow(self, depth: int) -> Counter[tuple[int, str, str]]:
        """How many sessions go from an event at a step to the next, end there, or go on beyond the last step."""
        found: Counter[tuple[int, str, str]] = Counter()
        for path in self.paths.values():
            types = [row["eventType"] for _, row in path]
            for place, eventType in enumerate(types[:depth]):
                following = types[place + 1] if place + 1 < len(types) else "(ends)"
                beyond = place + 1 == depth and place + 1 < len(types)
                found[place + 1, eventType, "(goes on)" if beyond else following] += 1
        return found

    def products(self) -> dict[str, dict[str, int]]:
        """For each product the sessions that viewed it, put it into the cart, bought it, viewed and didn't buy it."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for path in self.paths.values():
            for product in {row["productId"] for _, row in path if row.get("productId")}:
                own = [(moment, row["eventType"]) for moment, row in path if row.get("productId") == product]
                viewed = any(eventType == "PRODUCT_VIEW" for _, eventType in own)
                added = [moment for moment, eventType in own if eventType == "CART_ADD"]
                sold = added and any(row["eventType"] == "PURCHASE" and moment >= added[0] for moment, row in path)
                counts = {"viewed": viewed, "carts": bool(added), "bought": bool(sold)}
                found[product].update({**counts, "viewed, not bought": viewed and not sold})
        return {product: {name: int(number) for name, number in counts.items()} for product, counts in found.items()}

    def searches(self) -> dict[str, tuple[int, int]]:
        """For each text, in lower case, the searches and those without a view of a product before the next one."""
        found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for path in self.paths.values():
            moments = sorted({moment for moment, row in path if row["eventType"] == "SEARCH"})
            for moment, row in path:
                if row["eventType"] == "SEARCH":
                    until = min((one for one in moments if one > moment), default=self.now + HOUR)
                    views = [
                        one for one, other in path if other["eventType"] == "PRODUCT_VIEW" and moment <= one < until
                    ]
                    numbers = found[(row.get("str1") or "").strip().casefold()]
                    numbers[0] += 1
                    numbers[1] += not views
        return {text: (total, without) for text, (total, without) in found.items()}

    def things(self) -> list[Thing]:
        """The attached things with their status now; flaps and the share of the time up are of the range."""
        reports: dict[tuple[str, str], list[tuple[int, Any]]] = defaultdict(list)
        for row in self.events_listed:
            moment = dates.read(row.get("eventTime"))
            if str(row.get("eventType")).startswith("MONITOR_") and moment is not None and moment <= self.now:
                name = " · ".join(row[field] for field in ("str1", "str2", "str4") if row.get(field))
                reports[self.store_of(row) or "", name].append((moment, row.get("int1")))
        return [self._thing(store, name, sorted(own)) for (store, name), own in reports.items()]

    def _thing(self, store: str, name: str, reports: list[tuple[int, Any]]) -> Thing:
        gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(reports)]
        limit = max(SILENT_FLOOR, 2 * statistics.median(gaps) if gaps else 0)
        changes = [moment for (_, before), (moment, said) in itertools.pairwise(reports) if said != before]
        last, said = reports[-1]
        recent = [moment for moment in changes if moment > self.now - HOUR]
        most = max((sum(end - HOUR < one <= end for one in changes) for end in recent), default=0)
        kind = "silent" if self.now - last > limit else {0: "offline", 1: "online"}.get(said, "unknown")
        up = known = 0
        for place, (moment, status) in enumerate(reports):
            end = reports[place + 1][0] if place + 1 < len(reports) else self.now
            heard = min(end, int(moment + limit))
            held = _overlap(moment, heard, self.start, self.end)
            known += _overlap(heard, end, self.start, self.end) + (held if status in (0, 1) else 0)
            up += held if status == 1 else 0
        return Thing(
            store,
            name,
            kind,
            last if kind == "silent" else (changes[-1] if changes else reports[0][0]),
            not changes,
            sum(self.start <= moment <= self.end for moment in changes),
            most > 4,
            up / known if known else None,
        )


def money(revenue: dict[str, Decimal]) -> dict[str, str]:
    """Each sum with the digits of its currency, such as ``1,499.50``."""
    return {unit: f"{amount:,.{DIGITS[unit]}f}" for unit, amount in revenue.items()}


def _overlap(begin: int, end: int, start: int, stop: int) -> int:
    return max(0, min(end, stop) - max(begin, start))


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * SECOND)


def _is_visit(row: Row) -> bool:
    return row.get("interaction") is True and not str(row.get("eventType")).startswith("MONITOR_")


def _is_purchase(row: Row) -> bool:
    return row.get("eventType") == "PURCHASE" and row.get("interaction") is not False


def _left_out(session: Row, without: dict[str, str] | None) -> bool:
    return any(session.get(field) == value for field, value in (without or {}).items())


def _once(records: list[Any]) -> list[Row]:
    """The objects among the records, one of each ``captureId``."""
    found: dict[str, Row] = {}
    for number, row in enumerate(records):
        if isinstance(row, dict):
            found.setdefault(row.get("captureId") or f"none {number}", row)
    return list(found.values())
