"""Fixtures: one call through a transport, a snapshot store with a source, and the profiles of hypothesis."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from gridrt_client.settings import Settings
from gridrt_client.snapshots.store import SnapshotStore
from gridrt_client.transport.transport import Transport
from tests.client.server import Server
from tests.client.source import Clock, Source

# No limit of time: the machine may be busy. The same examples at every run: what fails here fails everywhere;
# HYPOTHESIS_PROFILE=search in the environment looks for new ones.
_ANY_SPEED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("client", **_ANY_SPEED, derandomize=True)
settings.register_profile("search", **_ANY_SPEED, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "client"))
# For tests whose examples take long.
FEWER = settings(max_examples=settings().max_examples * 2 // 5)

PATH = "/v2/realtime/event/tenants"
TOKEN = "t0ken-that-nobody-may-see"

Get = Callable[..., bytes]


@pytest.fixture
def get() -> Iterator[Get]:
    """``get(server, retries=…)``: the payload of one call, with short waits."""
    opened: list[Transport] = []

    def call(server: Server | str, *, params: tuple[tuple[str, str], ...] = (), **changes: object) -> bytes:
        options: dict[str, object] = {"retries": 0, "read_timeout": 5.0, "tenant_id": "tenant", "access_token": TOKEN}
        url = server if isinstance(server, str) else server.url
        transport = Transport(Settings(**{**options, "base_url": url, **changes}), backoff=0.01)  # type: ignore[arg-type]
        opened.append(transport)
        with transport.get(PATH, params).body as body:
            return body.read()

    yield call
    for transport in opened:
        transport.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Iterator[SnapshotStore]:
    made = SnapshotStore(clock=clock)
    yield made
    made.close()


@pytest.fixture
def source() -> Iterator[Source]:
    made = Source()
    yield made
    made.may_end.set()
