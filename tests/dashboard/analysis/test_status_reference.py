"""The status reference: the project's own, a tenant's own, and files that can't be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.status_reference import (
    DEFAULT_FILE,
    Status,
    StatusReference,
    StatusReferenceError,
    Thresholds,
)
from tests.dashboard.figures.test_theme import DARK, LIGHT, contrast

OWN = """
[[status]]
value = 2
label = "Door open"
colour = "#AB1234"
icon = "◆"
severity = 70
[[status]]
value = 0.5
label = "Half"
colour = "#123456"
icon = "½"
severity = -3
"""


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (0, "Offline"),
        (1, "Online"),
        (-1, "Unknown"),
        (1.0, "Online"),
        (-1.0, "Unknown"),
        (-0.0, "Offline"),
        (np.int64(1), "Online"),
        ("1", "Online"),
        (" 0 ", "Offline"),
        ("1.0", "Online"),
        (7, "Unknown (7)"),
        (7.0, "Unknown (7)"),
        (0.5, "Unknown (0.5)"),
        (2**64 + 1, "Unknown (18446744073709551617)"),
        ("up", "Unknown (up)"),
        ("nan", "Unknown (nan)"),
        (None, "No status"),
        (float("nan"), "No status"),
        (pd.NA, "No status"),
    ],
)
def test_values_have_words(value: Any, label: str) -> None:
    assert StatusReference.load().of(value).label == label


def test_offline_comes_before_unknown_before_online() -> None:
    reference = StatusReference.load()
    severities = [reference.of(value).severity for value in (0, -1, 1)]
    assert severities == sorted(severities, reverse=True)
    assert len(set(severities)) == 3
    assert reference.of(7).severity == reference.of(None).severity == reference.of(-1).severity


def test_shape_alone_tells_them_apart_and_colour_shows_on_both_grounds() -> None:
    reference = StatusReference.load()
    states = [reference.of(value) for value in (0, 1, -1, 7, None)]
    assert len({status.icon for status in states}) == 5
    for status in states:
        assert contrast(status.colour, LIGHT) >= 3
        assert contrast(status.colour, DARK) >= 4


def test_words_hold_icon_and_label() -> None:
    assert StatusReference.load().of(1).words == "● Online"


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    reference = StatusReference.load(file)
    assert reference.of(2) == Status("Door open", "#ab1234", 70, "◆")
    assert reference.of(0.5).label == "Half"
    assert reference.of(1).label == "Unknown (1)"
    assert StatusReference.load("") == StatusReference.load(DEFAULT_FILE) != reference


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ('label = "Door open"', "", "number 1, lacks the key label"),
        ('label = "Half"', 'label = "  "', "number 2: label = '  ' is not text"),
        ("value = 2", 'value = "2"', "number 1: value = '2' is not a number"),
        ("value = 2", "value = true", "value = True is not a number"),
        ("value = 2", "value = nan", "value = nan is not a number"),
        ("value = 2", "value = 0.5", "two [[status]] entries with value = 0.5"),
        ("#AB1234", "red", "colour = 'red' is not a colour such as #2b9a66"),
        ('icon = "◆"', 'icon = "offline"', "icon = 'offline' is not one glyph"),
        ("severity = 70", "severity = 7.5", "severity = 7.5 is not a whole number"),
        ("severity = 70", "severity = 70\nseverty = 1", "has an unknown key severty"),
        ("[[status]]", "[[state]]", "has no [[status]] entries"),
        ("[[status]]\nvalue = 2", "extra = 1\n[[status]]\nvalue = 2", "unknown key extra"),
        ("value = 2", "value =", "is not TOML"),
        ("value = 2", "value = inf", "value = inf is not a number"),
        ("severity = 70", 'severity = 70\nkind = "broken"', "kind = 'broken' is not one of offline, unknown, online"),
        ("severity = 70", "severity = 70\neventType = 7", "eventType = 7 is not text"),
        (
            "severity = -3",
            "severity = -3\n[thresholds]\nsilent_floor = 1",
            "[thresholds], has an unknown key silent_flo",
        ),
        (
            "severity = -3",
            "severity = -3\n[thresholds]\nsilent_factor = 0.5",
            "silent_factor = 0.5 is not a number from 1",
        ),
        (
            "severity = -3",
            "severity = -3\n[thresholds]\nflapping_changes = 2.5",
            "is not a whole number from 1 to 1000",
        ),
        (
            "severity = -3",
            "severity = -3\n[thresholds]\nsilent_floor_seconds = nan",
            "[thresholds]: silent_floor_seconds = nan is not a number from 0 to 86400",
        ),
        ("[[status]]\nvalue = 2", "thresholds = 4\n[[status]]\nvalue = 2", "thresholds that are no table"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, old: str, new: str, result: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(StatusReferenceError) as caught:
        StatusReference.load(file)
    assert result in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(StatusReferenceError, match=r"none\.toml can't be read: .*GRIDRT_STATUS_REFERENCE"):
        StatusReference.load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(StatusReferenceError, match=r"bytes\.toml is not TOML"):
        StatusReference.load(tmp_path / "bytes.toml")


def test_kinds_come_from_the_entry_else_from_the_value() -> None:
    assert [StatusReference.load().of(value).kind for value in (0, 1, -1, 7, None)] == [
        "offline", "online", "unknown", "unknown", "unknown"
    ]  # fmt: skip


def test_an_entry_for_one_event_type_comes_before_those_for_all(tmp_path: Path) -> None:
    printer = OWN.replace("value = 0.5", 'value = 2\neventType = "MONITOR_PRINTER"\nkind = "online"')
    file = tmp_path / "own.toml"
    file.write_text(f"{printer}[thresholds]\nsilent_floor_seconds = 60\nflapping_changes = 9", encoding="utf-8")
    reference = StatusReference.load(file)
    assert reference.of(2, "MONITOR_PRINTER") == Status("Half", "#123456", -3, "½", "online")
    assert reference.of(2, "MONITOR_GATE").label == reference.of(2).label == "Door open"
    assert reference.of(1, "MONITOR_PRINTER").label == "Unknown (1)"
    assert reference.thresholds == Thresholds(60, 2.0, 9)
    assert StatusReference.load().thresholds == Thresholds() == Thresholds(600, 2, 4)
    file.write_text(f"{printer}{printer}", encoding="utf-8")
    with pytest.raises(StatusReferenceError, match=r"two .* with value = 2"):
        StatusReference.load(file)
