"""Turning the pages of tables while records are added, added late and removed, with answers in changing order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.dashboard.ui.walker import Walker
from tests.dashboard.views import configure
from tests.strict_server import Records, StrictServer

TOKEN = "a-token"
BEGAN = datetime.now(UTC)
GATE = {"eventType": "MONITOR_GATE", "interaction": False}


def event(name: str, minutes: float, **more: Any) -> dict[str, Any]:
    """Return an event this many minutes before the tests began, in whole seconds: many have the same time."""
    made = (BEGAN - timedelta(minutes=minutes)).isoformat(timespec="seconds")
    return {"captureId": name, "eventTime": made, "eventType": "SEARCH", "sessionId": "s", **more}


def now() -> str:
    return datetime.now(UTC).isoformat()


def session(name: str, minutes: float, **more: Any) -> dict[str, Any]:
    made = (BEGAN - timedelta(minutes=minutes)).isoformat(timespec="seconds")
    return {"sessionId": name, "captureId": f"c-{name}", "sessionCreated": made, **more}


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer(Records(datetime.now(UTC)), TOKEN) as running:
        running.shuffled = True
        yield running


Walk = Callable[..., Walker]


@pytest.fixture
def walk(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Walk:
    configure(monkeypatch, server, RETRIES="0")

    def start(view: str, **link: str) -> Walker:
        return Walker(server, view, **link)

    return start


TIMES = {"one time": lambda number: 5.0, "few times": lambda number: 5 + number // 40}


@pytest.mark.parametrize("minutes", TIMES.values(), ids=TIMES)
def test_every_event_that_stays_is_seen_once(walk: Walk, server: StrictServer, minutes: Callable[[int], float]) -> None:
    stay = [event(f"stay-{number * 7919 % 1000:03}", minutes(number)) for number in range(330)]
    server.records.events = [*stay, *(event(f"go-{number}", minutes(number)) for number in range(60))]
    walker = walk("events")
    seen: list[str] = []
    for page in range(1, 9):
        if page > 1:
            walker.turn(page, "page")
            walker.refresh()
        shown = walker.rows("captureId")
        seen += shown
        first, last, total = map(int, re.findall(r"\d+", walker.caption())[:3])
        assert last - first + 1 == len(shown)
        if last == total:
            break
        # New ones on top, late ones everywhere, and some that go, wherever they are.
        arrived = [event(f"new-{page}-{n}", 0, eventTime=now()) for n in range(3)]
        late = [event(f"late-{page}-{n}", minutes(n * 30)) for n in range(9)]
        kept = [row for row in server.records.events if not row["captureId"].startswith(f"go-{page}")]
        server.records.events = [*kept, *arrived, *late]
        if page > 1:
            walker.refresh()
            # What was shown stays, without what is gone.
            assert walker.rows("captureId") == [name for name in shown if not name.startswith(f"go-{page}")]
    counted = Counter(seen)
    assert {row["captureId"]: counted[row["captureId"]] for row in stay} == {row["captureId"]: 1 for row in stay}
    assert max(counted.values()) == 1


def test_sorted_events_stay_while_they_are_read(walk: Walk, server: StrictServer) -> None:
    stay = [event(f"stay-{number:03}", 5 + number % 40, int1=number * 7919 % 1000) for number in range(290)]
    server.records.events = [*stay, *(event(f"go-{number}", 5, int1=number * 17 % 1000) for number in range(60))]
    walker = walk("events", sort="int1")
    seen = walker.rows("captureId")
    assert walker.rows("int1") == sorted(walker.rows("int1"), key=int)
    for page in (2, 3, 4):
        walker.turn(page, "sorted_page")
        shown = walker.rows("captureId")
        gone = tuple(f"go-{number}" for number in range(page, 60, 5))
        arrived = [event(f"new-{page}-{n}", 0, int1=n * 300, eventTime=now()) for n in range(4)]
        late = [event(f"late-{page}-{n}", 4, int1=n * 90) for n in range(9)]
        kept = [row for row in server.records.events if row["captureId"] not in gone]
        server.records.events = [*kept, *arrived, *late]
        walker.refresh()
        assert walker.rows("captureId") == [name for name in shown if name not in gone]
        seen += shown
        assert any(re.fullmatch(r"Show \d+ newer events", button.label) for button in walker.test.button)
        assert "int1, smallest first" in walker.caption()
    counted = Counter(name for name in seen if name.startswith("stay"))
    assert counted == {row["captureId"]: 1 for row in stay}
    assert not [name for name in seen if name.startswith("new")]
    next(button for button in walker.test.button if button.label.startswith("Show ")).click().run()
    assert walker.rows("captureId")[0] in {"new-2-0", "new-3-0", "new-4-0", "late-2-0", "late-3-0", "late-4-0", "go-0"}


def test_every_session_that_stays_is_seen_once(walk: Walk, server: StrictServer) -> None:
    stay = [session(f"stay-{number * 7919 % 1000:03}", 5 + number // 40) for number in range(230)]
    server.records.sessions = [*stay, *(session(f"go-{number}", 5 + number // 10) for number in range(60))]
    walker = walk("sessions")
    seen = walker.rows("sessionId")
    for page in (2, 3):
        kept = [row for row in server.records.sessions if not row["sessionId"].startswith(f"go-{page}")]
        late = [session(f"late-{page}-{n}", 5 + n) for n in range(9)]
        server.records.sessions = [*kept, session(f"new-{page}", 0, sessionCreated=now()), *late]
        walker.turn(page, "session_page")
        walker.refresh()
        seen += walker.rows("sessionId")
    assert {name: n for name, n in Counter(seen).items() if name.startswith("stay")} == {
        row["sessionId"]: 1 for row in stay
    }


def test_walking_back_shows_the_pages_as_they_were(walk: Walk, server: StrictServer) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(350)]
    walker = walk("events")
    pages = {}
    for page in (2, 3, 4):
        walker.turn(page, "page")
        pages[page] = walker.rows("captureId")
    server.records.events = [row for row in server.records.events if not row["captureId"].endswith("7")]
    server.records.events += [event("a-late", 5), event("e150-late", 5)]
    walker.refresh()
    for page in (3, 2):
        walker.turn(page, "page")
        expected = [name for name in pages[page] if not name.endswith("7")]
        assert [name for name in walker.rows("captureId") if "late" not in name] == expected
    assert "e150-late" in walker.rows("captureId")
    assert walker.caption().startswith("92 to ")


def test_a_link_to_a_page_begins_where_its_number_says(walk: Walk, server: StrictServer) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(350)]
    walker = walk("events", page="3")
    assert walker.rows("captureId") == [f"e{number}" for number in range(200, 300)]
    assert walker.caption().startswith("201 to 300 of 350 events")
    server.records.events += [event(f"a-late-{number}", 5) for number in range(8)]
    walker.refresh()
    assert walker.rows("captureId") == [f"e{number}" for number in range(200, 300)]
    assert walker.caption().startswith("209 to 308 of 358 events")
    walker.turn(2, "page")
    rows = walker.rows("captureId")
    walker.turn(1, "page")
    assert sorted([*rows, *walker.rows("captureId")]) == sorted(
        [*(f"a-late-{number}" for number in range(8)), *(f"e{number:03}" for number in range(200))]
    )


def test_a_last_page_that_is_gone_becomes_the_last_there_is(walk: Walk, server: StrictServer) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(250)]
    walker = walk("events", page="3")
    server.records.events = server.records.events[:180]
    walker.refresh()
    assert walker.caption().startswith("101 to 180 of 180 events")
    assert walker.rows("captureId") == [f"e{number}" for number in range(100, 180)]


def test_a_page_beyond_the_last_is_the_last(walk: Walk, server: StrictServer) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(250)]
    assert walk("events", page="99").caption().startswith("201 to 250 of 250 events")


def test_another_filter_begins_its_pages_anew(walk: Walk, server: StrictServer) -> None:
    server.records.events = [event(f"e{number:03}", 5, interaction=number % 2 == 0) for number in range(500)]
    walker = walk("events")
    walker.turn(2, "page")
    walker.test.button_group(key="interactionType").set_value("interactive").run()
    assert walker.rows("captureId") == [f"e{number:03}" for number in range(0, 200, 2)]


def test_records_that_are_alike_are_all_seen(walk: Walk, server: StrictServer) -> None:
    """Without captureId and at one time every row is equal to a hundred others."""
    server.records.events = [event("", 5, captureId=None, int1=number % 3) for number in range(300)]
    walker = walk("events")
    seen = walker.rows("int1")
    for page in (2, 3):
        walker.turn(page, "page")
        walker.refresh()
        seen += walker.rows("int1")
    assert Counter(seen) == {"0": 100, "1": 100, "2": 100}


def test_a_flood_of_late_events_makes_no_endless_page(walk: Walk, server: StrictServer) -> None:
    server.records.events = [event(f"e{number:03}", 5) for number in range(250)]
    walker = walk("events")
    walker.turn(2, "page")
    walker.turn(3, "page")
    server.records.events += [event(f"e150-{number:04}", 5) for number in range(2000)]
    walker.refresh()
    assert walker.rows("captureId") == [f"e{number}" for number in range(200, 250)]
    walker.turn(2, "page")
    assert len(walker.rows("captureId")) == 100
    assert walker.rows("captureId")[0] == "e100"
    walker.turn(3, "page")
    assert walker.caption().startswith("201 to 300 of 2,250 events")


def thing(number: int, minutes: float, status: int = 1, **more: Any) -> dict[str, Any]:
    name = f"{number:03}"
    return event(f"r-{name}-{minutes}", minutes, **GATE, str1="gate", str2=name, int1=status, **more)


def test_the_latest_table_has_a_total_order(walk: Walk, server: StrictServer) -> None:
    server.records.events = [thing(number, 5) for number in range(150)]
    walker = walk("latest")
    assert walker.rows("str2") == [f"{number:03}" for number in range(100)]
    walker.turn(2, "latest_page")
    assert walker.rows("str2") == [f"{number:03}" for number in range(100, 150)]


def test_the_latest_table_keeps_its_order_while_it_is_read(walk: Walk, server: StrictServer) -> None:
    server.records.events = [thing(number, 5 + number / 60) for number in range(250)]
    walker = walk("latest")
    pages = [walker.rows("str2")]
    assert pages[0][0] == "249"
    walker.turn(2, "latest_page")
    # Heartbeats turn the order round, some go offline, two things vanish and two come.
    server.records.events = [
        thing(number, 3 - number / 100, status=number % 5 == 0) for number in range(250) if number not in (200, 100)
    ]
    server.records.events += [thing(990, 1), thing(991, 9)]
    walker.refresh()
    assert walker.rows("str2") == [f"{number:03}" for number in range(149, 49, -1) if number != 100]
    assert walker.caption().startswith("100 to 198 of 250 rows")
    assert "most urgent first" not in walker.caption()
    walker.turn(3, "latest_page")
    assert walker.rows("str2") == [*(f"{number:03}" for number in range(49, -1, -1)), "991", "990"]
    walker.test.button(key="newer_latest_table").click().run()
    assert "most urgent first" in walker.caption()
    assert walker.caption().startswith("1 to 100 of 250 rows")


def test_an_open_row_keeps_the_order_of_the_latest_table(walk: Walk, server: StrictServer) -> None:
    server.records.events = [thing(number, 5 + number / 60) for number in range(20)]
    walker = walk("latest", thing="gate · 004 · ")
    before = walker.rows("str2")
    server.records.events = [thing(number, 3 - number / 60) for number in range(20)]
    walker.refresh()
    assert walker.rows("str2") == before


def test_other_latest_events_keep_their_order_too(walk: Walk, server: StrictServer) -> None:
    """Events that aren't monitoring have a new captureId each time, and their values may be masked."""

    def contact(number: int, minutes: float) -> dict[str, Any]:
        told = {"eventType": "CONTACT_IDENTIFY", "str1": "email", "str2": f"{number}@example.com", "int1": number}
        return event(f"c-{number}-{minutes}", minutes, **told)

    server.records.events = [contact(number, 5 + number / 60) for number in range(120)]
    walker = walk("latest")
    walker.turn(2, "latest_page")
    before = walker.rows("int1")
    server.records.events = [contact(number, 4 - number / 60) for number in range(120)]
    walker.refresh()
    assert walker.rows("int1") == before == [str(number) for number in range(100, 120)]


