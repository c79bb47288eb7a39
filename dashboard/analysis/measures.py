"""What is measured of events besides their number: sessions, revenue in a currency, sums and averages of a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from gridrt_client.schema import NUMBERS

Kind = Literal["count", "sessions", "revenue", "sum", "average"]

# What has more digits is left out of sums, which SQL could not hold otherwise.
_AMOUNT = "try_cast({number} as decimal(27, 9))"
_AGGREGATES: Final = {
    "count": "count(*)",
    "sessions": "count(distinct visitor)",
    "revenue": f"coalesce(sum({_AMOUNT}), 0)::double",
    "sum": f"sum({_AMOUNT})::double",
    "average": f"avg({_AMOUNT}::double)",
}


@dataclass(frozen=True)
class Measure:
    """A measure of events.

    Attributes
    ----------
    kind
        ``count``: events. ``sessions``: distinct sessions that the events name. ``revenue``: the sum of ``int1`` of
        purchases in one currency. ``sum`` and ``average``: of a number field.
    number
        The field of a sum or an average, one of `NUMBERS`.
    currency
        The unit of the revenue.
    """

    kind: Kind = "count"
    number: str = "int1"
    currency: str = ""

    def __post_init__(self) -> None:
        if self.number not in NUMBERS or self.kind not in _AGGREGATES:
            raise ValueError(f"There is no measure {self.kind!r} of {self.number!r}.")

    @property
    def additive(self) -> bool:
        """Whether the measure of all events is the sum of those of its parts."""
        return self.kind in ("count", "revenue", "sum")

    @property
    def aggregate(self) -> str:
        """The SQL aggregate over rows of ``events``."""
        return _AGGREGATES[self.kind].format(number=self.number)

    @property
    def condition(self) -> str:
        """The SQL condition of the events that are measured; ``$units`` are the texts of ``str2`` for the currency."""
        if self.kind == "revenue":
            return "purchase and list_contains($units, coalesce(str2, ''))"
        # A sum or an average of a few ages would be an age.
        return "not detected" if self.kind in ("sum", "average") else "true"

    @property
    def unmeasured(self) -> str:
        """The SQL condition of the events among them that a sum leaves out: for revenue those without a number, too."""
        amount = _AMOUNT.format(number=self.number)
        known = "true" if self.kind == "revenue" else f"{self.number} is not null"
        return f"{known} and {amount} is null" if self.kind in ("revenue", "sum", "average") else "false"

    @property
    def words(self) -> str:
        """What is measured, for an axis."""
        return {
            "count": "events",
            "sessions": "sessions",
            "revenue": f"revenue, {self.currency or 'without currency'}",
            "sum": f"sum of {self.number}",
            "average": f"average of {self.number}",
        }[self.kind]


def measure_of(text: str | None, currency: str = "") -> Measure:
    """Return the measure that a link names: ``sessions``, ``revenue``, ``sum-int1``, ``average-int3``; else events."""
    kind, _, number = (text or "").partition("-")
    if kind in ("sessions", "revenue") and not number:
        return Measure("sessions") if kind == "sessions" else Measure("revenue", currency=currency)
    if kind in ("sum", "average") and number in NUMBERS:
        return Measure("sum" if kind == "sum" else "average", number)
    return Measure()


MEASURES: Final = {
    "count": "Events",
    "sessions": "Sessions",
    "revenue": "Revenue",
    **{f"sum-{name}": f"Sum of {name}" for name in NUMBERS},
    **{f"average-{name}": f"Average of {name}" for name in NUMBERS},
}
"""What a person reads for each measure that a link may name."""
