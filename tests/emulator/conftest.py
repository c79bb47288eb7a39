from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator.program import CLOCK, Emulator, running


@pytest.fixture(scope="session")
def plain() -> Iterator[Emulator]:
    """A frozen world without oddities; for questions only."""
    with running("--clock", CLOCK, "--frozen", "--events-per-day", "3000", "--oddities", "0") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def odd() -> Iterator[Emulator]:
    """A frozen world with many oddities; for questions only."""
    with running("--clock", CLOCK, "--frozen", "--events-per-day", "3000", "--oddities", "0.2") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    """A small world that moves on, for tests that post to it or switch faults, and clean up what disturbs others."""
    with running() as emulator:
        yield emulator
