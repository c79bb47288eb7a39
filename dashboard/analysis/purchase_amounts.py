"""Amounts of purchases, added up exactly by unit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeVar

from dashboard.analysis.formatting import EXACT
from dashboard.analysis.overview_numbers import currency_of

Key = TypeVar("Key", bound=Hashable)


@dataclass
class Amounts(Generic[Key]):
    """Sums of amounts by key and unit.

    Attributes
    ----------
    sums
        For each key the sum of each unit (`overview_numbers.currency_of`); only of readable amounts.
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


def add_up(
    purchases: Iterable[tuple[Key, str | None, str | None, int]], exact: Mapping[str, int | float]
) -> Amounts[Key]:
    """Return the sums of purchases, each given as key, ``int1``, ``str2`` and how many of these there are.

    ``exact`` gives the numbers that the texts of ``int1`` stand for (`Database.exact_numbers`). Exact: a float counts
    as the shortest decimal that names it.
    """
    found: Amounts[Key] = Amounts()
    for key, amount, unit, number in purchases:
        value = None if amount is None else exact.get(amount)
        # `math.isfinite` fails for an integer that no float holds.
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            found.unreadable[key] += number
            continue
        name = currency_of(unit)
        sums = found.sums.setdefault(key, {})
        product = EXACT.multiply(Decimal(str(value)), Decimal(number))
        sums[name] = EXACT.add(sums.get(name, Decimal(0)), product)
        found.readable[name] += number
    return found
