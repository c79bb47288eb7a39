"""Calls of DuckDB at the end of the process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from gridrt_client.duckdb_calls import DuckDBCalls
from gridrt_client.errors import StoppingError

ROOT = Path(__file__).parents[2]
ENDLESS = "select count(*) from range(100000000000) a, range(100000000000) b"
ASKS_ALL_THE_TIME = """
import threading, time
import pandas as pd
from dashboard.analysis.database import Database

def ask():
    database = Database(events=pd.DataFrame({"number": range(300_000)}))
    while True:
        database.rows("select number % 1000 as n, count(*) as c from events group by n order by c")

for _ in range(6):
    threading.Thread(target=ask, daemon=True).start()
time.sleep(1)
print("ends", flush=True)
"""


@pytest.fixture
def calls() -> Iterator[DuckDBCalls]:
    made = DuckDBCalls()
    yield made
    made.stop()


def connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


def test_a_process_ends_well_while_its_threads_ask() -> None:
    command = [sys.executable, "-c", ASKS_ALL_THE_TIME]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, "ends\n"), ended.stderr
    assert "terminate called" not in ended.stderr


def test_a_call_that_runs_is_interrupted_and_none_begins_any_more(calls: DuckDBCalls) -> None:
    failures: list[BaseException] = []

    def call() -> None:
        try:
            with calls.using(connect) as connection:
                begun.set()
                connection.execute(ENDLESS)
        except StoppingError as error:
            failures.append(error)

    begun = threading.Event()
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    begun.wait(10)
    time.sleep(0.1)
    assert calls.stop(10)
    thread.join(10)
    assert [str(error) for error in failures] == ["The program is ending. Start it again."]
    with pytest.raises(StoppingError), calls.using(connect):
        pass


def test_an_error_of_a_call_is_its_own_as_long_as_the_process_runs(calls: DuckDBCalls) -> None:
    with pytest.raises(duckdb.ParserException), calls.using(connect) as connection:
        connection.execute("selec")
    assert calls.stop(1)


class SlowlyClosed:
    """A connection that is closed at once, and says so later."""

    def __init__(self) -> None:
        self.connection = connect()
        self.closed, self.may_end = threading.Event(), threading.Event()

    def interrupt(self) -> None:
        self.connection.interrupt()

    def close(self) -> None:
        self.connection.close()
        self.closed.set()
        self.may_end.wait(10)


def test_a_connection_that_is_being_closed_is_waited_for_but_not_interrupted(calls: DuckDBCalls) -> None:
    slow = SlowlyClosed()

    def call() -> None:
        with calls.using(lambda: slow):  # type: ignore[arg-type, return-value]
            pass

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert slow.closed.wait(10)
    assert not calls.stop(0.05)
    slow.may_end.set()
    assert calls.stop(10)
    thread.join(10)


def test_what_does_not_end_is_not_waited_for_longer_than_that(calls: DuckDBCalls) -> None:
    with calls.using(connect):
        assert not calls.stop(0.05)
