"""The control endpoint, which changes faults while the emulator runs, for programs on the same computer.

A browser on the same computer sends what any website tells it to. So requests that come from a page of another origin
are refused, and those for a name that isn't this computer's own, which a website can let point here.
"""

from __future__ import annotations

import ipaddress
import re

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gridrt_emulator.answers import message
from gridrt_emulator.bodies import BodyTooLargeError, read_body
from gridrt_emulator.faults import BadFaultError, Fault, make_fault, parse_fault
from gridrt_emulator.faulty import Faulty

_FIELDS = {"kind", "argument", "count", "endpoint"}
_HOST = re.compile(r"(?P<name>localhost|[0-9.]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)


class FaultControl:
    """``/_emulator/faults``: GET shows, POST adds one, PUT replaces all by one, DELETE removes all."""

    def __init__(self, faulty: Faulty) -> None:
        self._faulty = faulty

    async def __call__(self, request: Request) -> Response:
        """POST and PUT accept ``{"fault": "429:2*1@event"}``, or the same in single fields, as GET shows them."""
        if not is_loopback(request.client.host if request.client else ""):
            return message(403, "Faults are controlled from the same computer only.")
        if is_of_website(request.headers):
            return message(403, "Faults are controlled by programs and not by pages of other origins.")
        if request.method == "DELETE":
            self._faulty.active.clear()
        elif request.method in ("POST", "PUT"):
            # A page of another origin can send it only after a preflight, which is refused.
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return message(415, "The body is JSON: Content-Type must be application/json.")
            try:
                fault = _read(await read_body(request, 4096))
            except BodyTooLargeError:
                return message(413, "The body is too large.")
            except BadFaultError as error:
                return message(400, f"Bad fault: {error}.")
            if request.method == "PUT":
                self._faulty.active.clear()
            self._faulty.active.append(fault)
        return JSONResponse({"faults": [fault.shown() for fault in self._faulty.active]})


def is_loopback(host: str) -> bool:
    """Return whether a peer's address is this computer's own."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_of_website(headers: Headers) -> bool:
    """Return whether a request was made by a page of another origin, or for a name that isn't this computer's own."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    host = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if host is None or not (host["name"].lower() == "localhost" or is_loopback(host["name"].strip("[]"))):
        return True
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _read(body: bytes) -> Fault:
    try:
        wanted = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadFaultError(f"the body is not JSON ({error})") from None
    if not isinstance(wanted, dict):
        raise BadFaultError("the body is not a JSON object")
    if set(wanted) == {"fault"} and isinstance(wanted["fault"], str):
        return parse_fault(wanted["fault"])
    if unknown := set(wanted) - _FIELDS:
        raise BadFaultError(f"unknown field {min(unknown)!r}; there are {', '.join(sorted(_FIELDS))}")
    return make_fault(wanted.get("kind"), wanted.get("argument"), wanted.get("count"), wanted.get("endpoint"))
