"""Axes of counts say whole numbers, each once; bins that the window cuts are seen."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.analysis.histogram import HistogramCounts, bin_edges, bin_size
from dashboard.figures.event_histogram import Mode, event_histogram
from dashboard.figures.minute_bars import minute_bars

START, END = pd.Timestamp("2026-11-22T12:20:10Z"), pd.Timestamp("2026-11-23T12:20:10Z")
TOPS = [*range(1, 21), 23, 49, 50, 99, 100, 101, 250, 999, 1_000, 1_234, 9_999, 10_000, 47_119, 1_000_000, 30_000_000]


def labels(figure: go.Figure) -> list[str]:
    """What stands at the axis of counts, by the figure's JSON."""
    axis = json.loads(figure.to_json())["layout"]["yaxis"]
    if "tickvals" in axis:
        assert len(axis["tickvals"]) == len(axis["ticktext"])
        return list(axis["ticktext"])
    assert axis["tickformat"] == ",d"
    assert axis["tick0"] == 0
    return [f"{tick:,g}" if tick < 1e5 else f"{tick:,.0f}" for tick in np.arange(0, axis["range"][1], axis["dtick"])]


def assert_whole_and_distinct(result: list[str], most: int) -> None:
    assert all(re.fullmatch(r"\d{1,3}(,\d{3})*", label) for label in result), result
    assert len(set(result)) == len(result) <= most, result


def counts_up_to(top: int) -> HistogramCounts:
    edges = bin_edges(START, END, bin_size(START, END), "UTC")
    numbers = np.linspace(0, top, len(edges) - 1).astype(np.int64)
    counts = pd.DataFrame({"A": numbers}, index=edges[:-1].rename("start"))
    return HistogramCounts(counts, "eventType", None, None)


def histogram(counts: HistogramCounts, mode: Mode) -> go.Figure:
    return event_histogram(counts, bin_size(START, END), START, END, "UTC", False, mode=mode)


@pytest.mark.parametrize("top", TOPS)
def test_labels_of_counts_are_whole_and_differ(top: int) -> None:
    count, log = (labels(histogram(counts_up_to(top), mode)) for mode in ("count", "log"))
    minutes = labels(minute_bars([0] * 29 + [top], END, "UTC", False))
    assert_whole_and_distinct(count, 7)
    assert_whole_and_distinct(minutes, 6)
    assert_whole_and_distinct(log, 8)
    assert log[0] == "1"
    # The highest label is at least about a third of the way up, so that a height can be read.
    highest = [int(result[-1].replace(",", "")) for result in (count, minutes, log)]
    assert highest[0] >= top / 3
    assert highest[1] >= max(top, 4) / 3
    assert highest[2] >= top / 100
    steps = np.diff([int(label.replace(",", "")) for label in count])
    assert set(steps.tolist()) <= {digit * 10**power for digit in (1, 2, 5) for power in range(9)}


@pytest.mark.parametrize(
    ("top", "result"),
    [(1, ["1"]), (3, ["1", "2"]), (7, ["1", "2", "5", "10"]), (9_000, ["1", "10", "100", "1,000", "10,000"])],
)
def test_labels_of_a_logarithmic_axis(top: int, result: list[str]) -> None:
    assert labels(histogram(counts_up_to(top), "log"))[: len(result)] == result


def test_labels_of_shares_are_quarters() -> None:
    axis = histogram(counts_up_to(7), "percent").layout.yaxis
    assert (axis.tick0, axis.dtick, axis.ticksuffix, tuple(axis.range)) == (0, 25, "%", (0, 100))


MODES: tuple[Mode, ...] = ("count", "percent", "log")


def pointed_at(figure: go.Figure) -> list[str]:
    """The hover texts of the bins."""
    return next(list(trace.hovertext) for trace in figure.data if trace.name == "bins" and not trace.legendgroup)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dark", [False, True])
def test_cut_bins_are_hatched_above_everything_and_it_is_said_what_that_means(mode: Mode, dark: bool) -> None:
    size = bin_size(START, END)
    figure = event_histogram(counts_up_to(20), size, START, END, "UTC", dark, mode=mode)
    (hatched,) = (trace for trace in figure.data if trace.type == "bar" and trace.marker.pattern.shape)
    assert figure.layout[f"yaxis{hatched.yaxis[1:]}"].overlaying == "y"  # or the areas would lie over it
    edges = bin_edges(START, END, size, "UTC")
    begins = [pd.Timestamp(x, tz="UTC") for x in hatched.x]
    ends = [begin + pd.Timedelta(width, "ms") for begin, width in zip(begins, hatched.width, strict=True)]
    assert list(zip(begins, ends, strict=True)) == [(edges[0], edges[1]), (edges[-2], edges[-1])]
    assert tuple(hatched.y) == (1, 1)
    assert tuple(figure.layout.yaxis2.range) == (0, 1)
    assert ["only partly" in text for text in pointed_at(figure)] == [True, *[False] * 47, True]
    assert "hatched: only partly in the time range" in figure.layout.xaxis.title.text


@pytest.mark.parametrize("mode", MODES)
def test_whole_bins_are_not_hatched(mode: Mode) -> None:
    window = START.floor("h"), END.floor("h")
    size = bin_size(*window)
    edges = bin_edges(*window, size, "UTC")
    counts = replace(counts_up_to(20), counts=counts_up_to(20).counts.iloc[: len(edges) - 1].set_axis(edges[:-1]))
    figure = event_histogram(counts, size, *window, "UTC", False, mode=mode)
    assert len(figure.data) == 2
    assert not any("only partly" in text for text in pointed_at(figure))
    assert "hatched" not in figure.layout.xaxis.title.text
