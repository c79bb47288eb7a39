"""A row is met only when it was measured and every part of its budget is kept; the table says so."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.benchmarks.table import Budget, Row, rendered, shown, write


@pytest.mark.parametrize(
    ("budget", "baseline", "ours", "met"),
    [
        (Budget("s", 0.5), None, 0.5, True),
        (Budget("s", 0.5), None, 0.51, False),
        (Budget("s", times=80), 8.0, 0.1, True),
        (Budget("s", times=80), 8.0, 0.11, False),
        (Budget("s", 0.5, 100), 100.0, 0.6, False),
        (Budget("s", 0.5, 100), 10.0, 0.4, False),
        (Budget("s", 0.5, 100), 50.0, 0.4, True),
        (Budget("s", times=80), 8.0, 0.0, True),
        (Budget("s", times=80), None, 0.1, None),
        (Budget("s", 0.5, 100), None, 0.6, False),
        (Budget("s", 0.5), None, math.nan, False),
        (Budget("s", 0.5), 1.0, None, None),
        (Budget("s"), 1.0, 0.5, None),
    ],
)
def test_met(budget: Budget, baseline: float | None, ours: float | None, met: bool | None) -> None:
    assert Row("x", budget, baseline, ours).met is met


def test_a_row_that_could_not_be_measured_never_passes_and_says_why() -> None:
    row = Row("peak memory", Budget("MB", 1e9), 2e9, 1e6, why_not="there is no /proc here")
    assert row.met is None
    assert row.cells()[-1] == "not measured"
    assert "- peak memory: there is no /proc here" in rendered([row])


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "s", "—"),
        (math.nan, "s", "—"),
        (math.inf, "s", "∞"),
        (0.1234, "s", "0.12 s"),
        (13.74, "s", "13.7 s"),
        (3.0, "s", "3 s"),
        (187e6, "KB", "187,000 KB"),
        (1.07e9, "MB", "1,070 MB"),
        (12.0, "", "12"),
    ],
)
def test_values_read_well(value: float | None, unit: str, expected: str) -> None:
    assert shown(value, unit) == expected


def test_the_table_is_one_line_for_each_row_below_a_head() -> None:
    lines = rendered([Row("filter", Budget("s", 0.5, 100), 51.0, 0.4), Row("memory", Budget("MB", 1.1e9))]).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[1:-1]] == [
        "what", "budget", "straightforward", "ours", "ratio", "met",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == [
        "filter", "≤ 1/100, ≤ 0.50 s", "51 s", "0.40 s", "128×", "yes",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[3].split("|")[1:-1]][-1] == "not measured"
    assert len({len(line) for line in lines[:4]}) == 1


def test_the_kept_file_is_json_that_anything_reads(tmp_path: Path) -> None:
    file = tmp_path / "results" / "benchmarks.json"
    write(
        file, [Row("refresh", Budget("s", 1.0), 4.0, 2.0), Row("other", Budget("s", 1.0), None, math.nan)], {"cores": 2}
    )

    def refuse(word: str) -> None:
        raise AssertionError(word)

    told = json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)
    assert told["cores"] == 2
    assert [(row["ratio"], row["met"]) for row in told["rows"]] == [(2.0, False), (None, False)]
    assert told["rows"][1]["ours"] is None
