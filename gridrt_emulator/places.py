"""The chain's stores and the senders of signals in them: one ``Place`` per installation and device."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from gridrt_emulator.cities import CITIES, City


class Kind(StrEnum):
    """The kind of device of a session."""

    KIOSK = "kiosk"
    SCREEN = "screen"
    PHONE = "phone"
    WEB = "web"
    MONITOR = "monitor"


APPS = {
    Kind.KIOSK: "endless-aisle",
    Kind.SCREEN: "signage",
    Kind.PHONE: "store-companion",
    Kind.WEB: "web-shop",
    Kind.MONITOR: "device-monitor",
}
_VERSIONS = {
    Kind.KIOSK: ("5.2.0", "5.2.0", "5.1.3"),
    Kind.SCREEN: ("3.8.1", "3.8.1", "3.9.0-beta.2"),
    Kind.PHONE: ("2.14.0",),
    Kind.WEB: ("2026.11.3", "2026.11.4"),
    Kind.MONITOR: ("1.7.2",),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The source of records. ``common``: the fields that all its sessions share."""

    number: int
    spaceId: str
    installationId: str
    deviceId: str | None
    kind: Kind
    common: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Store:
    """One store: ``located`` is False where its devices were set up without a position."""

    number: int
    slug: str
    city: City
    latitude: float
    longitude: float
    located: bool
    ip: str
    places: dict[Kind, tuple[Place, ...]]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ø", "o").replace("ß", "ss"))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")


class Chain:
    """``count`` stores for ``seed``; beyond the list of cities, further stores are some kilometres from the first."""

    def __init__(self, seed: int, count: int, dataResidency: str, tenantId: str) -> None:
        self.places: list[Place] = []
        self._shared = {"tenantId": tenantId, "dataResidency": dataResidency}
        self.stores = [self._store(Random(f"store {seed} {number}"), number) for number in range(count)]

    def _store(self, rng: Random, number: int) -> Store:
        round_, index = divmod(number, len(CITIES))
        city = CITIES[index]
        slug = f"{_slug(city.name)}-{_slug(city.street)}" + (f"-{round_ + 1}" if round_ else "")
        # Documentation addresses (RFC 5737): a store's devices leave through one of them.
        ip = f"{('192.0.2', '198.51.100', '203.0.113')[number % 3]}.{1 + number // 3 % 254}"
        environment = "QA" if number % 31 == 30 else "PROD"
        places = {
            kind: tuple(self._place(rng, slug, city, kind, device, environment) for device in devices)
            for kind, devices in (
                (Kind.KIOSK, range(1, 2 + rng.randrange(1 + round(city.size * 2)))),
                (Kind.SCREEN, range(1, 2 + rng.randrange(2))),
                (Kind.PHONE, (None,)),
                (Kind.WEB, (None,)),
            )
        }
        # The monitoring app is an installation of its own, on the first kiosk or on a box that does nothing else.
        hardware = "gateway" if number % 4 == 3 else Kind.KIOSK
        places[Kind.MONITOR] = (self._place(rng, slug, city, Kind.MONITOR, 1, environment, hardware),)
        spread = 0.06 * min(round_, 5)
        return Store(
            number,
            slug,
            city,
            round(city.latitude + rng.uniform(-spread, spread), 6),
            round(city.longitude + rng.uniform(-spread, spread), 6),
            number % 13 != 12,
            ip,
            places,
        )

    def _place(
        self, rng: Random, slug: str, city: City, kind: Kind, device: int | None, environment: str, hardware: str = ""
    ) -> Place:
        deviceId = f"device-{slug}-{hardware or kind}-{device}" if device else None
        common: dict[str, Any] = {
            **self._shared,
            "environment": environment,
            "country": city.country,
            "spaceId": f"space-{slug}",
            "appId": APPS[kind],
            "appVersion": rng.choice(_VERSIONS[kind]),
            "installationId": f"installation-{slug}-{kind}",
        }
        if rng.random() < 0.7:
            common["installationVersion"] = str(rng.randint(3, 41))
        if deviceId:
            common["deviceId"] = deviceId
        place = Place(len(self.places) + 1, f"space-{slug}", f"installation-{slug}-{kind}", deviceId, kind, common)
        self.places.append(place)
        return place
