"""The names of the panels of the Behaviour view, as the link has them, and the keys of their containers."""

from __future__ import annotations

from typing import Final

PANELS: Final = {"Funnel": "funnel"}