def test_values_that_look_alike_when_joined_are_two_things(walk: Walk, server: StrictServer) -> None:
    one, other = {"str1": "a · b", "str2": "c", "str4": "one"}, {"str1": "a", "str2": "b · c", "str4": "other"}
    server.records.events = [event("1", 5, **GATE, int1=1, **one), event("2", 4, **GATE, int1=1, **other)]
    walker = walk("latest", thing="a · b \\· c · ")
    (fields,) = (one.value for one in walker.test.dataframe if "meaning" in one.value.columns)
    assert fields.set_index("field").loc["str4", "value"] == "other"
    assert set(fields["field"]).isdisjoint({"colour", "icon", "silence", "combination", "last_seen"})


def test_a_table_of_times_that_are_missing_says_so(walk: Walk, server: StrictServer) -> None:
    server.records.events = [
        thing(1, -30),
        # Now: reported at the begin of the tests, it may be silent by this time.
        thing(2, 5, eventTime=now()),
        thing(3, 50),
        thing(3, 60, status=0),
        thing(4, 5, eventTime=None),
    ]
    walker = walk("latest")
    (shown,) = (one.value for one in walker.test.dataframe if "24 hours" in one.value.columns)
    told = shown.set_index("str2")[["since", "changed", "last heard", "clock"]]
    said = told["since"].fillna("-").str.replace(r"^(before )?(\w{3} )?\d\d:\d\d$", r"\g<1>00:00", regex=True)
    assert said.to_dict() == {"001": "-", "002": "before 00:00", "003": "00:00", "004": "-"}
    assert told["changed"].notna().to_dict() == {"001": False, "002": False, "003": True, "004": False}
    assert told["clock"].fillna("-").to_dict() == {
        "001": "clock ahead", "002": "-", "003": "-", "004": "no readable time"
    }  # fmt: skip
    assert pd.isna(told.loc[["001", "004"], ["since", "changed", "last heard"]]).all(axis=None)
    assert "silence" not in shown.columns
