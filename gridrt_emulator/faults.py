"""Faults of servers, proxies and networks on demand, at the level of connections and bytes.

A fault is written ``KIND[:ARG][*COUNT][@ENDPOINT]``: ``500``, ``429:7`` (Retry-After: 7), ``slow:3``, ``hang*2@event``.
Faults apply to the report endpoints; the newest one that matches a request is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gridrt_emulator.queries import ENDPOINTS

STATUSES = {
    "400": "Bad request.",
    "401": "The access token is not valid.",
    "403": "This access token may not do that.",
    "404": "There is no such tenant.",
    "429": "Too many requests.",
    "500": "Something broke.",
    "502": "The server behind did not answer.",
    "503": "Not available now.",
    "504": "The server behind took too long.",
}
# Kind -> (default of its argument, its greatest value); None: without an argument.
_ARGUMENTS: dict[str, tuple[float, float] | None] = {
    **dict.fromkeys(STATUSES),
    "429": (30, 86_400),
    "503": (0, 86_400),
    "slow": (5, 3_600),
    "hang": None,
    "drop": None,
    "truncated": None,
    "html": None,
    "wrong-shape": None,
    "redirect": None,
    "huge": (256, 65_536),
}
KINDS = tuple(_ARGUMENTS)
ARGUMENTS_MEANING = "seconds for 429 and 503 (Retry-After) and slow (to spread the answer over), MiB for huge"
_PATTERN = re.compile(r"(?P<kind>[a-z0-9-]+)(?::(?P<arg>[0-9.]+))?(?:\*(?P<count>[0-9]+))?(?:@(?P<endpoint>[a-z-]+))?")


class BadFaultError(ValueError):
    """A fault's text is invalid; the message is for its author."""


@dataclass
class Fault:
    """``argument``: see ARGUMENTS_MEANING; ``left``: how many more requests it applies to, None for all."""

    kind: str
    argument: float = 0
    left: int | None = None
    endpoint: str | None = None

    def shown(self) -> dict[str, object]:
        """Return the fault as the control endpoint shows it."""
        return {"kind": self.kind, "argument": self.argument, "count": self.left, "endpoint": self.endpoint}


def parse_fault(text: str) -> Fault:
    """Parse a fault; raise BadFaultError."""
    found = _PATTERN.fullmatch(text)
    if not found:
        raise BadFaultError(f"{text!r} is not KIND[:ARG][*COUNT][@ENDPOINT]")
    return make_fault(
        found["kind"],
        float(found["arg"]) if found["arg"] and found["arg"].count(".") < 2 and found["arg"] != "." else found["arg"],
        int(found["count"]) if found["count"] else None,
        found["endpoint"],
    )


def make_fault(kind: object, argument: object = None, count: object = None, endpoint: object = None) -> Fault:
    """Return a validated fault; raise BadFaultError."""
    if not isinstance(kind, str) or kind not in _ARGUMENTS:
        raise BadFaultError(f"{kind!r} is not one of {', '.join(KINDS)}")
    if endpoint is not None and endpoint not in ENDPOINTS:
        raise BadFaultError(f"endpoint {endpoint!r} is not one of {', '.join(ENDPOINTS)}")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise BadFaultError(f"count {count!r} is not a whole number from 1")
    limits = _ARGUMENTS[kind]
    value = 0.0
    if limits is None:
        if argument is not None:
            raise BadFaultError(f"{kind} takes no argument")
    else:
        value = limits[0]
        if argument is not None:
            if not isinstance(argument, int | float) or isinstance(argument, bool) or not 0 <= argument <= limits[1]:
                raise BadFaultError(f"the argument of {kind}, {argument!r}, is not a number from 0 to {limits[1]:.0f}")
            value = argument
    return Fault(kind, value, count, str(endpoint) if endpoint is not None else None)
