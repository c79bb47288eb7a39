"""The metrics: each value is that of what was done, whatever is in the records."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from dashboard.data import audit
from dashboard.data.fetches import Fetched
from dashboard.data.replica import Replica
from dashboard.server.metrics import Current, Metrics
from gridrt_client import RealtimeClient, Settings
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, SessionsQuery
from gridrt_client.sharing.status import SharingStatus
from gridrt_client.snapshots.status import EntryStatus
from tests.client.conftest import TOKEN
from tests.client.server import Server, reply

NOW = datetime.now(UTC)
SESSION = b'[{"id":"1","tenantId":"t","sessionId":"s","dateCreated":"2026-11-23T12:00:00Z"}]'
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    # As `lifespan.log_to_stderr` leaves it.
    propagate, audit.LOG.propagate = audit.LOG.propagate, False
    loggers = [logging.getLogger(name) for name in ("dashboard.audit", "dashboard", "gridrt_client")]
    levels = [logger.level for logger in loggers]
    made = Metrics()
    made.attach()
    yield made
    made.detach()
    audit.LOG.propagate = propagate
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def values(metrics: Metrics) -> Values:
    """Return our metrics as Prometheus reads them, by name and labels."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples if "gridrt" in one.name}


def test_fetches_are_counted_by_endpoint_and_outcome_with_their_seconds_and_bytes(metrics: Metrics) -> None:
    with Server([reply(body=SESSION), reply(body=SESSION), reply(401, TOKEN.encode())]) as server:
        settings = Settings(tenant_id="tenant", access_token=TOKEN, base_url=server.url, retries=0)
        with RealtimeClient(settings) as client:
            client.sessions(spaceId="a-space")
            client.sessions()
            with pytest.raises(GridError):
                client.events()
    found = values(metrics)
    assert found["gridrt_fetches_total", (("endpoint", "sessions"), ("outcome", "ok"))] == 2
    assert found["gridrt_fetches_total", (("endpoint", "events"), ("outcome", "UnauthorizedError"))] == 1
    assert found["gridrt_fetch_bytes_sum", (("endpoint", "sessions"),)] == 2 * len(SESSION)
    assert found["gridrt_fetch_seconds_count", (("endpoint", "sessions"),)] == 2
    assert 0 < found["gridrt_fetch_seconds_sum", (("endpoint", "sessions"),)] < 30
    text = generate_latest(metrics.registry).decode()
    assert TOKEN not in text
    assert "a-space" not in text


def test_what_viewers_do_is_counted_without_their_names(metrics: Metrics) -> None:
    for who in ("ann", "bob", "ann"):
        audit.signed_in(f"{who}@example.com", who, 60)
    for number in range(30):
        audit.sign_in_failed("refused", f"192.0.2.{number}")
    audit.refused("eve@example.com", "grid")
    for form in ("csv", "csv", "json"):
        audit.exported("ann@example.com", "events", form, 3, "Events", personal_data=False)
    audit.unmasked("ann@example.com", "Events", NOW)
    for who in ("ann", "bob"):
        audit.VISITS.end(who)
    found = {name: value for name, value in values(metrics).items() if value}
    assert {name: value for name, value in found.items() if name[0].endswith("_total")} == {
        ("gridrt_sign_ins_total", (("outcome", "ok"),)): 2,
        ("gridrt_sign_ins_total", (("outcome", "refused"),)): 30,
        ("gridrt_sign_ins_total", (("outcome", "no_role"),)): 1,
        ("gridrt_exports_total", (("format", "csv"),)): 2,
        ("gridrt_exports_total", (("format", "json"),)): 1,
        ("gridrt_unmaskings_total", ()): 1,
    }
    text = generate_latest(metrics.registry).decode()
    for personal in ("ann@", "eve@", "@example", "192.0.2", "Events"):
        assert personal not in text


def test_faults_are_counted_when_they_begin(metrics: Metrics) -> None:
    log = logging.getLogger("gridrt_client.sharing")
    for state in ("began", "ended", "began"):
        log.warning("x", extra={"kind": "fault", "what": "redis", "state": state})
    log.warning("x", extra={"kind": "fault", "what": "view"})
    log.warning("x")
    found = {name: value for name, value in values(metrics).items() if name[0] == "gridrt_faults_total"}
    assert found == {
        ("gridrt_faults_total", (("what", "redis"),)): 2,
        ("gridrt_faults_total", (("what", "view"),)): 1,
    }


def entry(answered: float | None) -> EntryStatus:
    at = None if answered is None else NOW - timedelta(seconds=answered)
    return EntryStatus(None, None, 0, at, 0.0, False, None, None, None)


def current(sharing: SharingStatus | None = None, fetched: list[Fetched] | None = None) -> Values:
    collector = Current(
        lambda: fetched or [], lambda: sharing, Replica(sessions=Counter({"192.0.2.1": 4, "192.0.2.2": 3}))
    )
    samples: list[Any] = [sample for family in collector.collect() for sample in family.samples]
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples}


def test_ages_are_those_of_the_newest_answers() -> None:
    fetched = [
        Fetched("one", SessionsQuery(spaceId="a"), False, entry(500)),
        Fetched("one", SessionsQuery(), False, entry(40)),
        Fetched("one", SessionsQuery(spaceId="b"), False, entry(None)),
        Fetched("one", EventsQuery(), False, entry(-3600)),
        Fetched("two", SessionsQuery(), True, entry(None)),
    ]
    found = {labels: age for (name, labels), age in current(None, fetched).items() if name.endswith("_age_seconds")}
    assert set(found) == {
        (("endpoint", "sessions"), ("tenant", "one")),
        (("endpoint", "events"), ("tenant", "one")),
    }
    passed = (datetime.now(UTC) - NOW).total_seconds()
    assert 40 <= found[("endpoint", "sessions"), ("tenant", "one")] <= 40 + passed
    assert found[("endpoint", "events"), ("tenant", "one")] == 0


def test_redis_is_there_only_where_it_is_used() -> None:
    since = datetime(2026, 11, 23, 12, tzinfo=UTC)
    names = {name for name, _ in current()}
    assert names == {"gridrt_build_info", "gridrt_viewers"}
    assert current()["gridrt_viewers", ()] == 7
    found = {name: value for (name, _), value in current(SharingStatus(since, "is full", 3, 2, 1)).items()}
    assert found["gridrt_redis_up"] == 0
    assert found["gridrt_redis_down_since_seconds"] == since.timestamp()
    assert found["gridrt_shared_reads_total"] == 3
    assert found["gridrt_own_fetches_total"] == 2
    assert found["gridrt_shared_failures_total"] == 1
    assert current(SharingStatus(None, "", 0, 0, 0))["gridrt_redis_up", ()] == 1


def test_a_record_that_is_no_event_breaks_nothing(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("gridrt_client").warning("x", extra={"kind": "fetch"})
    logging.getLogger("gridrt_client").warning("x", extra={"kind": "surprise"})
    assert "KeyError" in capsys.readouterr().err
    assert [name for name, value in values(metrics).items() if name[0].endswith("_total") and value] == []
