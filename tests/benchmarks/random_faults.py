"""Random faults of the API for minutes, with many viewers: nothing grows, and everybody is right at the end.

``python -m tests.benchmarks.random_faults`` takes ten minutes; ``--seconds 60`` one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

from tests.benchmarks import machine
from tests.benchmarks.figures import growth
from tests.benchmarks.plain import PlainViewer
from tests.dashboard import faulty_api
from tests.dashboard.faulty_api import FaultyApi
from tests.e2e import programs
from tests.strict_server import StrictServer, nasty
from tests.strict_server.counts import Counts

VIEWERS, INTERVAL = 20, 2
VIEWS = ("/", "/stores", "/store", "/sessions", "/events", "/latest", "/analytics", "/session")
TOKEN = "t0ken-that-nobody-may-see"
GROWTH = {"memory": 0.1, "threads": 0.3, "files": 0.1}
"""The share of its last value that a measure may grow by, after the first third; threads come and go."""


class Reader(PlainViewer):
    """A viewer who keeps the alerts and the metrics of the first run."""

    def __init__(self, origin: str, view: str, query: str) -> None:
        super().__init__(origin, view, query)
        self.alerts: list[str] = []
        self.metrics: dict[str, str] = {}

    def _heed(self, socket: ClientConnection, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "delta" and not self.runs.drawn:
            element = message.delta.new_element
            if element.WhichOneof("type") == "alert":
                self.alerts.append(element.alert.body)
            elif element.WhichOneof("type") == "metric":
                self.metrics[element.metric.label] = element.metric.body
        super()._heed(socket, message)


def measure(pid: int) -> dict[str, float]:
    return {
        "memory": float(machine.memory(pid)),
        "threads": float(len(list(Path(f"/proc/{pid}/task").iterdir()))),
        "files": float(len(list(Path(f"/proc/{pid}/fd").iterdir()))),
    }


Samples = list[tuple[float, dict[str, float]]]


async def watch(origin: str, pid: int, api: FaultyApi, seconds: float) -> tuple[list[PlainViewer], Samples]:
    """Let the viewers look while the API fails at random; return them, and the samples."""
    chance = random.Random(4)
    pairs = itertools.islice(itertools.cycle(VIEWS), VIEWERS)
    viewers = [PlainViewer(origin, view, f"refresh={INTERVAL}") for view in pairs]
    tasks = [asyncio.create_task(viewer.watch(after=0.2 * number)) for number, viewer in enumerate(viewers)]
    samples: Samples = []
    began = time.monotonic()
    induced: Counter[str] = Counter()
    try:
        while (passed := time.monotonic() - began) < seconds:
            name = chance.choice(sorted(faulty_api.FAULTS))
            induced[name] += 1
            with api.failing(faulty_api.FAULTS[name], chance.choice(("", "", "session/", "event/", "latest-event/"))):
                await asyncio.sleep(chance.uniform(0.5, 4.0))
            await asyncio.sleep(chance.choice((0.0, 1.0, 4.0)))
            samples.append((passed, measure(pid)))
        for viewer in viewers:
            viewer.runs.forget()
        # The store waits up to a minute after many failures in a row.
        await asyncio.sleep(70 if seconds > 100 else 3 * INTERVAL + 10)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
    print(f"{sum(induced.values())} faults: {', '.join(f'{name} {n}' for name, n in induced.most_common())}")
    return viewers, samples


async def read(origin: str) -> list[Reader]:
    readers = [Reader(origin, view, "") for view in VIEWS]
    tasks = [asyncio.create_task(reader.watch()) for reader in readers]
    deadline = time.monotonic() + 60
    while not all(reader.runs.drawn for reader in readers[:-1]) and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    return readers


def problems_of(viewers: list[PlainViewer], readers: list[Reader], strict: StrictServer, log: str) -> list[str]:
    """Return what is not as it should be at the end."""
    found = [f"{one.link}: {problem}" for one in viewers for problem in one.runs.problems]
    found += [f"{one.link}: never drawn again" for one in viewers if not one.runs.refreshes and not one.runs.ticks]
    found += [f"{one.link}: {text}" for one in readers for text in one.alerts if "newest refresh failed" in text]
    expected = f"{Counts(strict.records).events:,}"
    shown = next((value for label, value in readers[0].metrics.items() if label.startswith("Events")), "none")
    if shown != expected:
        found.append(f"Now shows {shown} events instead of {expected}")
    found += [f"the log has {text!r}" for text in ("Traceback", TOKEN) if text in log]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.random_faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    seconds = parser.parse_args().seconds
    with (
        tempfile.TemporaryDirectory() as folder,
        StrictServer(nasty(datetime.now(UTC), sessions=120), TOKEN) as strict,
        FaultyApi(strict) as api,
    ):
        environment = {
            "GRIDRT_BASE_URL": api.base_url,
            "GRIDRT_TENANT_ID": strict.tenant_id,
            "GRIDRT_ACCESS_TOKEN": TOKEN,
            "GRIDRT_READ_TIMEOUT": "1",
            "GRIDRT_TOTAL_TIMEOUT": "2",
            "GRIDRT_RETRIES": "1",
            "GRIDRT_MAX_BYTES": str(faulty_api.LIMIT),
        }
        with programs.dashboard(Path(folder) / "log.txt", environment) as program:
            viewers, samples = asyncio.run(watch(program.url, program.process.pid, api, seconds))
            readers = asyncio.run(read(program.url))
            problems = problems_of(viewers, readers, strict, program.log)
    for name, most in GROWTH.items():
        values = [(at, sample[name]) for at, sample in samples[len(samples) // 3 :]]
        grown = growth(values) if len(values) > 2 else 0.0
        print(f"{name}: {samples[0][1][name]:,.0f} at first, {values[-1][1]:,.0f} at last, trend {grown:+,.0f}")
        if grown > most * values[-1][1]:
            problems.append(f"{name} grows")
    print("\n".join(problems) or "Everybody is right at the end.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
