"""The metrics of a process."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.server import metrics
from gridrt_client.sharing.status import SharingStatus

SINCE = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_each_has_a_meaning_a_type_and_a_value() -> None:
    lines = metrics.text(SharingStatus(SINCE, "can't be reached", 3, 2, 1)).splitlines()
    values = dict(line.split() for line in lines if not line.startswith("#"))
    assert values == {
        "gridrt_redis_up": "0",
        "gridrt_redis_down_since_seconds": str(int(SINCE.timestamp())),
        "gridrt_shared_reads_total": "3",
        "gridrt_own_fetches_total": "2",
        "gridrt_shared_failures_total": "1",
    }
    assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == list(values)
    assert [line.split()[2] for line in lines if line.startswith("# HELP")] == list(values)
    assert "gridrt_redis_up 1" in metrics.text(SharingStatus(None, "", 0, 0, 0))


def test_without_redis_there_are_none() -> None:
    assert metrics.text(None) == ""
