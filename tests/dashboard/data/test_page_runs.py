"""Only so many pages are drawn at a time, and none waits for ever."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.data.page_runs import PageRuns


def test_as_many_are_drawn_as_there_is_room_for() -> None:
    runs, together, most, lock = PageRuns(2), 0, 0, threading.Lock()

    def draw() -> None:
        nonlocal together, most
        with runs.one():
            with lock:
                together += 1
                most = max(most, together)
            time.sleep(0.01)
            with lock:
                together -= 1

    with ThreadPoolExecutor(10) as threads:
        for done in [threads.submit(draw) for _ in range(20)]:
            done.result()
    assert most == 2


def test_one_that_fails_makes_room() -> None:
    runs = PageRuns(1, longest_wait=60.0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), runs.one():
            raise ZeroDivisionError


def test_one_that_hangs_does_not_keep_the_others() -> None:
    runs = PageRuns(1, longest_wait=0.05)
    with runs.one():
        with ThreadPoolExecutor(3) as threads:

            def draw() -> None:
                with runs.one():
                    pass

            for done in [threads.submit(draw) for _ in range(3)]:
                done.result(timeout=10)
        # Those that did not wait for room don't make any.
        began = time.monotonic()
        with runs.one():
            assert time.monotonic() - began >= 0.04
