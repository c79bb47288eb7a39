"""This process among those that serve the dashboard: its name, its start, and how many pages are open at it."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final


@dataclass
class Replica:
    """A process.

    Attributes
    ----------
    identifier
        Random, so that a process that is started again is another one.
    started_at
        When its modules were loaded (UTC).
    sessions
        How many pages are open (websockets of browsers), by the address of the viewer.
    """

    identifier: str = field(default_factory=lambda: secrets.token_hex(4))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sessions: Counter[str] = field(default_factory=Counter)


HERE: Final = Replica()
"""This process."""
