"""Nothing of a person is on a page, in an export, in the log or in the snapshots, unless a permitted viewer asks."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analysis.names import Names
from dashboard.data import audit, viewer_state
from dashboard.data.viewer_state import ViewerState
from dashboard.server import lifespan
from dashboard.tables import exports
from dashboard.ui import export_button, page_links
from dashboard.ui.export_button import PersonalDataHiddenError
from gridrt_client.connection import GridConnection
from gridrt_client.queries import EventsQuery
from tests.dashboard.views import MAIN, PAGES, TOKEN, Open, answered, configure
from tests.strict_server.nasty import Records
from tests.strict_server.server import StrictServer

PHONES = ("+46 70 111 22 33", "0046 70-111 22 33", "(08) 555 12 34")
SEEDS = (
    "anna.seed",
    "46701112233",
    "111 22 33",
    "555 12 34",
    "198.51.100.23",
    "2001:db8::5eed",
    "client-seed",
    "Seed Person",
)
"""What must not be found, however it was written; each is in every text field of some record."""


def records_with_people(now: datetime) -> Records:
    """Sessions and events that hold personal data in every text field but those that other records refer to.

    A number in an identifier is one only with a plus sign: others may be codes of products.
    """
    own = {
        "clientId": "client-seed-1",
        "ip": "198.51.100.23",
        "dataResidency": "EU",
        "tenantId": "5f0000000000000000000abc",
    }
    records = Records(now)
    texts = ["Anna.Seed@Example.com", "ring Anna.Seed＠Example.com nu", *PHONES]
    for place, text in enumerate(texts):
        name = text if set("@＠+") & set(text) else f"name-{place}"
        when = now - timedelta(minutes=5 + place)
        stamp = when.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        records.sessions.append({
            **own, "ip": "2001:db8::5eed", "sessionId": f"s{place}", "captureId": f"s {name}", "sessionCreated": stamp,
            "environment": name, "country": "SE", "appId": f"app {name}", "spaceId": f"store-{place}",
            "appVersion": name, "installationVersion": name, "installationId": "i", "deviceId": f"kiosk-{place}",
            "latitude": 59.3, "longitude": 18.0, "locationAccuracy": 5, f"field of {text}": 1,
        })  # fmt: skip
        kinds = ("CONTACT_IDENTIFY", "FEEDBACK", "RATING", "SEARCH", "PURCHASE", "MONITOR_GATE", "OWN", None, name)
        for number, kind in enumerate(kinds):
            strs = {f"str{n}": text for n in range(1, 6)}
            if kind == "CONTACT_IDENTIFY":
                strs["str2"] = "Seed Person"
            records.events.append({
                **own, **strs, "sessionId": f"s{place}", "captureId": f"{place}-{number}", "eventTime": stamp,
                "eventType": kind, "interaction": True, "productId": name, "categoryId": name, "int1": 5,
                f"of {text}": 1,
            })  # fmt: skip
    return records


def clear_of(text: str) -> list[str]:
    """Return the seeds that a text holds."""
    return [seed for seed in SEEDS if seed.lower() in text.lower()]


def drawn(test: AppTest) -> str:
    """Return everything that the server would send: every element with all its data."""
    found = []
    for element in [*test.main, *test.sidebar]:
        found += [repr(block.proto) for block in _elements(element) if block.proto is not None]
    for table in test.dataframe:
        found.append(table.value.to_csv())
    return "\n".join(found)


def _elements(block: Any) -> Iterator[Any]:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from _elements(child)


def waits(test: AppTest) -> set[float | None]:
    """Return after how many seconds the browser asks for the page again."""
    found = re.findall(r'"wait": ?(null|[\d.]+)', drawn(test).replace('\\"', '"'))
    return {None if text == "null" else float(text) for text in found}


@pytest.fixture(scope="module")
def people() -> Iterator[StrictServer]:
    with StrictServer(records_with_people(datetime.now(UTC)), TOKEN) as running:
        yield running


@pytest.fixture
def open_people(people: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    configure(monkeypatch, people, RETRIES="0")

    def start(view: str = "live", **link: str) -> AppTest:
        test = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in link.items():
            test.query_params[name] = value
        test.run()
        if view != "live":
            test.switch_page(str(PAGES / f"{view}.py")).run()
        answered(test)
        assert not test.exception
        return test

    return start


EXPORT = r"local exports events as csv \(\d+ rows\) from the view Events"
VIEWS = {
    **{name: {} for name in page_links.VIEWS},
    "events": {"captureId": "0-0", "panel": "fields", "field": "str2", "find": "seed"},
    "session": {"sessionId": "s1"},
    "analytics": {"panel": "searches"},
}


@pytest.mark.parametrize("view", [*page_links.VIEWS, "session"])
def test_no_view_shows_anything_of_a_person(
    open_people: Open, view: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        test = open_people(view, **VIEWS.get(view, {}))
    text = drawn(test)
    assert len(text) > 1_000
    assert clear_of(text.replace('find="seed"', "")) == []
    viewer: ViewerState = test.session_state[viewer_state.KEY]
    for given in viewer.exports:
        for kind in exports.MIME:
            content = exports.to_file(given.rows, "UTC", kind)
            if kind == "parquet":
                content = pd.read_parquet(io.BytesIO(content)).to_csv().encode()
            assert clear_of(content.decode()) == [], (given.report, kind)
    for note in viewer.quality:
        assert clear_of(note.sentence + note.details) == []
    assert clear_of(caplog.text + "".join(capfd.readouterr())) == []


def test_no_snapshot_and_no_memo_holds_anything_of_a_person(open_people: Open) -> None:
    for view in ("live", "events", "analytics", "latest"):
        viewer: ViewerState = open_people(view).session_state[viewer_state.KEY]
        for query, snapshot in viewer.loader.used.items():
            assert clear_of(snapshot.frame.to_csv() + repr(snapshot.report) + repr(query)) == []
            # The values that views computed; no public face lists them.
            assert clear_of("\n".join(map(_written, vars(snapshot.memo)["_values"].values()))) == []


def _written(value: object, depth: int = 7) -> str:
    if isinstance(value, pd.DataFrame):
        return value.to_csv()
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    elif not isinstance(value, tuple | list | set | frozenset):
        value = [*vars(value).values()] if hasattr(value, "__dict__") and not isinstance(value, type) else repr(value)
    return value if isinstance(value, str) else "\n".join(_written(one, depth - 1) for one in value if depth)


@pytest.fixture
def may_see(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """``may_see(True)``: from now on everybody may see personal data, of one space or all."""

    def permit(may: bool, space: str = "*") -> None:
        file = tmp_path / f"roles-{may}-{len(space)}.toml"
        role = f'[[role]]\neveryone = true\ntenants = ["*"]\nspaces = ["{space}"]\nexport = true\n'
        file.write_text(f"{role}personal_data = {str(may).lower()}\n", encoding="utf-8")
        monkeypatch.setenv("GRIDRT_ROLES", str(file))

    return permit


@pytest.fixture
def audited() -> Iterator[list[str]]:
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    keeper, level = Keeper(), audit.LOG.level
    audit.LOG.addHandler(keeper)
    audit.LOG.setLevel(logging.INFO)
    yield lines
    audit.LOG.removeHandler(keeper)
    audit.LOG.setLevel(level)


def test_the_audit_log_is_on_stderr_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    known, level = audit.LOG.handlers[:], audit.LOG.level
    audit.LOG.handlers.clear()
    lifespan.log_to_stderr()
    audit.unmasked("boss\n@example.com", "Events", datetime(2026, 11, 23, 12, 20, tzinfo=UTC))
    audit.LOG.handlers[:], audit.LOG.propagate = known, True
    audit.LOG.setLevel(level)
    written = capsys.readouterr().err
    (line,) = written.splitlines()
    said = json.loads(line)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", said.pop("time"))
    who = r'"boss\n@example.com"'
    assert said == {
        "event": "unmasking",
        "level": "info",
        "logger": "dashboard.audit",
        "message": f"{who} shows personal data in the view Events, until 2026-11-23T12:20:00+00:00",
        "who": who,
        "view": "Events",
        "until": "2026-11-23T12:20:00+00:00",
    }


def test_who_may_not_see_personal_data_has_no_button(open_people: Open) -> None:
    test = open_people("events")
    assert [button.key for button in test.button if button.key == "show_personal_data"] == []
    viewer: ViewerState = test.session_state[viewer_state.KEY]
    viewer.personal_data_until = datetime.now(UTC) + timedelta(minutes=5)
    assert clear_of(drawn(test.run())) == []


def test_a_permitted_viewer_sees_personal_data_for_a_while(
    open_people: Open, audited: list[str], may_see: Callable[..., None]
) -> None:
    may_see(True)
    test, other = open_people("events"), open_people("events")
    assert clear_of(drawn(test)) == []
    test.button(key="show_personal_data").click().run()
    assert clear_of(drawn(test)) == audited == []
    test.button(key="confirm_personal_data").click().run()
    deadline = time.monotonic() + 30
    while not clear_of(drawn(test)) and time.monotonic() < deadline:
        time.sleep(0.1)
        test.run()
    assert {"anna.seed", "Seed Person", "client-seed"} <= set(clear_of(drawn(test)))
    (line,) = audited
    assert "local shows personal data in the view Events, until 20" in line
    assert clear_of(line) == []
    # For this viewer alone.
    assert clear_of(drawn(other.run())) == []

    viewer: ViewerState = test.session_state[viewer_state.KEY]
    assert any("9 min left" in element.value for element in test.markdown)
    (given,), until = viewer.exports, viewer.personal_data_until
    taken = export_button.content(viewer, given, "csv", Names(), until).decode()
    assert "Seed Person" in clear_of(taken)
    assert re.fullmatch(EXPORT + ", with personal data in the clear", audited[-1])
    assert clear_of("".join(audited)) == []
    # Over by itself: the next drawing, which the auto-refresh asks for, is without.
    viewer.personal_data_until = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(PersonalDataHiddenError, match="hidden again"):
        export_button.content(viewer, given, "csv", Names(), until)
    assert clear_of(drawn(test.run())) == []
    assert [button.key for button in test.button if button.key == "hide_personal_data"] == []


def test_personal_data_is_hidden_on_demand(open_people: Open, audited: list[str], may_see: Callable[..., None]) -> None:
    may_see(True)
    test = open_people("sessions", refresh="off")
    viewer: ViewerState = test.session_state[viewer_state.KEY]
    assert waits(test) == {None}
    viewer.personal_data_until = datetime.now(UTC) + timedelta(minutes=5)
    deadline = time.monotonic() + 30
    while not clear_of(drawn(test.run())) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "client-seed" in clear_of(drawn(test))
    # Paused or not, the browser comes back when the time is over.
    assert {290 < (wait or 0) < 301 for wait in waits(test)} == {True}
    test.button(key="hide_personal_data").click().run()
    assert clear_of(drawn(test)) == []
    assert viewer.personal_data_until is None
    # Who loses the permission loses the sight of it at the next drawing.
    viewer.personal_data_until = datetime.now(UTC) + timedelta(minutes=5)
    may_see(False)
    assert clear_of(drawn(test.run())) == []
    assert audited == []


def test_a_role_of_one_space_shows_personal_data_of_that_space(open_people: Open, may_see: Callable[..., None]) -> None:
    may_see(True, "store-1")
    test = open_people("sessions")
    test.session_state[viewer_state.KEY].personal_data_until = datetime.now(UTC) + timedelta(minutes=5)
    deadline = time.monotonic() + 30
    while not clear_of(drawn(test.run())) and time.monotonic() < deadline:
        time.sleep(0.1)
    viewer: ViewerState = test.session_state[viewer_state.KEY]
    assert "client-seed" in clear_of(drawn(test))
    assert {tuple(answer.frame["sessionId"].unique()) for answer in viewer.loader.used.values()} == {("s1",)}


def test_answers_in_the_clear_have_keys_of_their_own(people: StrictServer, open_people: Open) -> None:
    test = open_people("events")
    connection: GridConnection = test.session_state[viewer_state.KEY].loader.connection
    query = EventsQuery()
    assert connection.key(query) != connection.key(query, clear=True)
    assert TOKEN not in repr(connection.key(query, clear=True))
    assert "client-seed-1" in connection.events(clear=True)["clientId"].tolist()
    assert "client-seed-1" not in connection.events()["clientId"].tolist()
