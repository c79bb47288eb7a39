"""The pages run by Streamlit's `AppTest` on an independent server with unusual records."""

import re
import time
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.views import MAIN, Open, answered, number, words
from tests.strict_server.counts import Counts
from tests.strict_server.server import StrictServer


@pytest.mark.parametrize("view", ["live", "sessions", "events", "latest"])
def test_each_view_is_drawn(open_view: Open, server: StrictServer, view: str) -> None:
    test = open_view(view)
    assert not test.exception
    assert not test.error
    assert server.violations == []


def test_the_overview_tells_what_the_records_say(open_view: Open, server: StrictServer) -> None:
    test = open_view()
    counts = Counts(server.records)
    assert number(test, "Sessions") == f"{counts.sessions:,}"
    assert number(test, "Events") == f"{counts.events:,}"
    assert number(test, "Interactive") == counts.interactive_share
    assert number(test, "Active") == f"{counts.active(datetime.now(UTC)):,}"


@pytest.mark.parametrize("name", ["spaceId", "installationId", "deviceId", "eventType", "interactionType"])
def test_each_filter_narrows_the_numbers_to_what_the_records_say(
    open_view: Open, server: StrictServer, name: str
) -> None:
    value = "interactive" if name == "interactionType" else a_common(server, name)
    test = open_view(**{name: value})
    counts = Counts(server.records, **{name: value})
    assert number(test, "Sessions") == f"{counts.sessions:,}"
    assert number(test, "Events") == f"{counts.events:,}"
    assert server.violations == []


def a_common(server: StrictServer, name: str) -> str:
    rows = server.records.events if name == "eventType" else server.records.sessions
    values = [
        row[name] for row in rows if isinstance(row, dict) and isinstance(row.get(name), str) and row[name].strip()
    ]
    return max(sorted(set(values)), key=values.count)


def test_filters_on_events_are_answered_without_another_call(open_view: Open, server: StrictServer) -> None:
    test = open_view("events")
    before = len(server.requests)
    test.multiselect(key="eventType").set_value(["PURCHASE"]).run()
    assert not test.exception
    assert test.multiselect(key="eventType").value == ["PURCHASE"]
    assert len(server.requests) == before


def test_many_viewers_ask_the_api_once(open_view: Open, server: StrictServer) -> None:
    open_view()
    asked = len(server.requests)
    for _ in range(3):
        open_view()
    assert len(server.requests) == asked


def test_a_click_tries_again_at_once(open_view: Open, server: StrictServer) -> None:
    server.failure = "401"
    test = open_view()
    assert test.error
    server.failure = None
    test.button(key="try_again").click().run()
    # Sooner than by itself, which is after five seconds.
    deadline = time.monotonic() + 4
    while test.error and time.monotonic() < deadline:
        time.sleep(0.1)
        test.run()
    assert not answered(test).error
    assert number(test, "Events") == f"{Counts(server.records).events:,}"


def test_it_recovers_by_itself_once_the_api_answers(open_view: Open, server: StrictServer) -> None:
    server.failure = "401"
    test = open_view()
    assert test.error
    server.failure = None
    deadline = time.monotonic() + 20
    while test.error and time.monotonic() < deadline:
        time.sleep(0.5)
        test.run()
    assert not answered(test).error
    assert number(test, "Events") == f"{Counts(server.records).events:,}"


def test_the_last_good_data_stays_with_its_age(open_view: Open, server: StrictServer) -> None:
    test = open_view(refresh="1")
    good = number(test, "Events")
    server.failure = "503"
    deadline = time.monotonic() + 20
    while not test.warning and time.monotonic() < deadline:
        time.sleep(0.3)
        test.run()
    assert number(test, "Events") == good
    assert "Showing data from" in test.warning[0].value
    assert not test.error


def test_an_api_without_records_says_that_there_is_no_traffic(open_view: Open, server: StrictServer) -> None:
    server.failure = "empty"
    for view, noun in (("live", "sessions or events"), ("sessions", "sessions"), ("events", "events")):
        test = open_view(view)
        assert not test.exception
        assert any(f"No {noun} in the past 24 hours" in info.value for info in test.info)


