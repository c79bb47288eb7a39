"""The metrics of this process, for Prometheus.

What happened is counted from the events of the log (`dashboard.server.log_format`), so that both say the same; what is,
is read when the metrics are. Labels come from fixed sets and from the settings: never from data, links or viewers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dashboard.data import fetches, replica
from dashboard.data.fetches import Fetched
from gridrt_client import __version__
from gridrt_client.sharing import shared_fetch
from gridrt_client.sharing.status import SharingStatus

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_BYTES: Final = tuple(float(1 << power) for power in range(10, 32, 3))
_LOGGERS: Final = ("dashboard.audit", "dashboard", "gridrt_client")

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics(logging.Handler):
    """The metrics, as a handler of the log; `registry` is what Prometheus reads."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.registry = CollectorRegistry()
        for collect in (ProcessCollector, PlatformCollector, GCCollector):
            collect(registry=self.registry)
        self.registry.register(Current())

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"gridrt_{name}", meaning, labels, registry=self.registry)

        def histogram(name: str, meaning: str, buckets: Iterable[float]) -> Histogram:
            return Histogram(f"gridrt_{name}", meaning, ("endpoint",), buckets=tuple(buckets), registry=self.registry)

        self._fetches = counter("fetches", "Calls of the API, with their retries", "endpoint", "outcome")
        self._seconds = histogram("fetch_seconds", "How long they took", _SECONDS)
        self._bytes = histogram("fetch_bytes", "How large their answers were, unpacked", _BYTES)
        self._sign_ins = counter("sign_ins", "Viewers who signed in, or were not let in", "outcome")
        self._exports = counter("exports", "Downloads of rows", "format")
        self._unmaskings = counter("unmaskings", "How often personal data was shown in the clear")
        self._faults = counter("faults", "What went wrong in this process", "what")

    def emit(self, record: logging.LogRecord) -> None:
        """Count an event."""
        try:
            self._count(record)
        except Exception:  # noqa: BLE001 - as all handlers: counting must not break what is counted
            self.handleError(record)

    def _count(self, record: logging.LogRecord) -> None:
        facts = vars(record)
        match facts.get("kind"):
            case "fetch":
                endpoint = facts["endpoint"]
                self._fetches.labels(endpoint, facts["outcome"]).inc()
                self._seconds.labels(endpoint).observe(facts["seconds"])
                self._bytes.labels(endpoint).observe(facts["bytes"])
            case "sign_in":
                self._sign_ins.labels(facts["outcome"]).inc()
            case "export":
                self._exports.labels(facts["format"]).inc()
            case "unmasking":
                self._unmaskings.inc()
            case "fault" if facts.get("state") != "ended":
                self._faults.labels(facts["what"]).inc()

    def attach(self) -> None:
        """Count from now on what our loggers are given."""
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self)
            logging.getLogger(name).setLevel(logging.INFO)

    def detach(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(self)


class Current(Collector):
    """What is at the moment: the age of answers, open pages, Redis."""

    def __init__(
        self,
        fetched: Callable[[], list[Fetched]] = fetches.fetched,
        sharing: Callable[[], SharingStatus | None] = shared_fetch.status,
        here: replica.Replica = replica.HERE,
    ) -> None:
        self._fetched, self._sharing, self._here = fetched, sharing, here

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        version = GaugeMetricFamily("gridrt_build_info", "The version of the dashboard", labels=("version",))
        version.add_metric((__version__,), 1)
        yield version
        yield GaugeMetricFamily("gridrt_viewers", "Open pages in browsers", self._here.sessions.total())
        ages = GaugeMetricFamily(
            "gridrt_answer_age_seconds", "The age of the newest answer that is kept", labels=("tenant", "endpoint")
        )
        for labels, answered_at in newest_answers(self._fetched()).items():
            ages.add_metric(labels, max(0.0, (datetime.now(UTC) - answered_at).total_seconds()))
        yield ages
        status = self._sharing()
        if status is not None:
            yield from _of_sharing(status)


def newest_answers(fetched: Iterable[Fetched]) -> dict[tuple[str, str], datetime]:
    """Return when the newest answer came, by tenant and endpoint."""
    newest: dict[tuple[str, str], datetime] = {}
    for one in fetched:
        labels, answered_at = (one.tenant_id, one.query.label), one.status.answered_at
        if answered_at is not None:
            newest[labels] = max(answered_at, newest.get(labels, answered_at))
    return newest


def _of_sharing(status: SharingStatus) -> Iterator[Metric]:
    since = status.alone_since.timestamp() if status.alone_since is not None else 0
    yield GaugeMetricFamily("gridrt_redis_up", "Whether answers are shared through Redis", int(not status.is_alone))
    yield GaugeMetricFamily(
        "gridrt_redis_down_since_seconds", "Since when they are not, in seconds since 1970, else 0", int(since)
    )
    for name, meaning, count in (
        ("shared_reads", "Answers that another process had fetched", status.shared_reads),
        ("own_fetches", "Calls of the API by this process, where answers are shared", status.own_fetches),
        ("shared_failures", "Failures that another process had met", status.shared_failures),
    ):
        yield CounterMetricFamily(f"gridrt_{name}", meaning, count)
