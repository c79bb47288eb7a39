"""The signals endpoints: posts of the vendor's client, with its short keys expanded and every value validated."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gridrt_emulator.answers import message
from gridrt_emulator.bodies import BodyTooLargeError, read_body
from gridrt_emulator.clock import Clock
from gridrt_emulator.dates import read_date, vendor_date
from gridrt_emulator.rows import Record
from gridrt_emulator.tenants import Tenant

MAX_BODY = 64 * 1024
_LONGEST_TEXT = 8_192
_CORS = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    # Chrome's preflight for a public page that posts to this computer.
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "86400",
}

# The vendor's short keys; facts about the client (ah to ay) are validated and not kept.
KEYS = {
    "b": "sessionId", "c": "tenantId", "d": "sessionCreated", "f": "environment", "g": "dataResidency",
    "h": "spaceId", "i": "appId", "j": "appVersion", "k": "installationId", "l": "installationVersion", "m": "country",
    "n": "locationAccuracy", "o": "latitude", "p": "longitude", "q": "deviceId", "r": "clientId",
    "s": "eventType", "t": "eventTime", "u": "interaction", "v": "productId", "w": "categoryId",
    "x": "int1", "y": "int2", "z": "int3", "aa": "int4", "ab": "int5",
    "ac": "str1", "ad": "str2", "ae": "str3", "af": "str4", "ag": "str5",
    "ba": "stateful", "bb": "public",
}  # fmt: skip
_NUMBERS = {"locationAccuracy", "latitude", "longitude", "int1", "int2", "int3", "int4", "int5", "public"}
_BOOLEANS = {"interaction", "stateful"}
_DATES = {"sessionCreated", "eventTime"}
_SESSION = (
    "tenantId", "sessionId", "sessionCreated", "environment", "dataResidency", "country", "spaceId", "appId",
    "appVersion", "installationVersion", "installationId", "deviceId", "clientId", "locationAccuracy", "latitude",
    "longitude",
)  # fmt: skip
_EVENT = (
    "tenantId", "sessionId", "dataResidency", "clientId", "eventTime", "eventType", "interaction", "productId",
    "categoryId", "int1", "int2", "int3", "int4", "int5", "str1", "str2", "str3", "str4", "str5", "stateful", "public",
)  # fmt: skip
# Required fields. The vendor's client allows a session without a spaceId.
_REQUIRED = {
    "session": ("sessionId", "tenantId"),
    "event": ("sessionId", "tenantId", "eventType"),
    "client": ("tenantId",),
}


class BadSignalError(ValueError):
    """A signal is refused; the message is for the app."""


class Signals:
    """``POST /regions/{region}/signals/v1/{session|event|client}``, without authentication, as the vendor's."""

    def __init__(self, region: str, tenants: Sequence[Tenant], clock: Clock) -> None:
        self.region, self.clock = region, clock
        self.tenants = {tenant.tenantId: tenant for tenant in tenants}

    async def __call__(self, request: Request) -> Response:
        """Answer; every response allows other origins, because browsers post from them."""
        kind = request.path_params["kind"]
        if kind not in _REQUIRED:
            return message(404, f"There is no signal {kind!r}. There are: {', '.join(_REQUIRED)}.", _CORS)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        if request.method != "POST":
            return message(
                405, f"{request.method} is not possible here, only POST.", {**_CORS, "Allow": "POST, OPTIONS"}
            )
        if request.path_params["region"] != self.region:
            return message(404, f"This server is region {self.region!r}.", _CORS)
        try:
            signal = read_signal(kind, await read_body(request, MAX_BODY))
            tenant = self.tenants.get(signal["tenantId"])
            if tenant is None:
                raise BadSignalError("c (tenantId) is not a tenant of this server")
        except BodyTooLargeError:
            # The rest is not read, so the connection can't be reused.
            return message(413, f"A signal has at most {MAX_BODY} bytes.", {**_CORS, "Connection": "close"})
        except BadSignalError as error:
            return message(400, f"Bad {kind} signal: {error}.", _CORS)
        tenant.advance(self.clock.now())
        return JSONResponse(
            self._take(kind, signal, tenant, request.client.host if request.client else None), headers=_CORS
        )

    def _take(self, kind: str, signal: Record, tenant: Tenant, ip: str | None) -> Record:
        """Store a signal and return the response."""
        captureId = uuid.uuid4().hex
        added = {"captureId": captureId} | ({"ip": ip} if ip else {})
        if kind == "session":
            signal.setdefault("dataResidency", self.region.upper())
            tenant.inbox.add_session({name: signal[name] for name in _SESSION if name in signal} | added)
        elif kind == "event":
            signal.setdefault("dataResidency", self.region.upper())
            signal.setdefault("interaction", False)
            now = self.clock.now()
            signal.setdefault("eventTime", vendor_date(now))
            time = read_date(signal["eventTime"])
            record = {name: signal[name] for name in _EVENT if name in signal} | added
            tenant.inbox.add_event(record, now if time is None else time, signal.get("spaceId"))
            if signal["eventType"] == "CONTACT_IDENTIFY":
                return {"captureId": captureId, "contactId": contact_id(signal)}
        return {"captureId": captureId}


def contact_id(signal: Record) -> str:
    """Return an id that is stable for a contact and doesn't reveal it."""
    identity = f"{signal['tenantId']}\n{signal.get('str1')}\n{signal.get('str2')}"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, identity))


def read_signal(kind: str, body: bytes) -> Record:
    """Return the record of a body with known keys expanded, without nulls and unknown keys; raise BadSignalError."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadSignalError(f"the body is not JSON ({error})") from None
    if not isinstance(given, dict):
        raise BadSignalError("the body is not a JSON object")
    signal: Record = {}
    for short, value in given.items():
        name = KEYS.get(short)
        if name is not None and value is not None:
            _check(short, name, value)
            signal[name] = value
    for name in _REQUIRED[kind]:
        if not signal.get(name):
            short = next(short for short, long in KEYS.items() if long == name)
            raise BadSignalError(f"{short} ({name}) is missing")
    return signal


def _check(short: str, name: str, value: object) -> None:
    what = f"{short} ({name})"
    if name in _BOOLEANS:
        if not isinstance(value, bool):
            raise BadSignalError(f"{what} is not true or false")
    elif name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadSignalError(f"{what} is not a number")
    elif name in _DATES and isinstance(value, int | float) and not isinstance(value, bool):
        pass
    elif not isinstance(value, str):
        raise BadSignalError(f"{what} is not text")
    elif len(value) > _LONGEST_TEXT:
        raise BadSignalError(f"{what} has more than {_LONGEST_TEXT} characters")
