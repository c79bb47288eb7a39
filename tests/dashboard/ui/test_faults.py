"""Every fault in every view, at the first load and while running.

At the first load: one clear sentence, with a button. While running: the last good data with its age, and the sentence.
Never a traceback, never the token; other tenants are unaffected, and it recovers within an interval.
"""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data.demo import DEMO
from dashboard.data.saved_views import PAGES
from gridrt_client.connection import GridConnection
from gridrt_client.snapshots.store import SnapshotStore
from tests.dashboard import faulty_api
from tests.dashboard.faulty_api import FaultyApi
from tests.dashboard.views import TOKEN, opened, words
from tests.strict_server.nasty import TENANT_ID, nasty
from tests.strict_server.server import StrictServer

VIEWS = sorted(PAGES.values())
PATIENCE = 30.0


@contextmanager
def refused(api: FaultyApi) -> Iterator[None]:
    api.refuse()
    try:
        yield
    finally:
        api.accept()


@contextmanager
def disk_full(api: FaultyApi) -> Iterator[None]:
    """Let no file of this process grow, while answers are so large that they are kept in one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with api.failing(lambda handler, body: handler.answer(200, body + b" " * 1_500_000)):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# Fault -> what the sentence says.
SAID = {
    "status 400": "refused the query",
    "status 401": "access token",
    "status 403": "not allowed|may not|not for",
    "status 404": "tenant",
    "status 405": "405",
    "status 418": "418",
    "status 429": "too many|too often",
    "status 500": "500",
    "status 502": "502",
    "status 503": "503",
    "status 504": "504",
    "429 with a time": "too many|too often",
    "slow": "sent nothing|in time|took longer",
    "hang": "sent nothing|in time|took longer",
    "drip": "in time|took longer|within|not finished",
    "drop": "connection|no answer|broke",
    "truncated": "breaks off",
    "wrong length": "not all of it|breaks off|connection|incomplete",
    "web page": "sign-in|web page|HTML",
    "wrong shape": "array",
    "nothing": "nothing|empty",
    "bomb": "larger|limit",
    "deep": "breaks off",
    "too large": "larger|limit",
    "redirect": "sent us on",
    "revoked": "access token",
    "refused": "connection|reach",
}
DIFFER = ("slow", "hang", "drip", "429 with a time", "truncated", "wrong length")
"""Faults after which the sentences of endpoints may differ: in how much arrived, how long it took, or when to try."""


def induced(api: FaultyApi, name: str) -> AbstractContextManager[None]:
    return refused(api) if name == "refused" else api.failing(faulty_api.FAULTS[name])


def test_every_fault_is_in_the_table() -> None:
    assert set(SAID) == {*faulty_api.FAULTS, "refused"}


@pytest.fixture(scope="module")
def strict() -> Iterator[StrictServer]:
    with StrictServer(nasty(datetime.now(UTC), sessions=24), TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def settings() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        limits = {"RETRIES": "0", "READ_TIMEOUT": "1.5", "TOTAL_TIMEOUT": "2.5", "CONNECT_TIMEOUT": "1.5"}
        for name, value in {**limits, "MAX_BYTES": str(faulty_api.LIMIT), "REFRESH_SECONDS": "1"}.items():
            patch.setenv(f"GRIDRT_{name}", value)
        patch.setenv("GRIDRT_TENANT_ID", TENANT_ID)
        patch.setenv("GRIDRT_ACCESS_TOKEN", TOKEN)
        yield patch


@contextmanager
def new_store() -> Iterator[None]:
    """A store without answers, which tries again soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GridConnection, "store", SnapshotStore(backoff=0.3, longest_backoff=0.3))
        yield
        GridConnection.store.close()


