"""Running asynchronous code in a test."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in an event loop of a thread of its own, and return its result.

    `asyncio.run` alone fails in a process in which a browser test ran before: Playwright's event loop stays in the main
    thread until the last test.
    """
    with ThreadPoolExecutor(1) as worker:
        return worker.submit(asyncio.run, coroutine).result()
