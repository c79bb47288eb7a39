"""How long the view of events takes to open, compared with a well-written Dash page, one after the other by turns."""

from __future__ import annotations

import time
from pathlib import Path

from tests.benchmarks import stage
from tests.benchmarks.driver import Visitor

# After a visit the browser writes what it compiled, with which a later visit begins.
_WRITE_SECONDS = 1.0


KINDS = {
    "new": "/events opened in a new browser profile",
    # Chromium keeps compiled scripts from the second visit on.
    "used": "/events opened in a new window of a used profile",
    "again": "/events loaded again in the same window",
}
Openings = dict[str, list[float]]
"""Seconds until all is drawn, by `KINDS`."""


def compare(folder: Path, api: stage.Api, repeats: int) -> dict[str, Openings]:
    """Open both pages by turns. Both have the events already: the first opening of each is not counted."""
    found: dict[str, Openings] = {which: {kind: [] for kind in KINDS} for which in (stage.DASH, stage.OURS)}
    with (
        stage.app(stage.OURS, folder, api.reports(), refresh=86_400) as ours,
        stage.dash(folder, api.reports()) as dash,
    ):
        origins = {stage.DASH: dash.url, stage.OURS: ours.url}
        for number in range(repeats + 1):
            for which, origin in origins.items():
                seconds = _visits(folder / f"profile-{number}-{which}", which, origin)
                for kind, value in seconds.items() if number else ():
                    found[which][kind].append(value)
    return found


def _visits(profile: Path, which: str, origin: str) -> dict[str, float]:
    """Return how long each of the openings of a new browser took."""
    with stage.chromium(profile) as browser:
        first = []
        for _ in range(2):
            with Visitor(browser, origin, is_used=True) as visitor:
                first.append(_open(visitor, which))
                time.sleep(_WRITE_SECONDS)
        with Visitor(browser, origin, is_used=True) as visitor:
            return {"new": first[0], "used": _open(visitor, which), "again": _open(visitor, which)}


def _open(visitor: Visitor, which: str) -> float:
    return visitor.open_dash() if which == stage.DASH else visitor.open("/events")
