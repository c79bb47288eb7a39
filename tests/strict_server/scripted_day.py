"""A day of four stores as a script: who bought what, what was out and since when, and odd records among them.

Everything that happens at a whole hour and some minutes is more than two hours old. `tests.strict_server.day_counts`
counts it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.strict_server import contract, dates
from tests.strict_server.nasty import Records
from tests.strict_server.server import StrictServer

STOPPED = 3
"""So many hours ago began the hour in which the harbour sold nothing any more."""

STORES: dict[str, dict[str, Any]] = {
    "harbour": {"country": "SE", "latitude": 57.7, "longitude": 11.97},
    "market": {"country": "DE", "latitude": 52.52, "longitude": 13.4},
    "tower": {"country": "JP", "latitude": 35.68, "longitude": 139.69},
    "bazaar": {"country": "BH", "latitude": 26.22, "longitude": 50.58},
}
FUNNEL = ("CATEGORY_VIEW", "PRODUCT_VIEW", "CART_ADD", "CHECKOUT", "PURCHASE")
REPORT_MINUTES = 10
FORGOTTEN = "10.0.3.9"
"""The address of a thing that the newest answer leaves out."""

Step = tuple[float, str, dict[str, Any]]


def hour(now: datetime, ago: int) -> datetime:
    """The begin of a whole hour in UTC, so many hours before that of ``now``."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago)


class ScriptedServer(StrictServer):
    """A strict server whose newest answer has forgotten a thing."""

    def _answer(self, endpoint: contract.Endpoint, asked: dict[str, str]) -> list[Any]:
        found = super()._answer(endpoint, asked)
        return [row for row in found if row.get("str2") != FORGOTTEN] if endpoint is contract.LATEST else found


def scripted_day(now: datetime) -> Records:
    """The records of the day as they are at ``now`` (aware)."""
    day = _Day(now)
    day.sales()
    day.interest()
    day.searches()
    day.things()
    day.oddities()
    day.records.events += [None, 42, "text", ["a"]]
    day.records.sessions += [None, "junk"]
    random.Random(3).shuffle(day.records.events)
    random.Random(4).shuffle(day.records.sessions)
    return day.records


def bought(product: str, amount: float, unit: str) -> list[Step]:
    """The steps of a visit that buys; it checks out and pays at the same moment."""
    steps = browsed(product)
    steps += [(30, "CART_ADD", {"productId": product, "int1": 1}), (40, "CART_VIEW", {}), (60, "CHECKOUT", {})]
    return [*steps, (60, "PURCHASE", {"int1": amount, "str2": unit, "str1": "a transaction"})]


def browsed(product: str) -> list[Step]:
    """The steps of a visit that only looks."""
    return [(0, "CATEGORY_VIEW", {"categoryId": "clothes"}), (12.5, "PRODUCT_VIEW", {"productId": product})]


