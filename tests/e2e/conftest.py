"""Fixtures of the browser tests: one browser, the servers, and dashboards started on them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.e2e import browser as browsers
from tests.e2e import programs
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import StrictServer, nasty

HERE = Path(__file__).parent
PICTURES = programs.ROOT / "test-results"
# Easy to find wherever it should not be.
TOKEN = "tok-7f3d9a-must-never-be-shown-5c1e"
EMULATED_TENANT = "5f3c0ffee0ddba11decade42"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Nothing is found but this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    # The map draws with WebGL, here in software.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]

PHONE: ViewportSize = {"width": 390, "height": 844}

Visit = Callable[..., Viewer]
# Who has a dashboard open at the moment.
_present: list[Viewer] = []
# Who has none, by whether it is a phone. A browser needs seconds to compile the scripts for somebody new.
_idle: dict[bool, list[Viewer]] = {True: [], False: []}
# What a browser process holds grows with each page that it has shown.
MOST_VISITS = 20

StartDashboard = Callable[..., AbstractContextManager[Program]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Save a screenshot in test-results/ when a test fails."""
    report = yield
    if report.when == "call" and report.failed:
        for number, viewer in enumerate(_present):
            name = re.sub(r"[^A-Za-z0-9]+", "-", item.name).strip("-")
            viewer.failed = True
            viewer.page.screenshot(path=PICTURES / f"{name}-{number}.png")
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = browsers.find()
    if path is None:
        pytest.fail(browsers.HELP)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def start_dashboard(tmp_path_factory: pytest.TempPathFactory) -> StartDashboard:
    """Start a dashboard on a base URL and tenant, or with nothing configured; its log must contain no secret.

    ``may_fail``: the log may hold tracebacks. Quick to give up on a server that fails, so that tests of failures are
    quick too.
    """
    numbers = itertools.count()
    ended: list[int] = []

    @contextmanager
    def start(
        base_url: str | None = None, tenant_id: str | None = None, *, may_fail: bool = False, **environment: str
    ) -> Iterator[Program]:
        log = tmp_path_factory.mktemp(f"dashboard-{next(numbers)}") / "log.txt"
        configured = {"GRIDRT_BASE_URL": base_url, "GRIDRT_TENANT_ID": tenant_id}
        chosen = {name: value for name, value in configured.items() if value is not None}
        if chosen:
            chosen |= {"GRIDRT_ACCESS_TOKEN": TOKEN, "GRIDRT_RETRIES": "0", "GRIDRT_READ_TIMEOUT": "2"}
        # The scripts of an address are compiled once.
        port = ended.pop() if ended else None
        with programs.dashboard(log, {**chosen, **environment}, port=port) as program:
            yield program
            for viewer in [viewer for viewer in _present if viewer.origin == program.url]:
                assert_nothing_wrong(viewer)
                viewer.leave()
        ended.append(program.port)
        assert TOKEN not in program.log
        # Streamlit logs what a provider of identities did wrong with a traceback.
        assert may_fail or "Traceback" not in program.log, program.log

    return start


@pytest.fixture(scope="session")
def start_strict() -> Callable[..., StrictServer]:
    """Start a strict server with unusual records as of now."""

    def start(**how_many: Any) -> StrictServer:
        return StrictServer(nasty(datetime.now(UTC), **how_many), TOKEN)

    return start


@pytest.fixture(scope="module")
def strict(start_strict: Callable[..., StrictServer]) -> Iterator[StrictServer]:
    """The strict server of a module; all requests to it must conform to the API."""
    with start_strict() as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="module")
def on_strict(strict: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    """A dashboard on the module's strict server."""
    with start_dashboard(strict.base_url, strict.tenant_id, GRIDRT_REFRESH_SECONDS="600") as program:
        yield program


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The emulator with a small chain of stores, for all modules."""
    log = tmp_path_factory.mktemp("emulator") / "log.txt"
    arguments = ["--seed", "7", "--events-per-day", "6000", "--tenant", EMULATED_TENANT, "--token", TOKEN]
    with programs.emulator(log, *arguments) as program:
        yield program


@pytest.fixture(scope="session")
def on_emulator(emulator: Program, start_dashboard: StartDashboard) -> Iterator[Program]:
    """A dashboard on the emulator, for all modules."""
    base_url = f"{emulator.url}/regions/eu/reports"
    with start_dashboard(base_url, EMULATED_TENANT, GRIDRT_REFRESH_SECONDS="600") as program:
        yield program


@contextmanager
def visits(browser: Browser) -> Iterator[Visit]:
    with ExitStack() as stack:
        viewers: list[Viewer] = []

        def enter(
            program: Program,
            path: str = "/",
            *,
            dark: bool = False,
            width: int = 1400,
            phone: bool = False,
            before: str | None = None,
        ) -> Viewer:
            """Open a path, on a phone with touch instead of a mouse; ``before`` is a script that runs first."""
            viewer = stack.enter_context(_viewer(browser, program.url, phone, before))
            viewers.append(viewer)
            viewer.page.emulate_media(color_scheme="dark" if dark else "light")
            viewer.page.set_viewport_size(PHONE if phone else {"width": width, "height": 900})
            return viewer.open(path)

        yield enter
        for viewer in viewers:
            assert_nothing_wrong(viewer)


@contextmanager
def _viewer(browser: Browser, origin: str, phone: bool, before: str | None) -> Iterator[Viewer]:
    """A viewer who is idle, or a new one; idle afterwards unless something failed."""
    if before is None and _idle[phone]:
        viewer = _idle[phone].pop()
        viewer.begin(origin)
    else:
        context = browser.new_context(
            viewport=PHONE if phone else None,
            has_touch=phone,
            is_mobile=phone,
            locale="en-US",
            timezone_id="Europe/Stockholm",
            reduced_motion="reduce",
        )
        if before is not None:
            context.add_init_script(before)
        viewer = Viewer(context, origin)
    _present.append(viewer)
    try:
        yield viewer
    except BaseException:
        viewer.failed = True
        raise
    finally:
        _present.remove(viewer)
        if viewer.failed or before is not None or viewer.visits >= MOST_VISITS:
            viewer.context.close()
        else:
            viewer.forget()
            _idle[phone].append(viewer)


def assert_nothing_wrong(viewer: Viewer) -> None:
    """Assert that the browser reported no error and never got the token."""
    assert viewer.complaints == []
    assert TOKEN not in viewer.page.content()
    assert not [url for url in viewer.urls if TOKEN in url]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open a dashboard as somebody new, without cookies or anything else that is stored."""
    with visits(browser) as enter:
        yield enter


@pytest.fixture(scope="module")
def _reader_on_strict(browser: Browser, on_strict: Program) -> Iterator[Viewer]:
    with visits(browser) as enter:
        yield enter(on_strict)


@pytest.fixture
def reader(_reader_on_strict: Viewer) -> Iterator[Viewer]:
    """A viewer who has the strict server's dashboard open already: quicker than a new visit."""
    yield _reader_on_strict
    assert_nothing_wrong(_reader_on_strict)
