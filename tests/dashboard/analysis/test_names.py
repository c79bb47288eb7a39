"""Names of ids from a file, and every mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.names import Names, NamesError, field_label, shortened
from dashboard.data.tenant import DEMO_NAMES
from gridrt_emulator.catalog import CATEGORIES, PRODUCTS
from gridrt_emulator.places import APPS, Chain


def load(tmp_path: Path, text: str) -> Names:
    file = tmp_path / "names.toml"
    file.write_text(text, encoding="utf-8")
    return Names.load(file)


def test_ids_have_names_groups_and_labels(tmp_path: Path) -> None:
    names = load(
        tmp_path,
        """
        [spaceId]
        s1 = "Stockholm City"
        s2 = { name = "Oslo", country = "Norway", region = "North" }
        s3 = { country = "Norway" }
        [productId]
        "p 1" = "Parka"
        [labels.PURCHASE]
        int1 = "gross"
        """,
    )
    assert names.of("spaceId", "s1") == "Stockholm City"
    assert names.name_of("spaceId", "s3") is None
    assert names.of("spaceId", "s3") == "s3"
    assert names.of("productId", "p 1") == "Parka"
    assert names.of("country", "s1") == "s1"
    assert (names.group_of("s2", "country"), names.group_of("s2", "region")) == ("Norway", "North")
    assert names.group_of("s1", "country") is None
    assert names.label_of("int1", "PURCHASE") == "gross"
    assert names.label_of("int1", "SEARCH") is names.label_of("int1") is None


def test_without_a_file_ids_are_their_own_names() -> None:
    names = Names()
    assert names.of("spaceId", "64b7c0de5eed00000000aaaa64b7c0de") == "64b7c0de5eed00…0aaaa64b7c0de"
    assert names.of("spaceId", "\u202ex") == '"\\u202ex"'


@given(st.text(max_size=60), st.integers(2, 40))
def test_a_long_text_keeps_both_ends(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) == min(len(text), longest)
    if len(text) > longest:
        head, tail = short.split("…", 1) if "…" not in text else (short[: longest // 2], short[longest // 2 + 1 :])
        assert text.startswith(head)
        assert text.endswith(tail)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[spaces]\na = 'A'", "unknown table [spaces]"),
        ("spaceId = 'A'", "spaceId is not a table"),
        ("[spaceId]\na = 1", '"a" = 1 is not a text'),
        ("[spaceId]\na = ' '", "is not a text"),
        ("[spaceId]\na = { nom = 'A' }", "unknown key nom"),
        ("[spaceId]\na = { name = 2 }", "name = 2 is not a text"),
        ("[deviceId]\na = { name = 'A' }", "is not a text"),
        ("[labels.PURCHASE]\nint6 = 'x'", "unknown key int6"),
        ("[labels]\nPURCHASE = 'x'", "labels.PURCHASE is not a table"),
        ("[spaceId", "not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(NamesError, match=r"names\.toml") as error:
        load(tmp_path, text)
    assert told in str(error.value)


def test_a_file_that_is_missing_or_binary_is_named(tmp_path: Path) -> None:
    with pytest.raises(NamesError, match="GRIDRT_NAMES"):
        Names.load(tmp_path / "none.toml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(NamesError, match="UTF-8"):
        Names.load(tmp_path / "binary")


def test_the_demo_names_what_its_emulator_sends() -> None:
    names = Names.load(DEMO_NAMES)
    chain = Chain(7, 44, "EU", "t")
    assert all(names.name_of("spaceId", place.spaceId) for place in chain.places)
    assert all(names.name_of("productId", product.productId) for product in PRODUCTS)
    assert all(names.name_of("categoryId", category) for category in CATEGORIES)
    assert all(names.name_of("appId", app) for app in APPS.values())


def test_fields_have_labels() -> None:
    assert field_label("spaceId") == "Store"
    assert field_label("str1") == "str1"
