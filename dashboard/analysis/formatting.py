"""Numbers, amounts and times as text, and text as Markdown that shows it unchanged. No Streamlit."""

from __future__ import annotations

import math
import re
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import pandas as pd
from babel.numbers import get_currency_precision

from gridrt_client.safe_text import shown

MISSING = "—"
NO_CURRENCY = ""
EXACT = Context(prec=10_000, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Decimal's own context rounds at 28 digits; this one holds sums of any floats and of the longest integers read."""

_WORD_JOINER = "\u2060"
_ASCII_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Emoji and icon shortcodes, bare addresses and arrows are found by the renderer in the text that remains once Markdown
# has been read, where a backslash is gone: an invisible word joiner takes their shape away.
_SHAPES = re.compile(r":(?=[\w+/-]+:)|(?<=[a-zA-Z]):(?=//)|\bwww(?=\.)|(?<=\S)(?=@)|[<>~=\-](?=[<>=\-])", re.IGNORECASE)
# Characters that steer the terminal or turn the reading direction of what follows.
_STEERING = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def whole(n: float) -> str:
    """Return a count with thousands separators: ``1,234``; a fraction is rounded."""
    return f"{round(n):,}"


def percent(part: float, total: float) -> str:
    """Return a share such as ``43%``; ``—`` when the total is 0.

    Rounded half up, but a share above 0 is never ``0%`` and one below 1 never ``100%``.
    """
    if not total:
        return MISSING
    share = 100 * part / total
    if 0 < share < 0.5:
        return "<1%"
    if 99.5 <= share < 100:
        return ">99%"
    return f"{math.floor(share + 0.5)}%"


def amount_of(amount: Decimal, currency: str) -> str:
    """Return ``1,234.50``, rounded half up to the currency's minor unit (ISO 4217), else to hundredths."""
    digits = get_currency_precision(currency)
    rounded = amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=EXACT)
    # No negative zero.
    return f"{rounded if rounded else abs(rounded):,f}"


def money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency, such as ``1,234.50 EUR``; see `amount_of`."""
    return f"{amount_of(amount, currency)} {shown(currency, 24) if currency else 'without currency'}"


def age(seconds: float) -> str:
    """Return a duration as text: ``4 s``, ``3 min``, ``2 h 5 min``, from two days on ``3 d``.

    Rounded down; a negative duration is ``0 s``, NaN is ``—``.
    """
    if math.isnan(seconds):
        return MISSING
    left = int(max(seconds, 0))
    if left < 60:
        return f"{left} s"
    minutes = left // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24:,} d"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def megabytes(size: float) -> str:
    """Return bytes as text: ``12.3 MB``, from 100 MB on without a fraction, below 0.1 MB ``0.1 MB``."""
    found = size / 1e6
    return f"{found:,.0f} MB" if found >= 100 else f"{max(found, 0.1 if size else 0.0):.1f} MB"


def number(value: Any) -> str:
    """Return the exact text of a value of ``int1`` … ``int5``: every digit, no separators; ``—`` when missing.

    A float without a fraction is written like the integer that it equals below 2^53, where floats hold every integer.
    """
    if is_missing(value):
        return MISSING
    as_float = float(value) if isinstance(value, float) else None
    if as_float is None:
        return str(value)
    if as_float.is_integer() and abs(as_float) < 2**53:
        return str(int(as_float))
    return repr(as_float)


def is_missing(value: Any) -> bool:
    """Return whether a cell is missing: None, NaN, NaT or pandas' NA."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def clock(moment: pd.Timestamp | None, tz: str) -> str:
    """Return ``2026-11-23 12:20:00`` in the zone; ``—`` when missing."""
    if moment is None or is_missing(moment):
        return MISSING
    return moment.tz_convert(tz).tz_localize(None).isoformat(sep=" ", timespec="seconds")


def zone_label(tz: str, now: pd.Timestamp | None = None) -> str:
    """Return ``Europe/Stockholm (UTC+1)``: the zone and its offset from UTC at ``now`` (default: the present)."""
    offset = (now or pd.Timestamp.now("UTC")).tz_convert(tz).utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset is not None else 0
    hours, rest = divmod(abs(minutes), 60)
    distance = f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"
    return tz if tz == distance else f"{tz} ({distance})"


def plural(n: int, noun: str, many: str | None = None) -> str:
    """Return ``1 event``, ``1,234 events``; ``many`` is an irregular plural."""
    return f"{whole(n)} {noun if n == 1 else many or noun + 's'}"


def escape_markdown(text: object) -> str:
    """Return untrusted text so that Streamlit's Markdown shows it unchanged, without markup, links, emoji or HTML.

    One line; characters that turn the reading direction become U+FFFD.
    """
    one_line = " ".join(_STEERING.sub("\ufffd", str(text)).split())
    shapeless = _SHAPES.sub(lambda found: found.group() + _WORD_JOINER, one_line)
    return _ASCII_PUNCTUATION.sub(r"\\\1", shapeless)
