"""Records of a small chain, a function of the moment, with everything in them that real traffic adds.

Nothing happened between 15 and 45 minutes before ``now``, so that "active in the last 30 minutes" means the same for
a quarter of an hour; what comes from the future is hours ahead.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.strict_server import dates

TENANT_ID = "5f0000000000000000000abc"

# Texts that a careless page would run, draw, compute, or choke on.
TEXTS = (
    "<img src=x onerror=\"document.title='owned'\">",
    "<script>document.title='owned'</script>",
    "**bold** _it_ ~~gone~~ `code`",
    "[click](https://example.com/steal)",
    "![tracker](https://example.com/pixel.png)",
    ":material/home: :red[alarm] :smile:",
    "costs $5 and $10^2$ more",
    '=HYPERLINK("https://example.com","x")',
    "+46 70 123 45 67",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    'quoted "text", with, commas\nand lines\r\n',
    "},{",
    '"},{"captureId":"fake"',
    "Räksmörgås 日本語 العربية 🛒👩‍👩‍👧",
    "\u202eright to left",
    "cut in the middle of an emoji \ud83d",
    "nul \u0000 inside",
    "",
    "   ",
    "null",
    "x" * 20_000,
)
SPACES = ("store-stockholm", "store-berlin", "store & café?#1", "<b>store</b>", "магазин-7", ":material/store:", "=1+1")
INSTALLATIONS = ("self-checkout", "endless-aisle", "way finder/2%", "[wall](https://example.com)")
DEVICES = ("kiosk-1", "kiosk-2", "kiosk-3", "screen<1>", "gate $1$ and $2$", "kiosk-никогда")
APPS = ("app-retail", "app-monitor")
COUNTRIES = ("SE", "DE", "US", "IN", "AU", "AE")
PLACES = ((59.33, 18.07), (52.52, 13.4), (37.77, -122.42), (19.07, 72.88), (-33.87, 151.21), (25.2, 55.27))
# (latitude, longitude) that can't be drawn; a missing key is left out of the record.
NOWHERE: tuple[dict[str, Any], ...] = (
    {},
    {"latitude": None, "longitude": None},
    {"latitude": 59.3},
    {"latitude": "north", "longitude": 18.0},
    {"latitude": [59.3], "longitude": {"x": 18.0}},
    {"latitude": 0, "longitude": 0},
    {"latitude": 0.0, "longitude": -0.0},
    {"latitude": 90.5, "longitude": 18.0},
    {"latitude": 59.3, "longitude": -180.01},
    {"latitude": 1e300, "longitude": 18.0},
    {"latitude": 90, "longitude": 18.0},
    {"latitude": -90.0, "longitude": 0},
    {"latitude": 86, "longitude": 18.0},
    {"latitude": -86.5, "longitude": -180},
)
BIG = (2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 2**64 + 1, 10**24 + 7)


@dataclass
class Records:
    """What the server holds: session and event records, in the order in which they are answered."""

    now: datetime
    sessions: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)


def nasty(now: datetime, *, sessions: int = 240, spaces: int = 0, seed: int = 1) -> Records:
    """The records as they are at ``now`` (aware).

    ``spaces`` adds that many spaces of one session and one event each.
    """
    return _Maker(now, random.Random(seed)).make(sessions, spaces)


class _Maker:
    def __init__(self, now: datetime, chance: random.Random) -> None:
        self.chance = chance
        self.records = Records(now)

    def make(self, sessions: int, spaces: int) -> Records:
        for number in range(sessions):
            self._visit(number)
        for number in range(spaces):
            self._small_space(number)
        self._monitoring()
        self._oddities()
        self._seen_twice()
        self.chance.shuffle(self.records.events)
        # Records that are no objects, among the others.
        for junk in (None, 42, "text", ["a", {"b": 1}], True, 1.5):
            self.records.events.insert(self.chance.randrange(len(self.records.events)), junk)
            self.records.sessions.insert(self.chance.randrange(len(self.records.sessions)), junk)
        return self.records

    def id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def ago(self, low: float, high: float) -> datetime:
        """A moment that many minutes ago."""
        return self.records.now - timedelta(minutes=self.chance.uniform(low, high))

    def date(self, moment: datetime) -> Any:
        return self.chance.choice(dates.WAYS)(moment)

    def session(self, created: datetime, **known: Any) -> dict[str, Any]:
        place = self.chance.randrange(len(PLACES))
        record: dict[str, Any] = {
            "tenantId": TENANT_ID,
            "sessionId": self.id(),
            "captureId": self.id(),
            "sessionCreated": self.date(created),
            "environment": self.chance.choice(("PROD", "PROD", "QA")),
            "dataResidency": "EU",
            "country": COUNTRIES[place],
            "spaceId": self.chance.choice(SPACES),
            "appId": APPS[0],
            "appVersion": self.chance.choice(("1.2.3", None, "<i>2</i>")),
            "installationId": self.chance.choice(INSTALLATIONS),
            "installationVersion": "7",
            "deviceId": self.chance.choice((*DEVICES, None)),
            "clientId": self.chance.choice((f"client-secret-{self.id()}", None)),
            "ip": self.chance.choice(("198.51.100.23", "2001:db8::dead:beef")),
            "locationAccuracy": self.chance.choice((12.5, 1000, None)),
        }
        if self.chance.random() < 0.7:
            spread = self.chance.choice((0.0, 0.0, 0.5))
            latitude, longitude = PLACES[place]
            record["latitude"] = round(latitude + self.chance.uniform(-spread, spread), 5)
            record["longitude"] = round(longitude + self.chance.uniform(-spread, spread), 5)
        else:
            record.update(self.chance.choice(NOWHERE))
        record.update(known)
        for name in ("deviceId", "clientId", "appVersion", "locationAccuracy"):
            if record[name] is None and self.chance.random() < 0.5:
                del record[name]  # absent means the same as null
        return record

    def event(self, session: dict[str, Any], moment: datetime, **known: Any) -> dict[str, Any]:
        return {
            "tenantId": TENANT_ID,
            "sessionId": session["sessionId"],
            "captureId": self.id(),
            "dataResidency": "EU",
            "clientId": session.get("clientId"),
            "ip": session["ip"],
            "eventTime": self.date(moment),
            "interaction": True,
            **known,
        }

    def _visit(self, number: int) -> None:
        # A tenth are on the site now.
        start = self.ago(2, 14) if number % 10 == 0 else self.ago(60, 23.5 * 60)
        session = self.session(start)
        self.records.sessions.append(session)
        self._add(session, start, eventType="APP_START", interaction=False)
        for step in range(self.chance.randrange(3, 16)):
            self._add(session, start + timedelta(seconds=7 * step), **self._action())

    def _add(self, session: dict[str, Any], moment: datetime, **known: Any) -> None:
        self.records.events.append(self.event(session, min(moment, self.records.now), **known))

    def _action(self) -> dict[str, Any]:
        text, other = self.chance.choice(TEXTS), self.chance.choice(TEXTS)
        return self.chance.choice(
            (
                {"eventType": "CONTENT_VIEW", "str1": text, "str2": other, "str3": None},
                {"eventType": "CATEGORY_VIEW", "categoryId": self.chance.choice(("shoes", text))},
                {"eventType": "PRODUCT_VIEW", "productId": self.chance.choice(("p-1", "p-2", text))},
                {"eventType": "SEARCH", "str1": text},
                {"eventType": "CART_ADD", "productId": "p-1", "int1": self.chance.choice((1, 2, 0.5, *BIG))},
                {"eventType": "CHECKOUT"},
                self._purchase(),
                {"eventType": "RATING", "int1": self.chance.randint(1, 5), "int2": 1.25, "str1": text},
                {"eventType": "CONTACT_IDENTIFY", "str1": "email", "str2": f"shopper-secret-{self.id()}@example.com"},
                {"eventType": "contact_metadata", "str1": "name", "str2": f"Secret Person {self.id()}"},
                {"eventType": "LIGHT", "str1": "on", "stateful": True, "public": 1795430000000, "interaction": False},
                {"eventType": "=cmd|' /C calc'!A0", "str1": text},
                {"eventType": "<b onclick=alert(1)>TYPE</b>", "int3": 3, "int4": -4, "int5": 0},
                {"eventType": ":material/home: **OWN** $t$", "str4": text, "str5": other},
                {"eventType": "ÄGEN_ТИП_🛒", "int5": 1e-7},
            )
        )

    def _purchase(self) -> dict[str, Any]:
        amount = self.chance.choice((1, 250, 19.99, 0.1, 0.2, 1234567.89))
        currency = self.chance.choice(("SEK", "EUR", "USD", None))
        return {"eventType": "PURCHASE", "str1": self.id(), "str2": currency, "int1": amount, "int2": 0.25}

    def _small_space(self, number: int) -> None:
        start = self.ago(60, 23 * 60)
        session = self.session(start, spaceId=f"space-{number:05d}", deviceId=f"device-{number:05d}")
        self.records.sessions.append(session)
        self._add(session, start, eventType="CONTENT_VIEW", str1=f"title {number}")

    def _monitoring(self) -> None:
        """Devices that report on what is attached to them: steady, flapping, failed, silent, with own codes."""
        for number, device in enumerate(DEVICES):
            session = self.session(
                self.ago(23 * 60, 23.5 * 60), deviceId=device, spaceId=SPACES[number % len(SPACES)], appId=APPS[1]
            )
            self.records.sessions.append(session)
            for thing in range(2):
                status = (1, 0, -1, 7, 1, None)[(number + thing) % 6]
                last = 6 * 60 if number == 4 else 3
                for minutes in range(last, 22 * 60, 40):
                    flap = self.chance.random() < 0.1
                    self._add(
                        session,
                        self.records.now - timedelta(minutes=minutes),
                        eventType="MONITOR_SESAME_DEVICE_STATUS",
                        interaction=False,
                        str1=("gate", "xovis")[thing],
                        str2=f"192.168.1.{100 + number}",
                        str4=f"{device}/{thing}",
                        int1=0 if flap and minutes > last else status,
                        int5=1200,
                    )
            # An app that calls its report interactive makes nobody active.
            self._add(session, self.ago(3, 10), eventType="MONITOR_HEARTBEAT", interaction=True, int1=1)

    def _oddities(self) -> None:
        """One of each thing that arrives once in a while."""
        now = self.records.now
        known = self.records.sessions[0]
        stranger = self.session(now)
        for moment in (now + timedelta(hours=3), now + timedelta(days=400), now - timedelta(days=2)):
            self._add_exact(known, eventType="SEARCH", eventTime=self.date(moment))
        for text in (
            "0002-01-01T00:00:00Z",
            "9998-12-31T23:59:59.9999999Z",
            "0001-01-01T00:00:00.0000000Z",
            "9999-12-31T23:59:59.9999999Z",
            "1970-01-01T00:00:00Z",
            0,
        ):
            self._add_exact(known, eventType="SEARCH", eventTime=text)
        for text in (*dates.UNREADABLE, None):
            self._add_exact(known, eventType="SEARCH", eventTime=text)
        for _ in range(20):
            self._add(stranger, self.ago(60, 600), eventType="PRODUCT_VIEW", productId="p-9")
        # Somebody is active whose session is not in the list.
        self._add(stranger, self.ago(3, 10), eventType="SEARCH", str1="nobody knows me")
        wrong: Any
        for wrong in (7, "maybe", [], {}):
            self._add_exact(known, eventType="CHECKOUT", interaction=wrong)
        for wrong in ({"a": [1, {"b": None}]}, ["x"], False):
            odd = {"str1": wrong, "productId": wrong, "int1": "many", "int2": wrong, "public": "soon"}
            self._add_exact(known, eventType="SEARCH", **odd)
        self._add_exact(known, eventType=None)
        self._add_exact(known, eventType=["LIST"])
        self._add_exact(known, eventType="SEARCH", sessionId=None)
        self._add_exact(known, eventType="SEARCH", captureId=None)
        self._add_exact(known, eventType="SEARCH", captureId=None)
        self.records.events.append({})
        # Not one of them is a person's purchase.
        self._add_exact(known, **self._purchase(), interaction=False)
        self._add_exact(known, eventType="PURCHASE", str2="JPY", int1=2**53 + 1)
        self._add_exact(known, eventType="PURCHASE", str2="JPY", int1=2)
        self._add_exact(known, eventType="PURCHASE", str2="<b>EUR</b>", int1=1)
        self._add_exact(known, eventType="PURCHASE", str2="SEK", int1="much")
        self._add_exact(
            known,
            eventType="SEARCH",
            id="unannounced",
            eventCaptureTime=self.date(now),
            environment="PROD",
            **{"<b>field</b>": 1, "nested": {"list": [{"x": 1}, {"y": "},{"}]}, "": "no name"},
        )
        for session in (
            self.session(now - timedelta(hours=2), sessionCreated="whenever"),
            self.session(now - timedelta(hours=2), sessionId=None),
            self.session(now - timedelta(hours=2), country=7, environment=None, ip=["198.51.100.23"]),
            self.session(now + timedelta(hours=4), spaceId="x" * 300, deviceId="🛒" * 40),
            self.session(now + timedelta(days=2)),
            self.session(now - timedelta(days=3)),
            self.session(now - timedelta(hours=3), spaceId="", installationId=None),
            {"sessionId": self.id()},
        ):
            self.records.sessions.append(session)

    def _add_exact(self, session: dict[str, Any], **known: Any) -> None:
        self.records.events.append({**self.event(session, self.ago(60, 600)), **known})

    def _seen_twice(self) -> None:
        """Records arrive twice; a session is told again when it knows more."""
        for record in self.chance.sample(self.records.events, 60):
            if record.get("captureId"):
                self.records.events.append(dict(record))
        for record in self.records.sessions[1:12]:
            self.records.sessions.append(dict(record))
        for record in self.records.sessions[12:18]:
            created = dates.read(record["sessionCreated"]) or 0
            later = {"captureId": self.id(), "sessionCreated": created // 1000 + 5000, "country": "NO"}
            self.records.sessions.append({**record, **later, "latitude": 59.91, "longitude": 10.75})
