"""Which failures of one endpoint affect the others."""

from __future__ import annotations

import pytest

from gridrt_client import errors
from gridrt_client.errors import BadQueryError, GridError, UnavailableError
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.source import FOREVER, Clock, Source, number, until

API = ("https://api", "tenant", "hash")


@pytest.mark.parametrize(
    ("error", "shared"),
    [
        (errors.UnavailableError("no connection"), True),
        (errors.UnavailableError("proxy", status=407), True),
        (errors.UnavailableError("network", status=511), True),
        (errors.TLSError("x"), True),
        (errors.ConnectTimeoutError("x"), True),
        (errors.RateLimitedError("x", status=429), True),
        (errors.UnauthorizedError("x", status=401), True),
        (errors.ForbiddenError("x", status=403), True),
        (errors.RedirectedError("x"), True),
        (errors.UnavailableError("x", status=500), False),
        (errors.UnavailableError("x", status=503), False),
        (errors.UnavailableError("broke off", status=200), False),
        (errors.GridTimeoutError("x"), False),
        (errors.UnknownTenantError("x", status=404), False),
        (errors.NotJSONError("x"), False),
        (errors.NotAnArrayError("x"), False),
        (BadQueryError("x", status=400), False),
    ],
    ids=lambda value: f"{type(value).__name__} {value.status}" if isinstance(value, GridError) else str(value),
)
def test_what_says_something_about_one_endpoint_leaves_the_others_alone(
    store: SnapshotStore, source: Source, clock: Clock, error: GridError, shared: bool
) -> None:
    good = Source()
    store.get("a", good, 60, api=API, endpoint="events")
    store.get("b", good, FOREVER, api=API, endpoint="sessions")
    source.failure = error
    clock.tick(60)
    assert store.get("a", source, 60, api=API, endpoint="events").error is not None
    other = store.get("b", good, 60, api=API, endpoint="sessions")
    assert (other.error is None, good.calls) == ((False, 2) if shared else (True, 3))
    same = Source()
    if not isinstance(error, BadQueryError):
        with pytest.raises(type(error)):
            store.get("c", same, 60, api=API, endpoint="events")
        assert same.calls == 0
    # After the pause one goes ahead, and all is well.
    source.failure = None
    clock.tick(5)
    for key, endpoint in (("a", "events"), ("b", "sessions"), ("c", "events")):
        until(lambda key=key, point=endpoint: store.get(key, good, 60, api=API, endpoint=point).error is None)


def test_a_request_that_does_not_arrive_says_nothing_about_the_endpoint(
    store: SnapshotStore, source: Source, clock: Clock
) -> None:
    store.get("a", source, 10, api=API, endpoint="events")
    source.failure = UnavailableError("broken", status=503)
    clock.tick(10)
    assert "broken" in str(store.get("a", source, 10, api=API, endpoint="events").error)
    source.failure = UnavailableError("no connection")
    clock.tick(5)
    assert "no connection" in str(store.get("a", source, 10, api=API, endpoint="events").error)
    source.failure = None
    clock.tick(60)
    recovered = store.get("a", source, 10, api=API, endpoint="events")
    assert (recovered.error, number(recovered)) == (None, 4)
