"""Colours differ visibly, on both grounds and for all kinds of sight, and are fixed by name."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dashboard.figures.theme import AGE_SCALE, OTHER_COLOUR, category_colours, event_colour, plotly_layout

VENDOR = [
    "APP_START", "CONTENT_VIEW", "CATEGORY_VIEW", "PRODUCT_VIEW", "LOOK_VIEW",
    "SEARCH", "SEARCH_CLEAR", "CART_ADD", "CART_REMOVE", "CART_VIEW",
    "CART_CLEAR", "CHECKOUT", "PURCHASE", "RATING", "FEEDBACK",
    "QR_RUN", "CONTACT_IDENTIFY", "CONTACT_METADATA", "DETECT_MOOD", "DETECT_AGE",
    "DETECT_GENDER",
]  # fmt: skip
# What a shop's chart shows most: these have to be far apart for all kinds of sight.
SHOP = ("APP_START", "CATEGORY_VIEW", "PRODUCT_VIEW", "SEARCH", "CART_ADD", "CART_REMOVE", "CHECKOUT", "PURCHASE")
LIGHT, DARK = "#ffffff", "#0e1117"

Vector = npt.NDArray[np.float64]
# Machado, Oliveira and Fernandes (2009), severity 1.
EYES = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> Vector:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2."""
    dark, light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def oklab(rgb: Vector) -> Vector:
    """Ottosson (2020)."""
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    result: Vector = np.array(lab) @ np.cbrt(np.array(cones) @ np.clip(rgb, 0, 1))
    return result


def distance(one: str, other: str, eye: str) -> float:
    seen = [oklab(np.array(EYES[eye]) @ linear(colour)) for colour in (one, other)]
    return float(100 * np.linalg.norm(seen[0] - seen[1]))


@pytest.mark.parametrize("name", [*VENDOR, "MONITOR_X", "MY_OWN"])
def test_every_colour_shows_on_light_and_on_dark(name: str) -> None:
    assert contrast(event_colour(name), LIGHT) >= 1.8
    assert contrast(event_colour(name), DARK) >= 2.5


@pytest.mark.parametrize("colour", [OTHER_COLOUR, *AGE_SCALE])
def test_other_and_ages_show_on_light_and_on_dark(colour: str) -> None:
    assert contrast(colour, LIGHT) >= 3
    assert contrast(colour, DARK) >= 3


@pytest.mark.parametrize("eye", EYES)
def test_what_a_shop_shows_most_is_far_apart_for_all_eyes(eye: str) -> None:
    for one, other in combinations(SHOP, 2):
        assert distance(event_colour(one), event_colour(other), eye) >= 7, (one, other)


@pytest.mark.parametrize("eye", EYES)
def test_no_two_of_the_vendors_types_look_the_same(eye: str) -> None:
    for one, other in combinations([*VENDOR, "MONITOR_X"], 2):
        assert distance(event_colour(one), event_colour(other), eye) >= 3.9, (one, other)


def test_no_value_has_the_colour_of_other() -> None:
    assert OTHER_COLOUR not in {event_colour(name) for name in VENDOR}


def test_all_monitoring_shares_one_colour() -> None:
    monitoring = {
        event_colour(name) for name in ("MONITOR_A", "MONITOR_SESAME_DEVICE_STATUS", "monitor_a", " MONITOR_A")
    }
    assert len(monitoring) == 1
    assert event_colour("MY_MONITOR_A") not in monitoring


def test_a_name_has_the_same_colour_in_every_process() -> None:
    names = ["MY_OWN", "", "Äpple 🛒"]
    script = f"from dashboard.figures.theme import event_colour; print(*map(event_colour, {names!r}))"
    command = [sys.executable, "-X", "utf8", "-c", script]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert told.stdout.split() == [event_colour(name) for name in names]


def test_categories_differ_while_the_palette_lasts() -> None:
    names = [f"store-{n}" for n in range(22)]
    assert len(set(category_colours(names).values())) == 22
    assert set(category_colours([f"store-{n}" for n in range(5000)])) == {f"store-{n}" for n in range(5000)}


def test_categories_keep_their_colour_whatever_their_order_and_mostly_whatever_comes_along() -> None:
    names = [f"store-{n}" for n in range(8)]
    colours = category_colours(names)
    assert category_colours(reversed(names)) == colours
    grown = category_colours([*names, "another"])
    assert sum(grown[name] != colours[name] for name in names) <= 1
    assert category_colours([]) == {}


@pytest.mark.parametrize("dark", [True, False])
def test_text_of_figures_is_readable(dark: bool) -> None:
    layout = plotly_layout(dark)
    ground = DARK if dark else LIGHT
    assert contrast(layout["font"]["color"], ground) >= 7
    assert contrast(layout["xaxis"]["tickfont"]["color"], ground) >= 4.5
    assert layout["paper_bgcolor"] == "rgba(0,0,0,0)"
