"""The views as Streamlit runs them, on an independent server that holds nasty records."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import formatting
from tests.strict_server.counts import Counts
from tests.strict_server.nasty import nasty
from tests.strict_server.server import StrictServer

MAIN = str(Path(__file__).parents[2] / "dashboard" / "main.py")
PAGES = Path(__file__).parents[2] / "pages"
TOKEN = "a-token-that-is-found-nowhere"

Open = Callable[..., AppTest]


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer(nasty(datetime.now(UTC)), TOKEN) as running:
        yield running


@pytest.fixture
def open_view(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("GRIDRT_BASE_URL", server.base_url)
    monkeypatch.setenv("GRIDRT_TENANT_ID", server.tenant_id)
    monkeypatch.setenv("GRIDRT_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("GRIDRT_RETRIES", "0")

    def start(view: str = "live", **link: str | list[str]) -> AppTest:
        test = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in link.items():
            test.query_params[name] = value
        if view != "live":
            test.run()
            test.switch_page(str(PAGES / f"{view}.py"))
        test.run()
        deadline = time.monotonic() + 30
        # On a busy machine the first answers may come after what a run waits for them.
        while test.get("progress") and time.monotonic() < deadline:
            time.sleep(0.1)
            test.run()
        return test

    return start


def number(test: AppTest, label: str) -> str:
    return next(metric.value for metric in test.metric if metric.label.startswith(label))


def words(test: AppTest) -> str:
    found = [*test.caption, *test.info, *test.warning, *test.error, *test.markdown, *test.title, *test.subheader]
    return "\n".join(element.value for element in found)


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
    test.selectbox(key="eventType").set_value("PURCHASE").run()
    assert not test.exception
    assert test.selectbox(key="eventType").value == "PURCHASE"
    assert len(server.requests) == before


def test_many_viewers_ask_the_api_once(open_view: Open, server: StrictServer) -> None:
    open_view()
    asked = len(server.requests)
    for _ in range(3):
        open_view()
    assert len(server.requests) == asked


@pytest.mark.parametrize("view", ["live", "sessions", "events", "latest"])
@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ("400", "refused the query"),
        ("401", "access token"),
        ("403", "not allowed|may not|not for"),
        ("404", "tenant"),
        ("500", "500|not available|failed"),
        ("html", "sign-in|web page|HTML"),
        ("object", "array"),
        ("nothing", "nothing|empty"),
        ("truncated", "breaks off"),
    ],
)
def test_each_failure_has_its_sentence(
    open_view: Open, server: StrictServer, view: str, failure: str, sentence: str
) -> None:
    server.failure = failure
    test = open_view(view)
    assert not test.exception
    assert len(test.error) == 1
    said = test.error[0].value.replace("\\", "")
    assert re.search(sentence, said, re.IGNORECASE), said
    assert TOKEN not in words(test)
    assert test.button(key="try_again")


def test_a_click_tries_again_at_once(open_view: Open, server: StrictServer) -> None:
    server.failure = "401"
    test = open_view()
    assert test.error
    server.failure = None
    test.button(key="try_again").click().run()
    assert not test.error
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
    assert not test.error
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
    assert test.selectbox(key="spaceId").value == "a silent one"
    told = words(test).replace("\\", "")
    assert "“a silent one” is not in the data" in told
    assert "match spaceId = a silent one" in told
    test.button(key="clear_filters").click().run()
    assert test.selectbox(key="spaceId").value is None
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
    everywhere = [caption.value for caption in open_view().caption if caption.value.startswith("Sessions")]
    assert everywhere
    space = a_common(server, "spaceId")
    here = [caption.value for caption in open_view(spaceId=space).caption if caption.value.startswith("Sessions")]
    assert here != everywhere


def test_a_refusal_does_not_say_that_a_value_is_unknown(open_view: Open, server: StrictServer) -> None:
    server.failure = "403"
    test = open_view("events", spaceId="somewhere")
    assert test.error
    assert "not in the data" not in words(test)


def test_revenue_without_a_currency_is_a_number_too(open_view: Open, server: StrictServer) -> None:
    shown = next(frame.value for frame in open_view().dataframe if list(frame.value.columns) == ["currency", "revenue"])
    amounts = dict(zip(shown["currency"], shown["revenue"], strict=True))
    assert "none given" in amounts
    assert "<b>EUR</b>" in amounts
    assert all(re.fullmatch(r"-?[\d,]+(\.\d+)?", amount) for amount in amounts.values())


def sold(server: StrictServer, *purchases: dict[str, object]) -> None:
    """Nothing happened but one visit and these purchases."""
    now = datetime.now(UTC).isoformat()
    visit = {"sessionId": "visit", "eventTime": now, "interaction": True}
    server.records.sessions[:] = [{"sessionId": "visit", "captureId": "s", "sessionCreated": now}]
    server.records.events[:] = [
        {**visit, "captureId": "search", "eventType": "SEARCH"},
        *({**visit, "captureId": f"p{n}", "eventType": "PURCHASE", **more} for n, more in enumerate(purchases)),
    ]


def sales(test: AppTest) -> str:
    return next(text for text in (one.value for one in test.caption) if "urchase" in text).replace("\\", "")


@pytest.mark.parametrize(
    ("purchases", "told"),
    [
        ([], "No purchases in the past 24 hours."),
        ([{"int1": "much"}, {}], "2 purchases, none with a readable amount. Conversion 100%: 1 of 1 visit."),
        (
            [{"int1": 5, "interaction": False}],
            "No purchases in the past 24 hours. 1 PURCHASE event not done by a person: not counted.",
        ),
        (
            [{"int1": 5}, {"int1": "much"}],
            "2 purchases, 1 without a readable amount. Conversion 100%: 1 of 1 visit.",
        ),
    ],
)
def test_no_unreadable_and_unattended_purchases_are_three_things(
    open_view: Open, server: StrictServer, purchases: list[dict[str, object]], told: str
) -> None:
    sold(server, *purchases)
    assert sales(open_view()) == told


@pytest.mark.parametrize(
    "choice", [{"eventType": "SEARCH"}, {"eventType": "PURCHASE"}, {"interactionType": "interactive"}]
)
def test_filters_on_events_take_no_purchases_away(
    open_view: Open, server: StrictServer, choice: dict[str, str]
) -> None:
    other = {"sessionId": "other", "eventTime": datetime.now(UTC).isoformat(), "interaction": True}
    sold(server, {"int1": 5, "str2": "EUR"})
    server.records.events.append({**other, "captureId": "o", "eventType": "SEARCH"})
    told = "1 purchase. Conversion 50%: 1 of 2 visits."
    assert sales(open_view()) == told
    assert sales(open_view(**choice)) == f"{told} Whatever the filters on events."


def test_events_that_do_not_say_who_did_it_are_no_share_of_zero(open_view: Open, server: StrictServer) -> None:
    sold(server, {"interaction": None, "int1": 1})
    assert number(open_view(eventType="PURCHASE"), "Interactive") == "—"
    assert number(open_view(), "Interactive") == "100%"
    share = next(one for one in open_view(eventType="PURCHASE").metric if one.label.startswith("Interactive"))
    assert all(value != value for value in share.proto.chart_data)


def test_a_value_of_the_data_is_shown_and_not_obeyed(open_view: Open, server: StrictServer) -> None:
    odd = "\u202eEROTS\u2066 \u200b"
    now = datetime.now(UTC).isoformat()
    place = {"spaceId": odd, "latitude": 1, "longitude": 1, "country": odd, "deviceId": odd}
    server.records.sessions[:] = [{"sessionId": "s", "captureId": odd, "sessionCreated": now, **place}]
    monitor = {"eventType": "MONITOR_X", "str1": odd, "int1": 1}
    server.records.events[:] = [
        {"sessionId": "s", "captureId": f"{odd}{n}", "eventTime": now, "interaction": True, **more}
        for n, more in enumerate(({"eventType": odd, "str1": odd, "productId": odd}, monitor))
    ]
    for view in ("live", "sessions", "events", "latest"):
        told = formatting.shown(odd)
        for link in ({}, {"spaceId": told}, {"eventType": told}, {"colour": "country", "breakdown": "spaceId"}):
            test = open_view(view, **link)
            assert not test.exception
            drawn = [repr(element.proto) for element in test.main] + [repr(element.proto) for element in test.sidebar]
            drawn += [frame.value.to_csv() for frame in test.dataframe] + [words(test)]
            drawn += [str(box.options) for box in test.selectbox]
            drawn += [one.proto.spec for one in test.get("plotly_chart")] + [
                one.proto.json for one in test.get("deck_gl_json_chart")
            ]
            for text in drawn:
                assert not re.search("[\u202e\u2066\u200b]", text), (view, link)
