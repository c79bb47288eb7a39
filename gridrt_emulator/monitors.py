"""Reports of attached devices (gates, people counters, printers): a pure function of seed, thing and time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from gridrt_emulator.clock import DAY, HOUR, MINUTE
from gridrt_emulator.places import Chain, Kind, Place, Store
from gridrt_emulator.rows import Record

OFFLINE, ONLINE, UNKNOWN, MAINTENANCE = 0, 1, -1, 2
# The monitoring app is reloaded this often, and starts a new session then. Short enough that the sessions of nearly
# all the reports of 24 hours are themselves less than 24 hours old.
SESSION_LENGTH = 4 * HOUR
_WINDOW = 8 * HOUR  # at most one incident per thing and window
_TYPES = {
    "gate": "MONITOR_SESAME_DEVICE_STATUS",
    "xovis": "MONITOR_SESAME_DEVICE_STATUS",
    "printer": "MONITOR_PRINTER_STATUS",
}


class Fate(StrEnum):
    """The behaviour of a thing. Every world has all of them, whatever its size."""

    WELL = "well"  # with occasional incidents
    GONE = "gone"  # silent since 31 hours before the start, with its device
    DOWN = "down"  # offline since 9 hours before the start
    FLAPPING = "flapping"  # changes with every report
    MUTE = "mute"  # said "online", and nothing since 5 hours before the start
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"  # reports a status that no reference has by default


# By the number of the thing; the first two are at the first store.
_FATES = {2: Fate.DOWN, 3: Fate.FLAPPING, 4: Fate.MUTE, 5: Fate.UNKNOWN, 6: Fate.MAINTENANCE}
_GONE_FOR, _DOWN_FOR, _MUTE_FOR = 31 * HOUR, 9 * HOUR, 5 * HOUR  # at the start


@dataclass(frozen=True, slots=True)
class Thing:
    """Something attached to a device. ``cadence`` and ``phase`` in ms."""

    number: int
    store: Store
    kind: str
    address: str
    name: str
    fate: Fate
    cadence: int
    phase: int

    @property
    def place(self) -> Place:
        """Return the device that it is attached to."""
        return self.store.places[Kind.MONITOR][0]

    @property
    def eventType(self) -> str:
        """Return the event type of its reports."""
        return _TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Report:
    """``time``: ms since the epoch; ``fields``: the fields of the event besides those of every event."""

    thing: Thing
    time: int
    fields: Record


class Monitors:
    """The things of a chain, with ``budget`` events per day: their reports, and the APP_STARTs of their devices."""

    def __init__(self, seed: int, chain: Chain, budget: float, born: int) -> None:
        self.seed, self.born = seed, born
        stores = self._order(chain)
        count = round(min(max(8, budget / 120), 6 * max(len(stores), 2)))
        self.hosts = stores[: (count + 1) // 2]
        # One whole device is gone, with all that is attached to it; where there is only one, it stays.
        self.gone = stores[0] if len(stores) > 1 else None
        self.starts_per_day = starts = sum(store is not self.gone for store in self.hosts) * DAY // SESSION_LENGTH
        talking = sum(self._host(stores, number) is not self.gone for number in range(count))
        cadence = int((talking - _MUTE_FOR / DAY) * DAY / max(budget - starts, count))
        self.things = [self._thing(self._host(stores, number), number, cadence) for number in range(count)]
        self._incidents: dict[tuple[int, int], tuple[str, int, int]] = {}

    @staticmethod
    def _order(chain: Chain) -> list[Store]:
        """Return the stores in the order in which they get things, two each; the first has a gateway."""
        first = next((store for store in chain.stores if store.number % 4 == 3), chain.stores[0])
        # Strides scatter them over the continents.
        rest = [store for store in chain.stores if store is not first]
        return [first, *sorted(rest, key=lambda store: store.number * 17 % 43)]

    @staticmethod
    def _host(stores: list[Store], number: int) -> Store:
        return stores[number // 2 % len(stores)]

    def _thing(self, store: Store, number: int, cadence: int) -> Thing:
        rng = Random(f"thing {self.seed} {number}")
        kind = "printer" if number % 10 == 6 else ("gate", "xovis")[number % 2]
        fate = Fate.GONE if store is self.gone else _FATES.get(number, Fate.WELL)
        nth = 1 + number // 2 // len(self.hosts)
        address = f"192.168.1.{100 + number % 2 + 10 * (nth - 1)}"
        return Thing(number, store, kind, address, f"{kind}-{store.slug}-{nth}", fate, cadence, rng.randrange(cadence))

    @property
    def types(self) -> tuple[str, ...]:
        """Return the event types of the reports."""
        return tuple(dict.fromkeys(_TYPES.values()))

    @property
    def last_words(self) -> int:
        """Return when the things that have been silent for more than 24 hours last reported, ms."""
        return self.born - _GONE_FOR

    @property
    def longest_cadence(self) -> int:
        """Return the longest reporting interval in ms."""
        return max(thing.cadence for thing in self.things)

    def session_at(self, store: Store, time: int) -> int:
        """Return the start of the session of the store's monitoring app at ``time``."""
        phase = store.number * 37 % 240 * MINUTE
        return (time - phase) // SESSION_LENGTH * SESSION_LENGTH + phase

    def session_starts(self, start: int, end: int) -> list[tuple[Store, int]]:
        """Return the sessions that the monitoring apps start in [start, end)."""
        found = []
        for store in self.hosts:
            until = self.last_words if store is self.gone else end
            if start <= (time := self.session_at(store, end - 1)) < until:
                found.append((store, time))
        return found

    def reports(self, start: int, end: int) -> list[Report]:
        """Return the reports due in [start, end), by thing."""
        found = []
        for thing in self.things:
            first = -((thing.phase - start) // thing.cadence)
            for number in range(first, -((thing.phase - end) // thing.cadence)):
                time = thing.phase + number * thing.cadence
                if (status := self._status(thing, time, number)) is not None:
                    fields = {
                        "str1": thing.kind,
                        "str2": thing.address,
                        "str4": thing.name,
                        "int1": status,
                        "int5": 1200,
                    }
                    found.append(Report(thing, time, fields))
        return found

    def _status(self, thing: Thing, time: int, number: int) -> int | None:
        """Return the status that a thing reports; None for no report."""
        match thing.fate:
            case Fate.GONE:
                return ONLINE if time < self.last_words else None
            case Fate.DOWN:
                return ONLINE if time < self.born - _DOWN_FOR else OFFLINE
            case Fate.MUTE:
                return ONLINE if time < self.born - _MUTE_FOR else None
            case Fate.FLAPPING:
                return ONLINE if number % 2 else OFFLINE
            case Fate.UNKNOWN:
                return UNKNOWN if time // (3 * HOUR) % 2 else ONLINE
            case Fate.MAINTENANCE:
                return MAINTENANCE if time // (2 * HOUR) % 3 == 0 else ONLINE
        incident, since, until = self._incident(thing, time // _WINDOW)
        if not since <= time < until:
            return ONLINE
        return {"outage": OFFLINE, "unknown": UNKNOWN, "silence": None, "flapping": number % 2}[incident]

    def _incident(self, thing: Thing, window: int) -> tuple[str, int, int]:
        """Return the incident of a thing in a window of time: (kind, start, end)."""
        found = self._incidents.get((thing.number, window))
        if found is None:
            rng = Random(f"incident {self.seed} {thing.number} {window}")
            # A short incident would be invisible between two reports of a slow thing.
            length = max(rng.randint(8, 150) * MINUTE, 3 * thing.cadence)
            since = window * _WINDOW + rng.randrange(_WINDOW)
            kind = rng.choices(("none", "outage", "unknown", "silence", "flapping"), (80, 9, 4, 2, 5))[0]
            found = (kind, since, since + length if kind != "none" else since)
            if len(self._incidents) > 20 * len(self.things):
                self._incidents.clear()
            self._incidents[thing.number, window] = found
        return found