def test_a_value_that_the_data_does_not_know_is_kept_and_explained(open_view: Open, server: StrictServer) -> None:
    test = open_view("live", spaceId="a silent one")
    assert not test.exception
    assert test.multiselect(key="spaceId").value == ["a silent one"]
    told = words(test).replace("\\", "")
    assert "“a silent one” is not in the data" in told
    assert "match spaceId = a silent one" in told
    answered(test.button(key="clear_filters").click().run())
    assert test.multiselect(key="spaceId").value == []
    assert number(test, "Events") == f"{Counts(server.records).events:,}"


def test_values_of_the_link_that_cannot_be_used_are_named(open_view: Open) -> None:
    test = open_view(tz="Mars/Base", refresh="soon", interactionType="both", **{"from": "tomorrowish"})
    told = " ".join(warning.value for warning in test.warning).replace("\\", "")
    for part in ("tz “Mars/Base”", "refresh “soon”", "interactionType “both”", "from “tomorrowish”"):
        assert part in told


def test_without_distinct_columns_the_api_is_not_asked(open_view: Open, server: StrictServer) -> None:
    test = open_view("latest")
    test.multiselect(key="distinctColumns").set_value([]).run()
    asked = len(server.requests)
    assert "Choose at least one of distinctColumns" in words(test)
    test.button(key="default_columns").click().run()
    assert test.multiselect(key="distinctColumns").value == ["str1", "str2", "deviceId"]
    assert len(server.requests) == asked
    assert server.violations == []


def test_one_of_two_settings_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDRT_TENANT_ID", "64b7c0de5eed0000000000a1")
    test = AppTest.from_file(MAIN, default_timeout=30).run()
    assert not test.exception
    assert "GRIDRT_ACCESS_TOKEN" in test.error[0].value.replace("\\", "")


def test_personal_data_is_in_nothing_that_is_drawn(open_view: Open, server: StrictServer) -> None:
    secret = set()
    for row in (*server.records.sessions, *server.records.events):
        if isinstance(row, dict):
            secret |= {str(row[name]) for name in ("ip", "clientId") if row.get(name)}
            if str(row.get("eventType")).upper().startswith("CONTACT_") and row.get("str2"):
                secret.add(str(row["str2"]))
    for view in ("live", "sessions", "events", "latest"):
        test = open_view(view)
        drawn = "\n".join(frame.value.to_csv() for frame in test.dataframe) + words(test)
        assert [value for value in secret if len(value) > 4 and value in drawn] == []


def test_a_page_of_the_link_that_is_beyond_the_last_shows_the_last_or_the_first(open_view: Open) -> None:
    test = open_view("events", page="9999")
    assert not test.exception
    told = [caption.value for caption in test.caption if "newest first" in caption.value]
    assert len(told) == 1
    first, last, total = (int(part.replace(",", "")) for part in re.findall(r"[\d,]+", told[0])[:3])
    assert 1 <= first <= last <= total


def test_what_another_scope_left_out_is_not_told(open_view: Open, server: StrictServer) -> None:
    everywhere = [note.value for note in open_view().markdown if note.value.startswith("Sessions")]
    assert everywhere
    space = a_common(server, "spaceId")
    here = [note.value for note in open_view(spaceId=space).markdown if note.value.startswith("Sessions")]
    assert here != everywhere


def test_a_refusal_does_not_say_that_a_value_is_unknown(open_view: Open, server: StrictServer) -> None:
    server.failure = "403"
    test = open_view("events", spaceId="somewhere")
    assert test.error
    assert "not in the data" not in words(test)


def test_revenue_without_a_currency_is_a_number_too(open_view: Open, server: StrictServer) -> None:
    shown = next(
        frame.value for frame in open_view().dataframe if list(frame.value.columns)[:2] == ["currency", "revenue"]
    )
    amounts = dict(zip(shown["currency"], shown["revenue"], strict=True))
    assert "none given" in amounts
    assert "<b>EUR</b>" in amounts
    assert all(re.fullmatch(r"-?[\d,]+(\.\d+)?", amount) for amount in amounts.values())