class _Day:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.records = Records(now)
        self.numbers = itertools.count(1)
        self.ways = itertools.cycle(dates.WAYS)

    def visit(self, store: str | None, moment: datetime, steps: list[Step], **known: Any) -> str:
        """Add a session and its events; the date of each is written in another way."""
        name = f"visit-{next(self.numbers)}"
        session = {"sessionId": name, "captureId": f"of {name}", "spaceId": store, "deviceId": f"kiosk {store}"}
        session |= {"sessionCreated": next(self.ways)(moment), "appId": "shop", "environment": "PROD"}
        self.records.sessions.append({**session, **STORES.get(store or "", {}), **known})
        self.events(name, moment, steps)
        return name

    def events(self, session: str | None, moment: datetime, steps: list[Step]) -> None:
        for seconds, eventType, known in steps:
            own = {"sessionId": session, "captureId": f"event-{next(self.numbers)}", "eventType": eventType}
            when = next(self.ways)(moment + timedelta(seconds=int(seconds)))
            self.records.events.append({"interaction": True, "eventTime": when, **own, **known})

    def at(self, ago: int, minutes: float) -> datetime:
        return hour(self.now, ago) + timedelta(minutes=minutes)

    def before(self, minutes: float) -> datetime:
        return self.now - timedelta(minutes=minutes)

    def sales(self) -> None:
        """The harbour sells five an hour until it stops; the other stores sell on."""
        for ago in range(9, STOPPED - 1, -1):
            for place in range(5):
                moment, is_open = self.at(ago, 2 + 10 * place), ago > STOPPED
                amount, unit = (1499.5, "SEK") if place else (120.1, "EUR")
                steps = bought("jacket", amount, unit)
                # The last hour: they come as far as the checkout.
                self.visit("harbour", moment, steps if is_open else steps[:-1])
            self.visit("market", self.at(ago, 17), bought("jacket", 0.1, "EUR"))
            self.visit("market", self.at(ago, 41), bought("cap", 19.99, " eur "))
        for ago in (8, 7, 6):
            self.visit("tower", self.at(ago, 25), bought("cap", 12_000, "JPY"))
        self.visit("bazaar", self.at(7, 12), bought("cap", 12.345, "BHD"))
        for minutes in (5, 6):
            self.visit("market", self.before(minutes), bought("cap", 5, "EUR"))
        self.visit("tower", self.before(80), bought("cap", 900, "JPY"))

    def interest(self) -> None:
        """What is viewed and not bought, what stays in carts, and steps that are not in order."""
        for place in range(7):
            self.visit("harbour", self.at(10, 3 + 5 * place), browsed("boots"))
        for place in range(3):
            left = [*browsed("scarf"), (40, "CART_ADD", {"productId": "scarf", "int1": 2})]
            self.visit("tower", self.at(9, 6 + 9 * place), left)
        taken_out = [*browsed("scarf"), (20, "CART_ADD", {"productId": "scarf"})]
        self.visit("bazaar", self.at(5, 6), [*taken_out, (50, "CART_REMOVE", {"productId": "scarf"})])
        product: dict[str, Any] = {"productId": "boots"}
        # It pays before it checks out, and puts something into the cart before it views anything.
        paid_first: list[Step] = [
            (0, "CART_ADD", product),
            (9, "PURCHASE", {"int1": 7, "str2": "EUR"}),
            (20, "CHECKOUT", {}),
        ]
        self.visit("market", self.at(10, 31), [*paid_first, (30, "CATEGORY_VIEW", {}), (45, "PRODUCT_VIEW", product)])
        # All that matters to the funnel happens in one moment, after four other events.
        others: list[Step] = [(second, "CONTENT_VIEW", {"str1": "lookbook"}) for second in range(4)]
        paid: dict[str, dict[str, Any]] = {"PURCHASE": {"int1": 8, "str2": "EUR"}, "CART_ADD": {"productId": "hat"}}
        self.visit("market", self.at(10, 52), others + [(9, step, paid.get(step, {})) for step in reversed(FUNNEL)])

    def searches(self) -> None:
        """Searches with and without a view of a product before the next one."""
        view: Step = (20, "PRODUCT_VIEW", {"productId": "jacket"})
        for place in range(4):
            self.visit("harbour", self.at(11, 2 + 7 * place), [(0, "SEARCH", {"str1": "jacket"}), view])
        for place, text in enumerate(("umbrella", "umbrella", "Umbrella ", " UMBRELLA", "umbrella")):
            self.visit("market", self.at(4, 3 + 11 * place), [(0, "SEARCH", {"str1": text})])
        again: list[Step] = [(0, "SEARCH", {"str1": "rain coat"}), (10, "SEARCH", {"str1": "jacket"}), view]
        self.visit("tower", self.at(5, 33), again)
        self.visit(
            "tower", self.at(5, 36), [(0, "SEARCH", {"str1": "<b>bold</b> & $x$"}), (1, "SEARCH", {"str1": " "})]
        )

    def things(self) -> None:
        """Reports of things: each line a store, kind, address, id, and what it said so many minutes ago."""
        stopped = (self.now - hour(self.now, STOPPED)).total_seconds() / 60
        self.reports("harbour", "gate", "10.0.0.7", "gate 7", lambda ago: int(ago > stopped))
        self.reports("harbour", "xovis", "10.0.0.8", "door", lambda ago: 1)
        self.reports("market", "xovis", "10.0.1.1", "counter", lambda ago: 1 if ago > 100 else None)
        self.reports("market", "gate", "10.0.1.2", "gate 2", lambda ago: int(ago > 60 or ago // 5 % 2 == 0), every=5)
        self.reports("tower", "gate", "10.0.2.1", "lift", lambda ago: -1)
        self.reports("tower", "printer", "10.0.2.2", "printer", lambda ago: 7 if ago < 200 else 1)
        self.reports("bazaar", "gate", "10.0.3.1", "main gate", lambda ago: 1)
        self.reports("bazaar", "gate", FORGOTTEN, "old gate", lambda ago: 0 if ago > 300 else None)

    def reports(self, store: str, kind: str, address: str, thing: str, said: Any, every: int = REPORT_MINUTES) -> None:
        name = f"monitor of {store}"
        if name not in {row["sessionId"] for row in self.records.sessions}:
            monitor = {"sessionId": name, "captureId": name, "spaceId": store, "deviceId": f"box {store}"}
            self.records.sessions.append(
                {**monitor, **STORES[store], "sessionCreated": dates.WAYS[0](self.before(1300))}
            )
        for ago in _minutes(every):
            status = said(ago)
            if status is not None:
                own = {"str1": kind, "str2": address, "str4": thing, "int1": status, "interaction": False}
                self.events(name, self.before(ago), [(0, "MONITOR_DEVICE_STATUS", own)])

    def oddities(self) -> None:
        """Records from the future, undated, told twice, without ids, of machines, and without amounts."""
        sold = {"int1": 777, "str2": "SEK"}
        early = self.visit("harbour", self.at(12, 5), browsed("boots"))
        self.events(early, self.now + timedelta(hours=5), [(0, "PURCHASE", sold)])
        self.events(early, self.at(12, 6), [(0, "PURCHASE", sold | {"eventTime": "yesterday"})])
        self.events(early, self.at(12, 7), [(0, "PURCHASE", {"str2": "SEK"})])
        self.events(early, self.at(12, 8), [(0, "PURCHASE", sold | {"interaction": False})])
        self.events(None, self.at(5, 7), [(0, "PURCHASE", sold), (1, "PRODUCT_VIEW", {"productId": "boots"})])
        self.events("stranger", self.at(5, 8), [*browsed("boots"), (30, "PURCHASE", {"int1": 60, "str2": "SEK"})])
        self.visit("bazaar", self.at(6, 9), [(0, "PURCHASE", {"int1": 0.001, "str2": "BHD", "interaction": None})])
        self.visit("bazaar", self.at(6, 19), [(0, "MONITOR_APP", {"interaction": True, "str1": "app", "int1": 1})])
        self.visit(None, self.at(6, 29), bought("cap", 3, "EUR"))
        self.visit("tower", self.at(6, 39), [(0, "SEARCH", {"str1": "boots", "captureId": None})] * 2)
        self.visit("tower", self.at(6, 49), [], sessionId=None)
        self.visit("market", self.at(6, 59), [], sessionCreated="never")
        # Some records are told twice.
        self.records.events += self.records.events[5:400:23]
        self.records.sessions += self.records.sessions[3::11]


def _minutes(every: int) -> Iterator[int]:
    """The minutes before now at which a thing reports, the oldest first."""
    return iter(range(1 + every * (1200 // every), 0, -every))
