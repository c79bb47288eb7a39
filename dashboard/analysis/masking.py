"""Masking of personal data: ``ip``, ``clientId``, and the contact in ``str2`` of ``CONTACT_*`` events."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.analysis.columns import passing, without_categories
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, is_contact

MASK = "•••"
PERSONAL = frozenset(
    field.name for schema in (SESSION, EVENT, LATEST_EVENT) for field in schema.fields if field.personal
)
_CONTACT = "str2"


def is_personal(field: str, eventType: Any = None) -> bool:
    """Return whether a field of a record of this type holds personal data."""
    return field in PERSONAL or (field == _CONTACT and isinstance(eventType, str) and is_contact(eventType))


def masked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with personal values as ``•••``; missing ones stay missing, and categories become values.

    In a frame without ``eventType`` every ``str2`` is masked, because it may be a contact.
    """
    frame = without_categories(frame)
    hidden = {name: frame[name].notna() for name in frame.columns if name in PERSONAL}
    if _CONTACT in frame.columns:
        present = frame[_CONTACT].notna()
        hidden[_CONTACT] = (
            present & passing(frame["eventType"], is_contact) if "eventType" in frame.columns else present
        )
    return frame.assign(
        **{name: frame[name].astype("str").mask(where, MASK) for name, where in hidden.items() if where.any()}
    )
