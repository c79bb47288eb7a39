"""The link of a page, as the server knows it while the browser may not have it yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Final

LATE_SECONDS: Final = 10.0
"""How long after an action a request of the browser may name the link from before it."""

Link = dict[str, list[str]]
"""The values of each parameter of a link."""


@dataclass
class LinkChanges:
    """The parameters of the link, as the server knows it, and what they were a moment ago.

    Each request of the browser names the link as the browser knows it. A request that was sent before the answer to an
    earlier action arrived names the link from before that action, and would undo it.

    Attributes
    ----------
    parameters
        Of the link.
    replaced
        The links that actions have replaced in the last `LATE_SECONDS`, and when (`time.monotonic`).
    """

    parameters: Link = field(default_factory=dict)
    replaced: list[tuple[float, Link]] = field(default_factory=list)

    def is_late(self, named: Link) -> bool:
        """Return whether a request that names this link was sent before the browser had the present one."""
        oldest = monotonic() - LATE_SECONDS
        self.replaced = [(moment, link) for moment, link in self.replaced if moment >= oldest]
        return named != self.parameters and any(link == named for _, link in self.replaced)

    def replace(self, parameters: Link) -> None:
        """Note what an action has made of the link."""
        self.replaced.append((monotonic(), self.parameters))
        self.parameters = parameters

    def accept(self, parameters: Link) -> None:
        """Note the link of a run; one that no action has made is where the browser has gone to."""
        if parameters != self.parameters:
            self.parameters, self.replaced = parameters, []
