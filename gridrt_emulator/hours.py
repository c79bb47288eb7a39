"""Session starts per minute and place, by the stores' opening hours and a daily curve of the web, in local time."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from gridrt_emulator.places import Store

_DAY = 1440  # minutes
_Floats = npt.NDArray[np.float64]


def _shop_curve(opens: int, closes: int) -> _Floats:
    """Return visits over a local day: none while closed, a rise at noon, the most in the late afternoon."""
    hour = np.arange(_DAY) / 60
    day = 0.45 + 0.5 * np.exp(-(((hour - 12.5) / 1.3) ** 2)) + 0.9 * np.exp(-(((hour - 17.2) / 1.9) ** 2))
    edge = np.clip(np.minimum(hour - opens, closes - hour) / 0.5, 0, 1)
    return _shares(day * edge)


def _web_curve() -> _Floats:
    """Return visits over a local day on the web: never zero, the most in the evening."""
    hour = np.arange(_DAY) / 60
    curve = 0.6 - 0.5 * np.cos((hour - 4) / 24 * 2 * math.pi) + 0.8 * np.exp(-(((hour - 20.5) / 2) ** 2))
    return _shares(curve)


def _shares(curve: _Floats) -> _Floats:
    shares: _Floats = curve / curve.sum()
    return shares


class Traffic:
    """The starts of ``sessions`` sessions per day in all ``stores``."""

    WEB_SHARE = 0.22

    def __init__(self, stores: list[Store], sessions: float) -> None:
        self.stores, self.sessions = stores, sessions
        spans = sorted({(store.city.opens, store.city.closes) for store in stores})
        self._curves = np.stack([_shop_curve(*span) for span in spans])
        self._web = _web_curve()
        self._curve = np.array([spans.index((store.city.opens, store.city.closes)) for store in stores])
        # A long tail of small stores.
        self._weight = np.array([store.city.size * (0.6 + store.number * 29 % 50 / 60) for store in stores])
        self._days: dict[int, tuple[npt.NDArray[np.int64], list[float]]] = {}

    def numbers(self, minute: int) -> range:
        """Return the numbers of the sessions that start in a minute since the epoch."""
        return range(self._reached(minute), self._reached(minute + 1))

    def weights(self, minute: int) -> list[float]:
        """Return cumulative weights of the stores' shops, then of their visitors on the web."""
        day, rest = divmod(minute, _DAY)
        local = (self._day(day)[0] + rest) % _DAY
        shop = self._curves[self._curve, local] * self._weight * (1 - self.WEB_SHARE)
        web = self._web[local] * self._weight * self.WEB_SHARE
        running: list[float] = np.cumsum(np.concatenate([shop, web])).tolist()
        return running

    def _reached(self, minute: int) -> int:
        day, rest = divmod(minute, _DAY)
        return int(self.sessions * (day + self._day(day)[1][rest]))

    def _day(self, day: int) -> tuple[npt.NDArray[np.int64], list[float]]:
        """Return the stores' offsets of a UTC day in minutes and the share of its sessions before each minute."""
        if day not in self._days:
            noon = datetime.fromtimestamp((day * 24 + 12) * 3600, UTC)
            zones = {store.city.zone for store in self.stores}
            offset = {zone: _offset(noon, zone) for zone in zones}
            offsets = np.array([offset[store.city.zone] for store in self.stores], dtype=np.int64)
            total = np.zeros(_DAY)
            for curve in range(len(self._curves)):
                for minutes in set(offset.values()):
                    weight = self._weight[(self._curve == curve) & (offsets == minutes)].sum()
                    if weight:
                        both = (1 - self.WEB_SHARE) * self._curves[curve] + self.WEB_SHARE * self._web
                        total += weight * np.roll(both, -minutes)
            share = np.concatenate([[0.0], np.cumsum(total) / total.sum()]).tolist()
            if len(self._days) > 8:
                self._days.clear()
            self._days[day] = (offsets, share)
        return self._days[day]


def _offset(moment: datetime, zone: str) -> int:
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
