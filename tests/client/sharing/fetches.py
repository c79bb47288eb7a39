"""What the tests fetch, and from whom."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

from gridrt_client import errors
from gridrt_client.answer import Answer, OnProgress
from gridrt_client.decoding.decoder import decode
from gridrt_client.schema import EVENT
from gridrt_client.sharing.shared_fetch import SharedFetches, SharedKey

TOKEN = "t0ken-that-nobody-may-see"
LOCK_SECONDS = 1.0
KEY = SharedKey(("https://api", "tenant", "events"), ("https://api", "tenant", "event"), ("https://api",), EVENT)
RECORDS = [{"captureId": f"id-{n}", "str1": "Räksmörgås", "int1": 2**70 + n, "ip": "203.0.113.7"} for n in range(500)]


class Api:
    """What answers the fetches: counts them, waits, fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.failure: errors.GridError | None = None
        self.may_end = threading.Event()
        self.may_end.set()
        self.answered_at = timedelta(0)  # from now
        self._lock = threading.Lock()

    def __call__(self, on_progress: OnProgress) -> Answer:
        with self._lock:
            self.calls += 1
        assert self.may_end.wait(20)
        if self.failure is not None:
            raise self.failure.copy()
        now = datetime.now(UTC) + self.answered_at
        return Answer(*decode(json.dumps(RECORDS).encode(), EVENT), now, now + timedelta(hours=1))


def fetch(shared: SharedFetches, api: Api, max_age: float = 30.0, key: SharedKey = KEY) -> Answer:
    return shared.function(key, api, lambda: max_age)(lambda *_: None)