def settled(test: AppTest, *, until: str) -> AppTest:
    """Run until the page shows an ``error``, a ``warning`` about old data, or the ``data`` alone."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        test.run()
        old = any("Showing data from" in one.value for one in test.warning)
        if {"error": bool(test.error), "warning": old, "data": not (test.error or old or test.get("progress"))}[until]:
            return test
        time.sleep(0.1)
    raise AssertionError(f"The page never shows {until}:\n{words(test)}")


def drawn(test: AppTest) -> list[object]:
    """Return the numbers of a page, its tables and how many figures it has."""
    tables = [len(frame.value) for frame in test.dataframe]
    figures = len(test.get("plotly_chart")) + len(test.get("deck_gl_json_chart"))
    return [[(one.label, one.value) for one in test.metric], tables, figures]


def assert_said_well(test: AppTest, said: list[str], name: str) -> None:
    assert not test.exception
    text = " ".join(said).replace("\\", "")
    assert re.search(SAID[name], text, re.IGNORECASE), text
    for secret in (TOKEN, "Traceback", "Bearer"):
        assert secret not in words(test)
    # A sentence says what to do, too.
    assert len(re.findall(r"[.!?…](?:\s|$)", text)) >= 2


@pytest.fixture(scope="module")
def running(strict: StrictServer, settings: pytest.MonkeyPatch) -> Iterator[tuple[FaultyApi, dict[str, AppTest]]]:
    """An API and a viewer of each view, who have seen it answer."""
    with FaultyApi(strict) as api, new_store():
        settings.setenv("GRIDRT_BASE_URL", api.base_url)
        session = next(one["sessionId"] for one in strict.records.sessions if isinstance(one, dict))
        yield api, {view: settled(opened(view, sessionId=str(session)), until="data") for view in VIEWS}


@pytest.mark.parametrize("name", SAID)
def test_the_first_load(running: tuple[FaultyApi, dict[str, AppTest]], name: str) -> None:
    api, viewers = running
    with new_store():
        with induced(api, name):
            for test in viewers.values():
                settled(test, until="error")
                assert_said_well(test, [one.value for one in test.error], name)
                assert len(test.error) == 1
                assert test.button(key="try_again")
                assert drawn(test) == [[], [], 0]
        settled(viewers["live"], until="data")


# The other statuses are failures of the server as 503 is.
@pytest.mark.parametrize("name", [name for name in SAID if name not in ("status 405", "status 418", "status 502")])
def test_while_running(running: tuple[FaultyApi, dict[str, AppTest]], name: str) -> None:
    api, viewers = running
    for test in viewers.values():
        settled(test, until="data")
    good = {view: drawn(test) for view, test in viewers.items()}
    with induced(api, name):
        for view, test in viewers.items():
            settled(test, until="warning")
            assert drawn(test) == good[view], view
            assert not test.error
            old = [one.value for one in test.warning if "Showing data from" in one.value]
            assert_said_well(test, old, name)
            # All endpoints fail in the same way, so it is said once.
            assert len(old) == 1 or name in DIFFER
    began = time.monotonic()
    settled(viewers["live"], until="data")
    # The interval is a second.
    assert time.monotonic() - began < 10


def test_with_a_full_disk_nothing_is_missing(running: tuple[FaultyApi, dict[str, AppTest]]) -> None:
    api, viewers = running
    good = drawn(settled(viewers["events"], until="data"))
    with new_store(), disk_full(api):
        assert drawn(settled(viewers["events"], until="data")) == good


@pytest.mark.parametrize(
    ("endpoint", "unaffected"), [("latest-event", ["events", "sessions", "analytics", "session"]), ("event/", [])]
)
def test_one_endpoint_alone(
    running: tuple[FaultyApi, dict[str, AppTest]], endpoint: str, unaffected: list[str]
) -> None:
    api, viewers = running
    with new_store(), api.failing(faulty_api.status(503), endpoint):
        for view in unaffected:
            settled(viewers[view], until="data")
            assert drawn(viewers[view]) != [[], [], 0]
        test = settled(viewers["latest" if unaffected else "events"], until="error")
        assert_said_well(test, [one.value for one in test.error], "status 503")


def test_other_tenants_are_unaffected(
    running: tuple[FaultyApi, dict[str, AppTest]], strict: StrictServer, settings: pytest.MonkeyPatch
) -> None:
    api, viewers = running
    with new_store(), FaultyApi(strict) as other, api.failing(faulty_api.hang):
        settled(viewers["live"], until="error")
        with settings.context() as patch:
            patch.setenv("GRIDRT_BASE_URL", other.base_url)
            settled(opened("live"), until="data")


@pytest.mark.parametrize("hours", [-30, 30])
def test_a_jump_of_the_clock_of_the_api(running: tuple[FaultyApi, dict[str, AppTest]], hours: int) -> None:
    api, viewers = running
    test = settled(viewers["events"], until="data")
    api.clock_offset = hours * 3600.0
    try:
        deadline = time.monotonic() + PATIENCE
        while "0 of" not in words(test) and "past 24 hours" not in words(test) and time.monotonic() < deadline:
            time.sleep(0.2)
            test.run()
        assert not test.exception
    finally:
        api.clock_offset = 0.0
    settled(test, until="data")


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("https://no-such-host.invalid/reports", "can't be found|name|resolve|reached"),
        ("http://127.0.0.1:9/reports", "reached|refused"),
    ],
)
def test_an_address_that_leads_nowhere(settings: pytest.MonkeyPatch, base_url: str, said: str) -> None:
    with new_store(), settings.context() as patch:
        patch.setenv("GRIDRT_BASE_URL", base_url)
        test = settled(opened("live"), until="error")
        assert re.search(said, test.error[0].value)


def test_a_certificate_that_nobody_trusts(strict: StrictServer, settings: pytest.MonkeyPatch) -> None:
    with new_store(), FaultyApi(strict, tls=True) as api, settings.context() as patch:
        patch.setenv("GRIDRT_BASE_URL", api.base_url)
        test = settled(opened("live"), until="error")
        assert "certificate" in test.error[0].value
        assert strict.requests[-1:] == [] or "tls" not in strict.requests[-1].path


def test_an_emulator_that_is_killed_is_started_again() -> None:
    with pytest.MonkeyPatch.context() as patch, new_store():
        for name in ("BASE_URL", "TENANT_ID", "ACCESS_TOKEN", "MAX_BYTES", "READ_TIMEOUT", "TOTAL_TIMEOUT"):
            patch.delenv(f"GRIDRT_{name}", raising=False)
        patch.setenv("GRIDRT_REFRESH_SECONDS", "1")
        test = settled(opened("live"), until="data")
        good = drawn(test)
        DEMO.emulator().process.kill()
        DEMO.emulator().process.wait()
        test.run()
        # The same tenant at the same address: what was known stays on the page.
        assert len(drawn(test)[1]) == len(good[1])
        settled(test, until="data")
        assert not test.exception
