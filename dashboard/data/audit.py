"""The audit log: who came in, left, was refused, and saw or took data; when, in which view; never the data itself.

Each is one record of the logger ``dashboard.audit`` with the attribute ``kind`` and attributes for its facts, which
`dashboard.server.log_format` writes and `dashboard.server.metrics` counts.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Final

from gridrt_client.safe_text import shown

LOG: Final = logging.getLogger("dashboard.audit")
_MOST_KNOWN: Final = 10_000


class Visits:
    """The sign-ins that were logged, so that each is logged once: who, by a key. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}

    def begin(self, key: str, who: str, seconds: float) -> bool:
        """Note a visit, for so many seconds; return whether it is a new one."""
        now = time.monotonic()
        with self._lock:
            if key in self._known and self._known[key][1] > now:
                return False
            self._known = {one: visit for one, visit in self._known.items() if visit[1] > now}
            while len(self._known) >= _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = who, now + seconds
            return True

    def end(self, key: str) -> str:
        """Forget a visit; return who it was, empty where that isn't known."""
        with self._lock:
            return self._known.pop(key, ("", 0.0))[0]


VISITS: Final = Visits()
"""Those of this process."""


def signed_in(who: str, key: str, seconds: float) -> None:
    """Note that a viewer is signed in, once for each key in so many seconds."""
    if VISITS.begin(key, who, seconds):
        LOG.info("%s signed in", _who(who), extra={"kind": "sign_in", "who": _who(who), "outcome": "ok"})


def signed_out(key: str) -> None:
    """Note that a viewer has signed out; ``key`` as in `signed_in`."""
    who = _who(VISITS.end(key))
    LOG.info("%s signed out", who, extra={"kind": "sign_out", "who": who})


def sign_in_failed(outcome: str, address: str) -> None:
    """Note that signing in failed: why, in one word, and for whom. Anybody can cause it, so its lines are limited."""
    address = shown(address, 60)
    facts = {"kind": "sign_in", "who": "", "outcome": outcome, "address": address}
    LOG.warning("Signing in failed (%s) from %s", outcome, address, extra={**facts, "limited": (outcome, address)})


def refused(who: str, tenant: str) -> None:
    """Note that no role of a viewer opens a tenant; ``tenant`` is empty where none opens any. Its lines are limited."""
    who, tenant = _who(who), shown(tenant, 40) if tenant else ""
    facts = {"kind": "sign_in", "who": who, "outcome": "no_role", "tenant": tenant, "limited": (who, tenant)}
    LOG.warning("%s has no role for %s", who, f"the tenant {tenant}" if tenant else "any tenant", extra=facts)


def exported(who: str, report: str, form: str, rows: int, view: str, *, personal_data: bool) -> None:
    """Note that a viewer took the rows of a report, in a format, from a view."""
    who, view = _who(who), shown(view, 60)
    facts = {"kind": "export", "who": who, "report": report, "format": form, "rows": rows, "view": view}
    text = "%s exports %s as %s (%d rows) from the view %s"
    text += ", with personal data in the clear" if personal_data else ""
    LOG.info(text, who, report, form, rows, view, extra={**facts, "personal_data": personal_data})


def unmasked(who: str, view: str, until: datetime) -> None:
    """Note that a viewer shows personal data in the clear until a moment."""
    who, view, end = _who(who), shown(view, 60), until.astimezone(UTC).isoformat(timespec="seconds")
    facts = {"kind": "unmasking", "who": who, "view": view, "until": end}
    LOG.info("%s shows personal data in the view %s, until %s", who, view, end, extra=facts)


def _who(name: str) -> str:
    return shown(name, 200) if name else "somebody"
