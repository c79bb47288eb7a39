"""The histogram's bins and counts against plain Python, and what the figures hold."""

import html
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.database import Database
from dashboard.analysis.histogram import LADDER, HistogramCounts, bin_edges, bin_size, histogram_counts
from dashboard.figures.axes import as_text
from dashboard.figures.category_bars import category_bars
from dashboard.figures.event_histogram import Mode, event_histogram
from dashboard.figures.minute_bars import minute_bars
from dashboard.figures.theme import OTHER_COLOUR, category_colours, event_colour
from gridrt_client.safe_text import shown

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock of any zone
ZONES = [
    "UTC",
    "Europe/Stockholm",
    "America/New_York",
    "Asia/Kolkata",  # half an hour
    "Asia/Kathmandu",  # three quarters
    "Pacific/Chatham",
    "Australia/Lord_Howe",  # moves by half an hour
    "America/Havana",  # moves at midnight
]
MOMENTS = [
    datetime(2026, 11, 23, 12, 20, 7, tzinfo=UTC),
    datetime(2026, 10, 25, 9, 0, tzinfo=UTC),  # Stockholm puts the clock back
    datetime(2026, 3, 29, 14, 13, tzinfo=UTC),  # and forward
    datetime(2026, 3, 8, 20, 1, tzinfo=UTC),  # New York and Havana forward
    datetime(2026, 11, 1, 20, 1, tzinfo=UTC),  # and back
    datetime(2026, 4, 4, 22, 45, tzinfo=UTC),  # Lord Howe and Chatham back
]
START, END = pd.Timestamp("2026-11-22T12:20:10Z"), pd.Timestamp("2026-11-23T12:20:10Z")
NASTY = ["<b>bold</b>", '<a href="javascript:alert(1)">x</a>', "%{y}", "a<br>b", "&lt;i&gt;", "$x^2$", "", "Other"]


def counts_of(events: pd.DataFrame, *window: Any, **options: Any) -> HistogramCounts:
    return histogram_counts(Database(events=events), *window, **options)


def events_at(times: list[datetime | None], types: list[str | None], column: str = "eventType") -> pd.DataFrame:
    moments = pd.DatetimeIndex(pd.to_datetime(times, utc=True)).as_unit("us")
    return pd.DataFrame({"eventTime": moments, column: pd.Series(types, dtype="str")})


def many(types: list[str], start: pd.Timestamp = START, end: pd.Timestamp = END) -> pd.DataFrame:
    """Twelve events of each type, spread over the window."""
    moments = [start + (end - start) * part / 13 for part in range(1, 13)]
    return events_at([moment.to_pydatetime() for _ in types for moment in moments], [t for t in types for _ in moments])


def histogram(events: pd.DataFrame, tz: str = "Europe/Stockholm", by: str = "eventType", **options: Any) -> go.Figure:
    counts = counts_of(events, START, END, tz, by=by)
    return event_histogram(counts, bin_size(START, END), START, END, tz, False, **options)


def wall_bin(moment: datetime, size: timedelta, tz: str) -> tuple[Any, ...]:
    """Which bin a moment belongs to, by the wall clock; up to an hour the two halves of a repeated hour differ."""
    local = moment.astimezone(ZoneInfo(tz))
    number = (local.replace(tzinfo=None) - EPOCH) // size
    return (number, local.utcoffset()) if size <= timedelta(hours=1) else (number,)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(MOMENTS),
    st.sampled_from(
        [timedelta(minutes=41), timedelta(hours=5), timedelta(hours=24), timedelta(days=3), timedelta(days=9)]
    ),
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(-0.1, 1.1), st.sampled_from([0.0, 1.0])),
            st.one_of(st.none(), st.sampled_from([*"abcdefghijk", "Other", "(missing)", ""])),
        ),
        max_size=60,
    ),
)
def test_counts_equal_a_plain_count(
    tz: str, end: datetime, length: timedelta, drawn: list[tuple[float | None, str | None]]
) -> None:
    start = end - length
    times = [
        None if part is None else start + timedelta(seconds=round(length.total_seconds() * part)) for part, _ in drawn
    ]
    types = [value for _, value in drawn]
    counted = counts_of(events_at(times, types), pd.Timestamp(start), pd.Timestamp(end), tz)
    counts = counted.counts
    size = bin_size(pd.Timestamp(start), pd.Timestamp(end)).to_pytimedelta()

    inside = [(time, value) for time, value in zip(times, types, strict=True) if time and start <= time <= end]
    totals = Counter(value for _, value in inside)
    missing, other = counted.missing, counted.other
    shown = [None if name == missing else name for name in counts.columns if name != other]
    assert len(shown) == min(len(totals), 8)
    assert (other is not None) == (len(totals) > 8)
    assert min((totals[value] for value in shown), default=0) >= max(
        (number for value, number in totals.items() if value not in shown), default=0
    )

    bins = [wall_bin(moment.to_pydatetime(), size, tz) for moment in counts.index]
    assert len(set(bins)) == len(bins)
    # An event at the very end belongs to the last bin, also when a new one would begin there.
    places = [bins[-1] if time == end else wall_bin(time, size, tz) for time, _ in inside]
    expected = Counter(
        (place, value if value in shown else other) for place, (_, value) in zip(places, inside, strict=True)
    )
    found = {
        (place, None if name == missing else name): int(counts.iloc[row, column])
        for row, place in enumerate(bins)
        for column, name in enumerate(counts.columns)
    }
    assert {key: number for key, number in found.items() if number} == dict(expected)


