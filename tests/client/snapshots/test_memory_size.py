"""Estimates of memory compared with those of pandas and NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from gridrt_client.snapshots._memo import size_of

ROWS = 20_000


def frames() -> dict[str, pd.DataFrame]:
    texts = pd.Series([f"text {number % 500}" for number in range(ROWS)], dtype="str")
    whole = np.empty(ROWS, dtype=object)
    whole[:] = [number * 10**9 if number % 4 else None for number in range(ROWS)]
    return {
        "numbers": pd.DataFrame({"a": np.zeros(ROWS), "b": np.zeros(ROWS, dtype="int8")}),
        "texts": pd.DataFrame({"a": texts}),
        "categories": pd.DataFrame({"a": texts.astype("category"), "b": pd.Categorical(["x", "y"] * (ROWS // 2))}),
        "dates": pd.DataFrame({"a": pd.date_range("2026-01-01", periods=ROWS, freq="s", tz="UTC")}),
        "booleans": pd.DataFrame({"a": pd.array([True, None] * (ROWS // 2), dtype="boolean")}),
        "exact": pd.DataFrame({"a": whole}),
        "indexed": pd.DataFrame({"a": np.zeros(ROWS)}, index=texts.to_numpy(dtype=object)),
    }


@pytest.mark.parametrize("name", frames())
def test_a_frame_is_about_as_large_as_pandas_says(name: str) -> None:
    frame = frames()[name]
    assert size_of(frame) == pytest.approx(frame.memory_usage(deep=True).sum(), rel=0.2)
    assert size_of(frame["a"]) == pytest.approx(frame["a"].memory_usage(deep=True), rel=0.2)


def test_what_holds_frames_is_as_large_as_they_are() -> None:
    @dataclass(frozen=True)
    class Holder:
        rows: pd.DataFrame
        same: pd.DataFrame
        more: object

    array = np.zeros(100_000)
    frame = pd.DataFrame({"a": np.zeros(100_000)})
    holder = Holder(frame, frame, {"x": [array, array], "y": (pd.Index(np.arange(100_000.0)), "text", None)})
    assert size_of(holder) == pytest.approx(3 * 800_000, rel=0.01)
    assert size_of([np.zeros(100) for _ in range(10_000)]) == pytest.approx(10_000 * 800, rel=0.3)


def test_anything_has_a_size() -> None:
    circle: list[object] = []
    circle.append(circle)
    for value in (None, 1, "x", circle, object(), int, len, {1, 2}, pd.DataFrame(), pd.Series([], dtype=object), []):
        assert 0 <= size_of(value) < 2000
