"""The simulated chain of stores: every record is a pure function of the seed, the size and the time.

Time is cut into minutes. A minute's sessions are numbered by a running count, whose growth follows the stores' opening
hours and comes to the same number in any 24 hours; session number *n* with all its events follows from (seed, *n*, its
minute) alone. So any period can be made on its own, in any order and again, with the same result. Only
the few attached devices that fell silent or failed for good some hours before the clock's start depend on it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from random import Random
from typing import Any

from gridrt_emulator import oddities
from gridrt_emulator.clock import MINUTE
from gridrt_emulator.dates import vendor_date
from gridrt_emulator.hours import Traffic
from gridrt_emulator.journeys import Step, passing_by, shopping
from gridrt_emulator.monitors import Monitors
from gridrt_emulator.places import Chain, Kind, Place, Store
from gridrt_emulator.rows import EventRow, Record, SessionRow, encode, event_row

# The longest session and the longest delay of a record: this much of the past is made before the 24 hours.
LONGEST = 45 * MINUTE
_GOLDEN = (math.sqrt(5) - 1) / 2
_STEPS = 1024
# A visit of the mean length, in events: below it a visit would only start the app.
_SHORTEST_MEAN = 1.2


@dataclass(frozen=True)
class Size:
    """The amounts of everything.

    ``oddities``: share of the records that are odd, 0 to 1. ``sessions_per_day``: None for visits of a usual
    length; with a number the length of the visits is adapted.
    """

    events_per_day: int = 20_000
    stores: int = 44
    oddities: float = 0.005
    sessions_per_day: int | None = None


def uuid4(bits: int) -> str:
    """Return a UUID of version 4 made of 128 bits."""
    text = f"{bits & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class BadSizeError(ValueError):
    """The size is impossible; the message says which are possible."""


def _lengths(longest: int, median: float) -> list[int]:
    """Return lengths of sessions in events, shortest first and equally likely."""
    sigma = 0.75
    weights = [1 / n * math.exp(-((math.log(n / median) / sigma) ** 2) / 2) for n in range(1, longest + 1)]
    weights[0] += 0.08 * sum(weights)  # sessions that only start the app
    total, reached = sum(weights), 0.0
    table: list[int] = []
    for length, weight in enumerate(weights, 1):
        reached += weight
        table += [length] * (round(reached / total * _STEPS) - len(table))
    return table


def _lengths_of_mean(longest: int, mean: float) -> list[int]:
    """Return lengths whose mean is as near to `mean` as their number allows."""
    low, high = 0.01, 1000.0
    for _ in range(40):
        median = math.sqrt(low * high)
        table = _lengths(longest, median)
        low, high = (median, high) if sum(table) / len(table) < mean else (low, median)
    return table


class World:
    """The records of one tenant; ``born`` is the clock's start, ms. Raises BadSizeError."""

    def __init__(self, seed: int, size: Size, tenantId: str, dataResidency: str, born: int) -> None:
        self.seed, self.size, self.tenantId, self.dataResidency = seed, size, tenantId, dataResidency
        self.chain = Chain(seed, size.stores, dataResidency, tenantId)
        budget = size.events_per_day * (0.25 if size.events_per_day >= 2_000 else 0.35)
        self.monitors = Monitors(seed, self.chain, budget, born)
        shopping_events = size.events_per_day - budget
        longest = int(min(40, max(6, shopping_events / 12)))
        if size.sessions_per_day is None:
            self._table = _lengths(longest, min(7.0, longest / 2))
        else:
            self._table = _lengths_of_mean(longest, self._mean_length(size, shopping_events, longest))
        sessions = shopping_events / (sum(self._table) / _STEPS)
        self.traffic = Traffic(self.chain.stores, sessions)
        self._phase = Random(f"phase {seed}").random()
        self._device_sessions: dict[tuple[int, int], Record] = {}

    def _mean_length(self, size: Size, shopping_events: float, longest: int) -> float:
        """Return the events per visit for the given numbers of sessions and events; raise BadSizeError."""
        starts, most = self.monitors.starts_per_day, longest / 2
        visits = (size.sessions_per_day or 0) - starts
        if not _SHORTEST_MEAN * visits <= shopping_events <= most * visits:
            least, many = math.ceil(shopping_events / most + starts), int(shopping_events / _SHORTEST_MEAN + starts)
            raise BadSizeError(f"{size.events_per_day} events a day come in {least} to {many} sessions")
        return shopping_events / visits

    def minute(self, minute: int) -> tuple[list[SessionRow], list[EventRow]]:
        """Return the sessions that start in a minute since the epoch with all their events, and its monitoring."""
        sessions: list[SessionRow] = []
        events: list[EventRow] = []
        self._monitoring(minute, sessions, events)
        numbers = self.traffic.numbers(minute)
        if numbers:
            weights = self.traffic.weights(minute)
            for number in numbers:
                self._session(number, minute, weights, sessions, events)
        return sessions, events

    def monitoring(self, minute: int) -> list[EventRow]:
        """Return the monitoring events of a minute."""
        events: list[EventRow] = []
        self._monitoring(minute, [], events)
        return events

    def _session(
        self, number: int, minute: int, weights: list[float], sessions: list[SessionRow], events: list[EventRow]
    ) -> None:
        # A session's length follows from its number by a low-discrepancy sequence: the lengths of any series of
        # sessions have nearly the same sum, so the number of events per day is right even where sessions are few.
        length = self._table[int((number * _GOLDEN + self._phase) % 1 * _STEPS)]
        rng = Random((self.seed << 64) | number)
        chosen = bisect_right(weights, rng.random() * weights[-1])
        store = self.chain.stores[chosen % len(self.chain.stores)]
        kind = Kind.WEB if chosen >= len(self.chain.stores) else _SHOP_KINDS[int(rng.random() * len(_SHOP_KINDS))]
        place = rng.choice(store.places[kind])
        clientId = uuid4(rng.getrandbits(128)) if place.deviceId is None else None
        journey = passing_by(rng, length) if kind is Kind.SCREEN else shopping(rng, length, store.city, kind, clientId)
        start = minute * MINUTE + rng.randrange(MINUTE)
        ip = store.ip if place.deviceId else _own_address(rng)
        person = {"clientId": clientId} if clientId else {}
        head = {
            "tenantId": self.tenantId,
            "sessionId": uuid4(rng.getrandbits(128)),
            "dataResidency": self.dataResidency,
        }
        record = {**place.common, **head, **person, "ip": ip, "sessionCreated": vendor_date(start)}
        record |= _position(rng, store, kind)
        record["captureId"] = f"{rng.getrandbits(96):024x}"
        self._add_session(rng, record, start, place, sessions)
        self._add_events(rng, {**head, **person, "ip": ip}, journey, start, place, events)

    def _add_session(self, rng: Random, record: Record, start: int, place: Place, rows: list[SessionRow]) -> None:
        arrival = start + 20 + rng.randrange(300)
        if rng.random() < self.size.oddities:
            for odd in oddities.sessions(rng, record, arrival, start):
                rows.append(SessionRow(odd.arrival, encode(odd.record), place.number))
        else:
            rows.append(SessionRow(arrival, encode(record), place.number))

    def _add_events(
        self, rng: Random, common: Record, steps: list[Step], start: int, place: Place, rows: list[EventRow]
    ) -> None:
        """Add the events of one session; gaps are shortened if it would last too long."""
        total = sum(step.gap for step in steps)
        scale = min(1.0, (LONGEST - 25 * MINUTE) / total) if total else 1.0
        share = self.size.oddities
        # Occasionally a whole session has a wrong clock, as on a device with a flat battery.
        skew = oddities.skew(rng) if place.kind is not Kind.MONITOR and rng.random() < share / 4 else 0
        capture = f"{rng.getrandbits(64):016x}"
        time: float = start + 5
        for number, step in enumerate(steps):
            time += step.gap * scale
            now = int(time)
            record = {
                **common,
                "captureId": f"{capture}{number:08x}",
                "eventTime": vendor_date(now + skew),
                "eventType": step.eventType,
                "interaction": step.interaction,
                **step.fields,
            }
            arrival = now + 30 + int(rng.random() * 600)
            if rng.random() < share:
                for odd in oddities.events(rng, record, arrival, now + skew):
                    rows.append(event_row(odd.record, odd.arrival, odd.time, place.number if odd.known else 0))
            else:
                rows.append(event_row(record, arrival, now + skew, place.number))

    def _monitoring(self, minute: int, sessions: list[SessionRow], events: list[EventRow]) -> None:
        start = minute * MINUTE
        for store, began in self.monitors.session_starts(start, start + MINUTE):
            place, head = store.places[Kind.MONITOR][0], self._device_session(store, began)
            rng = Random(f"start {self.seed} {store.number} {began}")
            position = _position(rng, store, Kind.MONITOR)
            created = {**place.common, **head, "sessionCreated": vendor_date(began), **position}
            created["captureId"] = f"{rng.getrandbits(96):024x}"
            sessions.append(SessionRow(began + 50, encode(created), place.number))
            self._add_events(rng, head, [Step(0, "APP_START", False, {})], began, place, events)
        for report in self.monitors.reports(start, start + MINUTE):
            thing = report.thing
            head = self._device_session(thing.store, self.monitors.session_at(thing.store, report.time))
            rng = Random((self.seed << 96) | (thing.number << 64) | report.time)
            # Reports are irregular.
            late = rng.randrange(min(thing.cadence // 20, 5 * MINUTE))
            step = Step(0, thing.eventType, False, report.fields)
            self._add_events(rng, head, [step], report.time + late, thing.place, events)

    def _device_session(self, store: Store, began: int) -> Record:
        """Return the fields of all events of one session of a store's monitoring app."""
        if (store.number, began) not in self._device_sessions:
            bits = Random(f"session {self.seed} {store.number} {began}").getrandbits(128)
            common = {"tenantId": self.tenantId, "sessionId": uuid4(bits), "dataResidency": self.dataResidency}
            if len(self._device_sessions) > 4 * len(self.monitors.hosts):
                self._device_sessions.clear()
            self._device_sessions[store.number, began] = {**common, "ip": store.ip}
        return self._device_sessions[store.number, began]


_SHOP_KINDS = (Kind.KIOSK,) * 42 + (Kind.SCREEN,) * 16 + (Kind.PHONE,) * 42


def _own_address(rng: Random) -> str:
    """Return an address of a person's own device: IPv4 (RFC 5737) or IPv6 (RFC 3849) for documentation."""
    if rng.random() < 0.35:
        return f"2001:db8:{rng.randrange(1 << 16):x}:{rng.randrange(1 << 16):x}::{rng.randrange(1, 1 << 16):x}"
    return f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}"


def _position(rng: Random, store: Store, kind: Kind) -> dict[str, Any]:
    """Return a position: the store's for a device, near it with an accuracy for a phone, often none on the web."""
    if kind in (Kind.PHONE, Kind.WEB):
        if rng.random() > (0.75 if kind is Kind.PHONE else 0.3):
            return {}
        spread, accuracy = (0.0008, rng.uniform(4, 120)) if kind is Kind.PHONE else (0.06, rng.uniform(500, 5000))
        latitude = store.latitude + rng.gauss(0, spread)
        # A degree of longitude is shorter away from the equator.
        longitude = store.longitude + rng.gauss(0, spread) / max(0.2, math.cos(math.radians(store.latitude)))
        return {
            "locationAccuracy": round(accuracy, 1),
            "latitude": round(latitude, 6),
            "longitude": round(longitude, 6),
        }
    if not store.located:
        return {}
    return {"locationAccuracy": 20, "latitude": store.latitude, "longitude": store.longitude}