@given(st.sampled_from(ZONES), st.sampled_from(MOMENTS), st.integers(1, 20 * 24 * 3600), st.sampled_from(LADDER[:12]))
@settings(max_examples=150, deadline=None)
def test_edges_cover_the_window_and_no_more(tz: str, end: datetime, seconds: int, size: pd.Timedelta) -> None:
    last = pd.Timestamp(end)
    first = last - min(pd.Timedelta(seconds=seconds), size * 60)
    edges = bin_edges(first, last, size, tz)
    assert edges.is_monotonic_increasing
    assert edges.is_unique
    assert edges[0] <= first < edges[1]
    assert edges[-2] < last <= edges[-1]


def test_the_clock_put_back_repeats_an_hour_and_long_bins_grow() -> None:
    start, end = pd.Timestamp("2026-10-24T22:00Z"), pd.Timestamp("2026-10-25T23:00Z")  # the 25th in Stockholm
    half_hours = bin_edges(start, end, pd.Timedelta("30min"), "Europe/Stockholm")
    assert len(half_hours) - 1 == 50
    assert [f"{edge:%H:%M}" for edge in half_hours.tz_convert("Europe/Stockholm")[4:9]] == [
        "02:00",
        "02:30",
        "02:00",
        "02:30",
        "03:00",
    ]
    days = bin_edges(start, end, pd.Timedelta("1D"), "Europe/Stockholm")
    assert (days[1:] - days[:-1]).tolist() == [pd.Timedelta("25h")]
    quarters = bin_edges(start, end, pd.Timedelta("6h"), "Europe/Stockholm")
    assert (quarters[1:] - quarters[:-1]).tolist() == [pd.Timedelta(f"{hours}h") for hours in (7, 6, 6, 6)]


def test_bins_of_a_half_hour_zone_begin_at_its_full_hours() -> None:
    edges = bin_edges(START, END, pd.Timedelta("1h"), "Asia/Kolkata")
    assert {edge.minute for edge in edges.tz_convert("Asia/Kolkata")} == {0}
    assert {edge.minute for edge in edges} == {30}


@pytest.mark.parametrize(
    ("window", "size"),
    [("50min", "1min"), ("51min", "5min"), ("4h", "5min"), ("24h", "30min"), ("2D", "1h"), ("3D", "2h"), ("60D", "7D")],
)
def test_the_ladder_keeps_to_about_fifty_bars(window: str, size: str) -> None:
    assert bin_size(END - pd.Timedelta(window), END) == pd.Timedelta(size)


def test_other_columns_can_break_down_too() -> None:
    events = events_at([START.to_pydatetime()] * 3, ["a"] * 3).assign(
        interaction=pd.Series([True, False, None], dtype="boolean"),
        int1=pd.Series([2**60 + 1, 2**60 + 1, 0.5], dtype=object),
        detected=False,
    )
    by_interaction = counts_of(events, START, END, "UTC", by="interaction")
    assert by_interaction.counts.sum().to_dict() == {"false": 1, "true": 1, "(missing)": 1}
    by_number = counts_of(events, START, END, "UTC", by="int1")
    assert by_number.counts.sum().to_dict() == {str(2**60 + 1): 2, "0.5": 1}
    by_category = counts_of(events.astype({"eventType": "category"}), START, END, "UTC")
    assert by_category.counts.sum().to_dict() == {"a": 3}


