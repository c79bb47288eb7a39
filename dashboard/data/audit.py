"""The audit log: who saw or took personal data, when, in which view; never the data itself."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

from gridrt_client.safe_text import shown

LOG: Final = logging.getLogger("dashboard.audit")


def note(who: str, what: str, view: str, until: datetime) -> None:
    """Write one line: the moment (UTC), who, what, in which view, and until when personal data is shown there."""
    LOG.info(
        "%s: %s %s in the view %s, shown until %s",
        _utc(datetime.now(UTC)),
        shown(who, 200),
        what,
        shown(view, 60),
        _utc(until),
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
