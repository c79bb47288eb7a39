"""What the viewer of a run of the script may do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Permissions:
    """What a viewer may do, the least by default, and who it is, for the audit log."""

    may_export: bool = False
    may_see_personal_data: bool = False
    who: str = ""


def of_viewer() -> Permissions:
    """Return the permissions of the viewer whose script runs."""
    return Permissions(may_export=True, who="local")