def test_a_value_called_other_stays_apart_from_the_rest() -> None:
    counts = counts_of(many(["Other", *"abcdefghij"]), START, END, "UTC")
    assert list(counts.counts.columns) == ["Other", *"abcdefg", "Other *"]
    figure = event_histogram(counts, bin_size(START, END), START, END, "UTC", False)
    assert figure.data[0].fillcolor == event_colour("Other")
    assert figure.data[8].fillcolor == OTHER_COLOUR
    assert [trace.legendgroup for trace in figure.data[:9]] == ["=Other", *(f"={name}" for name in "abcdefg"), "other"]


def bins_of(figure: go.Figure) -> Any:
    """The unseen columns that are pointed at and selected."""
    return next(trace for trace in figure.data if trace.name == "bins" and not trace.legendgroup)


def shown_of(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.legendgroup]


@pytest.mark.parametrize("mode", ["count", "percent"])
def test_the_histogram_is_one_shape_per_type_and_small(mode: Mode) -> None:
    figure = histogram(many([f"TYPE_{number}" for number in range(30)] * 40), mode=mode)
    areas = shown_of(figure)
    assert len(areas) == 9
    assert {trace.type for trace in areas} == {"scatter"}
    assert {(trace.stackgroup, trace.line.shape, trace.mode) for trace in areas} == {("1", "hv", "lines")}
    assert {len(trace.y) for trace in areas} == {50}  # 49 bins; the end of the last one closes it
    if mode == "count":
        assert sum(int(np.sum(trace.y[:-1])) for trace in areas) == 30 * 12 * 40
    text = figure.to_json()
    assert len(text) < 25_000
    json.loads(text, parse_constant=pytest.fail)


@pytest.mark.parametrize("mode", ["count", "percent", "log"])
def test_the_same_counts_are_the_same_figure(mode: Mode) -> None:
    events = many(["A", "B", "my own"])
    again = events.sample(frac=1, random_state=3).astype({"eventType": "category"})
    assert histogram(events, mode=mode).to_json() == histogram(again, mode=mode).to_json()


def test_pointing_at_a_bin_tells_the_numbers_of_all_types() -> None:
    figure = histogram(many(["A", "B", "<i>"]))
    unseen = bins_of(figure)
    assert list(unseen.meta) == [trace.name for trace in shown_of(figure)] == ["&lt;i&gt;", "A", "B"]
    assert np.array_equal(np.asarray(unseen.customdata), np.column_stack([trace.y[:-1] for trace in shown_of(figure)]))
    assert {"%{meta[0]}", "%{customdata[2]:,}"} <= set(re.findall(r"%\{[^}]*\}", unseen.hovertemplate))
    assert (
        min(unseen.y) >= np.sum([trace.y for trace in shown_of(figure)], axis=0).max()
    )  # all of a column is sensitive


def test_bins_of_unequal_length_are_drawn_where_they_are() -> None:
    start, end = pd.Timestamp("2026-10-22T22:00Z"), pd.Timestamp("2026-10-27T23:00Z")
    size = pd.Timedelta("6h")
    counts = counts_of(many(["A"], start, end), start, end, "Europe/Stockholm", size=size)
    figure = event_histogram(counts, size, start, end, "Europe/Stockholm", False)
    edges = bin_edges(start, end, size, "Europe/Stockholm")
    assert [pd.Timestamp(x, tz="UTC") for x in figure.data[0].x] == list(edges)
    assert [pd.Timedelta(width, "ms") for width in bins_of(figure).width] == list(edges[1:] - edges[:-1])


@pytest.mark.parametrize("column", ["eventType", "country"])
def test_categories_that_no_row_has_are_never_shown(column: str) -> None:
    events = many(["A", "B"]).rename(columns={"eventType": column})
    plain = counts_of(events, START, END, "UTC", by=column)
    wide = pd.CategoricalDtype(["Other", "(missing)", "zzz", "B", "A"])
    coded = counts_of(events.astype({column: wide}), START, END, "UTC", by=column)
    pd.testing.assert_frame_equal(coded.counts, plain.counts)
    assert (coded.by, coded.other, coded.missing) == (plain.by, plain.other, plain.missing)
    none = counts_of(events.head(0).astype({column: wide}), START, END, "UTC", by=column)
    assert list(none.counts.columns) == []


def test_colours_follow_the_name_and_not_the_rank() -> None:
    for types in (["PURCHASE", "SEARCH", "my own"], ["my own", "SEARCH"]):
        assert {trace.name: trace.fillcolor for trace in histogram(many(types)).data if trace.legendgroup} == {
            name: event_colour(name) for name in types
        }
    by_space = histogram(many(["s1", "s2"]).rename(columns={"eventType": "spaceId"}), by="spaceId")
    shown = {trace.name: trace.fillcolor for trace in by_space.data if trace.legendgroup}
    assert shown == category_colours(["s1", "s2"])


