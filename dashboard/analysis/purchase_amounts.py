"""Amounts of purchases, added up exactly by unit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import Any, Generic, TypeVar

from dashboard.analysis.formatting import EXACT, NO_CURRENCY, is_missing

Key = TypeVar("Key", bound=Hashable)


@dataclass
class Amounts(Generic[Key]):
    """Sums of amounts by key and unit.

    Attributes
    ----------
    sums
        For each key the sum of each unit (`currency_of`); only of readable amounts.
    readable, unreadable
        How many purchases of each unit have a finite amount, and how many of each key have none.
    """

    sums: dict[Key, dict[str, Decimal]] = field(default_factory=dict)
    readable: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[Key] = field(default_factory=Counter)

    @property
    def units(self) -> list[str]:
        """The units, that of most purchases first, then by name."""
        return sorted(self.readable, key=lambda unit: (-self.readable[unit], unit))

    def of(self, key: Key) -> dict[str, Decimal]:
        """Return the sum of each unit that a key has, in the order of `units`."""
        own = self.sums.get(key, {})
        return {unit: own[unit] for unit in self.units if unit in own}


def add_up(purchases: Iterable[tuple[Key, Any, str | None, int]]) -> Amounts[Key]:
    """Return the sums of purchases, each given as key, ``int1``, ``str2`` and how many of these there are.

    ``int1`` is an exact number, such as `Database.exact_numbers` gives for its text, or missing. Exact: a float counts
    as the shortest decimal that names it.
    """
    found: Amounts[Key] = Amounts()
    for key, value, unit, number in purchases:
        # `math.isfinite` fails for an integer that no float holds.
        if is_missing(value) or (isinstance(value, float) and not math.isfinite(value)):
            found.unreadable[key] += number
            continue
        name = currency_of(unit)
        sums = found.sums.setdefault(key, {})
        product = EXACT.multiply(Decimal(str(value)), Decimal(number))
        sums[name] = EXACT.add(sums.get(name, Decimal(0)), product)
        found.readable[name] += number
    return found


def added(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of amounts."""
    return reduce(EXACT.add, amounts, Decimal(0))


def currency_of(value: str | None) -> str:
    """Return the unit of an amount from ``str2``: a currency code in capitals, another text, or `NO_CURRENCY`."""
    text = NO_CURRENCY if value is None else value.strip()
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else text
