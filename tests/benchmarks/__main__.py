"""``python -m tests.benchmarks``: measure every budget and print one table; ``--quick`` with a tenth of the data.

Results also go to ``test-results/``. A budget that is not met is a finding, not a failure: the exit code is 0.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import crowd, decoding, machine, opening, rows, stage, views
from tests.benchmarks.table import Budget, Row, rendered, write
from tests.e2e.programs import ROOT

APPS = (stage.STRAIGHTFORWARD, stage.OURS)


@dataclass(frozen=True)
class Plan:
    """How much of everything is done; seconds."""

    events: int
    crowd_events: int
    crowd_seconds: float
    baseline_crowd_seconds: float
    alone_seconds: float
    patience: float
    refresh: float
    intervals: int
    repeats: int
    openings: int


FULL = Plan(1_000_000, 100_000, 600, 60, 50, 120, 30, 3, 3, 7)
# Fifty viewers of the straightforward page take longer than all the rest, and no budget hangs on them.
QUICK = Plan(100_000, 20_000, 15, 0, 10, 20, 3, 3, 1, 3)


def run(plan: Plan, folder: Path, keep: Callable[[list[Row], dict[str, Any]], None]) -> list[Row]:
    """All rows; what is there is kept after each part, because a run takes long."""
    found: list[Row] = []
    measured = {which: views.Measured() for which in APPS}
    with stage.api(folder, plan.events) as api:
        found.append(_emulator(api))
        with _section("decoding", found):
            payload = folder / "events.json"
            decoding.fetch(api, payload)
            found += rows.of_decoding(*(decoding.decode(which, payload) for which in APPS))
        with _section("views", found), stage.chromium(folder) as browser:
            for which in APPS:
                # The straightforward page takes so long that once has to do.
                repeats = plan.repeats if which == stage.OURS else 1
                views.measure(browser, which, folder, api, measured[which], repeats)
                keep([*found, *rows.of_views(*measured.values())], {})
        with _section("opening, against Dash", found):
            openings = opening.compare(folder, api, plan.openings)
            found += rows.of_openings(openings[stage.DASH], openings[stage.OURS])
        alone: crowd.Crowd | None = None
        with _section("refreshes and one viewer", found), ThreadPoolExecutor() as pool:
            # Bytes and calls are counted, not time: all can go at once.
            waiting = [
                pool.submit(views.refreshes, which, folder, api, plan.refresh, plan.intervals, 300, measured[which])
                for which in APPS
            ]
            if machine.SEEN:
                alone = pool.submit(_alone, plan, folder / "alone").result()
            for one in waiting:
                one.result()
    found += rows.of_views(*measured.values())
    told: dict[str, Any] = {"views": {which: asdict(one) for which, one in measured.items()}}
    keep(found, told)
    with _section("many viewers", found):
        told["crowds"], many = _crowds(plan, folder, alone)
        found += many
    keep(found, told)
    return found


def _alone(plan: Plan, folder: Path) -> crowd.Crowd:
    """One viewer of the overview, which shows something of everything."""
    folder.mkdir()
    with stage.api(folder, plan.crowd_events, moving=True) as api:
        return crowd.watch(stage.OURS, folder, api, crowd.links(stage.OURS, 1), plan.alone_seconds, plan.patience)


def _crowds(plan: Plan, folder: Path, alone: crowd.Crowd | None) -> tuple[dict[str, Any], list[Row]]:
    if not machine.SEEN:
        return {}, rows.of_crowd(None, None, None, machine.WHY_NOT)
    with stage.api(folder, plan.crowd_events, moving=True) as api:

        def watch(which: str, seconds: float) -> crowd.Crowd:
            return crowd.watch(which, folder, api, crowd.links(which, crowd.VIEWERS), seconds, plan.patience)

        ours = watch(stage.OURS, plan.crowd_seconds)
        baseline = watch(stage.STRAIGHTFORWARD, plan.baseline_crowd_seconds) if plan.baseline_crowd_seconds else None
    crowds = {"alone": alone, "ours": ours, "straightforward": baseline}
    told = {name: asdict(found) for name, found in crowds.items() if found is not None}
    return told, rows.of_crowd(baseline, alone, ours, "")


def _emulator(api: stage.Api) -> Row:
    return Row("the emulator, until it answers", Budget("s", 60), None, api.ready_seconds, note=api.holds())


@contextlib.contextmanager
def _section(name: str, found: list[Row]) -> Iterator[None]:
    """A part that fails says so in the table, and the others go on."""
    began = time.monotonic()
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        yield
    except (AssertionError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        found.append(Row(name, Budget(""), why_not=f"{type(error).__name__}: {str(error).splitlines()[0]}"))
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _commit() -> str:
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 events and short runs: under two minutes")
    parser.add_argument("--crowd-seconds", type=float, help="how long 50 viewers look (default: 600, quick: 15)")
    options = parser.parse_args()
    plan = QUICK if options.quick else FULL
    if options.crowd_seconds:
        plan = Plan(**{**asdict(plan), "crowd_seconds": options.crowd_seconds})
    about = machine.about() | {"commit": _commit(), "events": f"{plan.events:,}"}
    kept = ROOT / "test-results" / f"benchmarks{'-quick' if options.quick else ''}.json"
    began = time.monotonic()

    def keep(found: list[Row], measured: dict[str, Any]) -> None:
        about["took"] = f"{time.monotonic() - began:.0f} s"
        write(kept, found, {"machine": about, "plan": asdict(plan), "measured": measured})

    with tempfile.TemporaryDirectory() as folder:
        found = run(plan, Path(folder), keep)
    print(f"\n{rendered(found)}\n\n{', '.join(f'{name} {value}' for name, value in about.items())}")
    print(f"\nKept in {kept.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