def test_cut_bins_are_striped_and_say_so() -> None:
    figure = histogram(many(["A"]))
    (stripes,) = (trace for trace in figure.data if trace.type == "bar" and trace.marker.pattern.shape)
    unseen = bins_of(figure)
    assert list(stripes.x) == [unseen.x[0], unseen.x[-1]]
    result = ["only partly" in text for text in unseen.hovertext]
    assert result == [True, *[False] * 47, True]
    counts = counts_of(many(["A"]), START.floor("h"), END.floor("h"), "UTC")
    even = event_histogram(counts, bin_size(START, END), START.floor("h"), END.floor("h"), "UTC", False)
    assert len(even.data) == 2
    assert not any("only partly" in text for text in bins_of(even).hovertext)


def test_axes_name_the_bin_and_the_zone_and_are_labelled_in_it() -> None:
    figure = histogram(many(["A"]), tz="Asia/Kolkata")
    assert figure.layout.yaxis.title.text == "events per 30 min"
    assert "Asia/Kolkata (UTC+5:30)" in figure.layout.xaxis.title.text
    # Drawn in UTC, labelled in the zone: 18:30 in UTC is midnight there.
    labels = dict(zip(figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext, strict=True))
    assert labels["2026-11-22T18:30:00"] == "00:00<br>23 Nov"
    assert bins_of(figure).hovertext[1].startswith("Sun 22 Nov 18:00 to 18:30")
    assert figure.layout.dragmode == "select"
    assert figure.layout.selectdirection == "h"
    assert figure.layout.xaxis.fixedrange
    assert figure.layout.yaxis.fixedrange


def test_percent_is_the_share_within_each_bin() -> None:
    figure = histogram(many(["A", "B", "B2"]), mode="percent")
    sums = np.sum([trace.y for trace in shown_of(figure)], axis=0)
    assert set(np.round(sums).tolist()) == {0.0, 100.0}
    assert figure.layout.yaxis.ticksuffix == "%"


def test_a_logarithmic_scale_stacks_nothing() -> None:
    figure = histogram(many(["A", "B"]), mode="log")
    assert {trace.type for trace in shown_of(figure)} == {"scatter"}
    assert not any(trace.stackgroup for trace in shown_of(figure))
    assert figure.layout.yaxis.type == "log"
    assert np.nanmin(figure.data[0].y) == 1  # zero has no place on this axis
    json.loads(figure.to_json(), parse_constant=pytest.fail)


def test_untrusted_values_stay_text() -> None:
    events = many(NASTY)
    for figure in (histogram(events), category_bars(counts_of(events, START, END, "UTC"), True)):
        for trace in figure.data:
            assert "<" not in (trace.name or "")
            assert not any(value and value in (trace.hovertemplate or "") for value in NASTY)
            for text in [*(trace.hovertext or ()), *(trace.text or ()), *(trace.meta or ())]:
                assert "<" not in text.replace("<br>", "", 1)
        assert not any("<" in text for text in figure.layout.yaxis.ticktext or ())
    names = {html.unescape(trace.name): trace.legendgroup for trace in histogram(events).data if trace.legendgroup}
    assert names == {shown(value): f"={shown(value)}" for value in NASTY}


@given(st.text(max_size=38))
def test_text_survives_as_written(value: str) -> None:
    text = as_text(value)
    assert "<" not in text
    assert html.unescape(text) == shown(value, 40)


@pytest.mark.parametrize("types", [[], ["A"]])
@pytest.mark.parametrize("mode", ["count", "percent", "log"])
def test_nothing_and_one_thing_can_be_drawn(types: list[str], mode: Mode) -> None:
    figure = histogram(many(types), mode=mode)
    assert (len(figure.data) == 0) == (not types)
    assert [note.text for note in figure.layout.annotations] == ([] if types else ["No events in this window"])
    counts = counts_of(many(types), START, END, "UTC")
    json.loads(category_bars(counts, False).to_json(), parse_constant=pytest.fail)
    tiny = counts_of(many(types), END, END, "UTC")
    event_histogram(tiny, bin_size(END, END), END, END, "UTC", False, mode=mode)


def test_minute_bars_end_at_now() -> None:
    figure = minute_bars([*range(29), 7], END, "Europe/Stockholm", True)
    bars = figure.data[0]
    assert list(bars.y) == [*range(29), 7]
    assert bars.customdata[-1] == "13:19 to 13:20"
    assert bars.customdata[0] == "12:50 to 12:51"
    assert figure.layout.yaxis.range[1] > 28
