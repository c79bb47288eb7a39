"""Texts for people, by literal example."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis import formatting
from gridrt_client.safe_text import read_shown, shown

NOON = pd.Timestamp("2026-11-23T11:20:00Z")


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0"), (7, "7"), (1234, "1,234"), (1_234_567, "1,234,567"), (-1200, "-1,200"), (9.6, "10")]
)
def test_whole(n: float, text: str) -> None:
    assert formatting.whole(n) == text


@pytest.mark.parametrize(
    ("part", "total", "text"),
    [
        (43, 100, "43%"),
        (0, 5, "0%"),
        (5, 5, "100%"),
        (0, 0, "—"),
        (1, 8, "13%"),
        (1, 201, "<1%"),
        (1, 200, "1%"),
        (200, 201, ">99%"),
        (199, 201, "99%"),
        (3, 2, "150%"),
    ],
)
def test_percent_tells_nothing_from_no_data(part: int, total: int, text: str) -> None:
    assert formatting.percent(part, total) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "EUR", "1,234.50 EUR"),
        ("0", "SEK", "0.00 SEK"),
        ("-3.005", "USD", "-3.01 USD"),
        ("1234567", "JPY", "1,234,567 JPY"),
        ("1.2345", "KWD", "1.235 KWD"),
        ("2.5", "", "2.50 without currency"),
        ("2.5", "?", "2.50 ?"),
        ("-0.001", "EUR", "0.00 EUR"),
        ("-0.4", "JPY", "0 JPY"),
        ("-0", "", "0.00 without currency"),
        ("-0.005", "EUR", "-0.01 EUR"),
        ("1", "\u202eRUE", '1.00 "\\u202eRUE"'),
        ("36893488147419103233", "EUR", "36,893,488,147,419,103,233.00 EUR"),
        ("1E+22", "EUR", "10,000,000,000,000,000,000,000.00 EUR"),
    ],
)
def test_money(amount: str, currency: str, text: str) -> None:
    assert formatting.money(Decimal(amount), currency) == text


def test_money_of_any_size_is_written_in_full() -> None:
    assert formatting.money(Decimal("1.5e300"), "EUR").startswith("1,500,000,000,")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (4.9, "4 s"),
        (59.999, "59 s"),
        (60, "1 min"),
        (200, "3 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86_400, "24 h"),
        (172_799, "47 h 59 min"),
        (172_800, "2 d"),
        (259_200, "3 d"),
        (100_000_000, "1,157 d"),
        (-30, "0 s"),
        (float("nan"), "—"),
    ],
)
def test_age(seconds: float, text: str) -> None:
    assert formatting.age(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (-1, "-1"),
        (5.0, "5"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (19.99, "19.99"),
        (2**53 + 1, "9007199254740993"),
        (10**30 + 7, "1000000000000000000000000000007"),
        (float(2**53), "9007199254740992.0"),
        (1e22, "1e+22"),
        (1e-7, "1e-07"),
        (np.float64(0.5), "0.5"),
        (np.int64(12345), "12345"),
        (None, "—"),
        (float("nan"), "—"),
        (pd.NA, "—"),
    ],
)
def test_number_keeps_every_digit(value: Any, text: str) -> None:
    assert formatting.number(value) == text


@given(st.integers() | st.floats(allow_nan=False))
def test_number_reads_back_as_the_same_value(value: float) -> None:
    text = formatting.number(value)
    assert (int(text) if isinstance(value, int) else float(text)) == value


@pytest.mark.parametrize(
    ("moment", "tz", "text"),
    [
        (NOON, "Europe/Stockholm", "2026-11-23 12:20:00"),
        (NOON, "UTC", "2026-11-23 11:20:00"),
        (NOON + pd.Timedelta("1.999999s"), "Asia/Kolkata", "2026-11-23 16:50:01"),
        (pd.Timestamp("1890-01-01T00:00:00Z"), "Europe/Stockholm", "1890-01-01 01:00:14"),
        (None, "UTC", "—"),
        (pd.NaT, "UTC", "—"),
    ],
)
def test_clock(moment: pd.Timestamp | None, tz: str, text: str) -> None:
    assert formatting.clock(moment, tz) == text


@pytest.mark.parametrize(
    ("tz", "now", "text"),
    [
        ("Europe/Stockholm", NOON, "Europe/Stockholm (UTC+1)"),
        ("Europe/Stockholm", pd.Timestamp("2026-07-01T00:00Z"), "Europe/Stockholm (UTC+2)"),
        ("Asia/Kolkata", NOON, "Asia/Kolkata (UTC+5:30)"),
        ("America/St_Johns", NOON, "America/St_Johns (UTC-3:30)"),
        ("Africa/Abidjan", NOON, "Africa/Abidjan (UTC)"),
        ("UTC", NOON, "UTC"),
    ],
)
def test_zone_label(tz: str, now: pd.Timestamp, text: str) -> None:
    assert formatting.zone_label(tz, now) == text


def test_zone_label_is_of_the_present_by_default() -> None:
    assert formatting.zone_label("Asia/Tokyo") == "Asia/Tokyo (UTC+9)"


@pytest.mark.parametrize(
    ("n", "noun", "many", "text"),
    [
        (0, "event", None, "0 events"),
        (1, "event", None, "1 event"),
        (1234, "event", None, "1,234 events"),
        (2, "entry", "entries", "2 entries"),
        (1, "entry", "entries", "1 entry"),
    ],
)
def test_plural(n: int, noun: str, many: str | None, text: str) -> None:
    assert formatting.plural(n, noun, many) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("store-7", r"store\-7"),
        ("**b** _i_", r"\*\*b\*\* \_i\_"),
        ("<b>x</b>", r"\<b\>x\<\/b\>"),
        ("&lt;", r"\&lt\;"),
        ("$a$", r"\$a\$"),
        ("a\n\n# b", r"a \# b"),
        ("    code", "code"),
        ("Åäö 東京 🛒", "Åäö 東京 🛒"),
        ("12:30", r"12\:30"),
        (":smile:", "\\:\u2060smile\\:"),
        (":material/home:", "\\:\u2060material\\/home\\:"),
        (":red[x]", r"\:red\[x\]"),
        ("https://a.b", "https\\:\u2060\\/\\/a\\.b"),
        ("www.a.b", "www\u2060\\.a\\.b"),
        ("me@a.b", "me\u2060\\@a\\.b"),
        ("a -> b", "a \\-\u2060\\> b"),
        ("a\u202eb", "a\ufffdb"),
        ("\x00\x1b[1m", "\ufffd\ufffd\\[1m"),
        (None, "None"),
    ],
)
def test_plain_text_stays_text(text: object, safe: str) -> None:
    assert formatting.escape_markdown(text) == safe


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("store-7", "store-7"),
        ("Räksmörgås 日本語 العربية 🛒👩‍👩‍👧", "Räksmörgås 日本語 العربية 🛒👩‍👩‍👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("東京\u3000本店", "東京\u3000本店"),
        ("", '""'),
        (" ", '" "'),
        ("  a", '" \\u0020a"'),
        ("STORE ", '"STORE "'),
        ("a  b", '"a \\u0020b"'),
        ("a\tb\n", '"a\\tb\\n"'),
        ("\u202eEROTS", '"\\u202eEROTS"'),
        ("a\u2066b\u200e", '"a\\u2066b\\u200e"'),
        ("a\u200bb", '"a\\u200bb"'),
        ("a\u200db", '"a\\u200db"'),
        ("a\u00a0b", '"a\\u00a0b"'),
        ("\u0301a", '"\\u0301a"'),
        ("e" + 5 * "\u0301", '"e\u0301\u0301\u0301\u0301\\u0301"'),
        ("nul \x00", '"nul \\u0000"'),
        ('"quoted"', '"\\"quoted\\""'),
        ('say "hello"', 'say "hello"'),
        ("C:\\x", "C:\\x"),
        (7, "7"),
    ],
)
def test_untrusted_text_is_shown_and_not_obeyed(value: object, result: str) -> None:
    assert shown(value) == result
    assert read_shown(result) == str(value)


def test_long_text_is_cut_where_it_is_asked_to_be() -> None:
    assert shown("x" * 300, 40) == "x" * 39 + "…"
    assert shown("x" * 40, 40) == "x" * 40
    assert shown("x" * 300) == "x" * 300


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(' "\\\u202e\u200b\u200d\u0301\n')))
def test_what_is_shown_is_harmless_and_names_one_value(value: str) -> None:
    result = shown(value)
    assert read_shown(result) == value
    assert result.strip() == result
    assert result
    assert "  " not in result
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") for one in result if one not in "\u200c\u200d")


@pytest.mark.parametrize("text", ['"', '"a', '"a"b"', '"\\ud83d"', "[1]", "a", '"\\x"'])
def test_other_text_in_quotes_is_read_as_it_is(text: str) -> None:
    assert read_shown(text) == text


@given(st.text())
def test_plain_text_reads_as_it_was(text: str) -> None:
    """Without escapes and joiners it is the text, on one line; no shape that the renderer looks for is left."""
    safe = formatting.escape_markdown(text)
    shown = "".join(part[1:] if part.startswith("\\") and len(part) > 1 else part for part in _unescaped(safe))
    for shape in ("://", "www.", "->", "<-", "--", ">=", "<="):
        assert shape not in shown
    expected = " ".join(formatting._STEERING.sub("\ufffd", text).split())
    assert shown.replace("\u2060", "") == expected.replace("\u2060", "")


def _unescaped(safe: str) -> list[str]:
    parts, place = [], 0
    while place < len(safe):
        size = 2 if safe[place] == "\\" else 1
        parts.append(safe[place : place + size])
        place += size
    return parts
