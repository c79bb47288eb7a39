"""Things as a table, and their changes of status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from dashboard.analysis.devices import TILES
from dashboard.analysis.formatting import age, percent
from dashboard.analysis.names import Names
from dashboard.analysis.status_course import Segment
from dashboard.tables.records import display
from gridrt_client.safe_text import shown

COLUMNS = (
    "store", "thing", "status", "since", "changed", "last heard", "flaps", "% up", "clock", "note", "deviceId",
    "spaceId", "eventType", "int1", "installationId", "str1", "str2", "str3", "str4", "str5", "int2", "int3", "int4",
    "int5", "sessionId",
)  # fmt: skip
GONE = "gone from the newest answer"
DAY = pd.Timedelta(hours=24)
NO_STORE = "no known space"
NO_NAMES = Names()


def device_table(rows: pd.DataFrame, tz: str, now: pd.Timestamp, names: Names = NO_NAMES) -> pd.DataFrame:
    """Return the rows of `devices.Devices` as a table, in their order; `COLUMNS`.

    ``status`` is icon and words: of a silent thing that it is silent, and what it said last. ``since`` is the local
    time from which that holds: ``≥ 24 h`` where it held at the begin of the 24 hours already, ``before 14:05`` where no
    report from before that time is known; of a silent thing the time of its last report. ``changed`` is the same as a
    time (missing where it isn't exact), ``last heard`` the newest report. ``% up`` is text. ``names`` are shown in
    place of ids.
    """
    spaces = [names.of("spaceId", space) if isinstance(space, str) else NO_STORE for space in rows["spaceId"].array]
    changed = rows["since"].mask(rows["since_is_at_least"]).where(rows["kind"] != "silent", rows["last_seen"])
    columns = {
        "store": _texts(spaces, rows),
        "thing": thing_names(rows, names),
        "status": status_words(rows),
        "since": since_words(rows, tz, now),
        "changed": changed,
        "last heard": rows["last_seen"],
        "% up": _texts([None if pd.isna(up) else percent(up, 1) for up in rows["up"]], rows),
        "note": _texts([GONE if gone else None for gone in rows["gone"]], rows),
    }
    return display(rows.assign(**columns), COLUMNS, tz, names)


def thing_names(rows: pd.DataFrame, names: Names = NO_NAMES) -> pd.Series:
    """Return the name of each thing: by ``str1 · str2 · str4`` or by ``str4`` where the file of names has it."""
    found = []
    for thing, own in zip(rows["thing"].array, rows["str4"].array, strict=True):
        known = [names.name_of("thing", key) for key in (thing, own) if isinstance(key, str)]
        found.append(next((shown(name) for name in known if name), thing if isinstance(thing, str) else None))
    return _texts(found, rows)


def status_words(rows: pd.DataFrame) -> pd.Series:
    """Return the status of each row in words: ``● Online``, ``▨ Silent (said Online)``; missing for other events."""
    words = (rows["icon"] + " " + rows["status"]).astype("str")
    tiles = rows["kind"].map({kind: status.words for kind, status in TILES.items()})
    return words.mask(_differs(rows), tiles + " (said " + rows["status"] + ")")


def status_colours(rows: pd.DataFrame) -> pd.Series:
    """Return the colour of each row's `status_words`."""
    return rows["colour"].mask(_differs(rows), rows["kind"].map({kind: tile.colour for kind, tile in TILES.items()}))


def _differs(rows: pd.DataFrame) -> pd.Series:
    """Whether the kind of each row isn't that of the status that it reported."""
    return rows["kind"].notna() & (rows["kind"] != rows["reported"])


def since_words(rows: pd.DataFrame, tz: str, now: pd.Timestamp) -> pd.Series:
    """Return since when the status of each row holds, as local time; see `device_table`."""
    silent = (rows["kind"] == "silent").to_numpy(dtype=bool, na_value=False)
    since = rows["since"].mask(silent, rows["last_seen"])
    local = since.dt.tz_convert(tz)
    today = (local.dt.date == now.tz_convert(tz).date()).to_numpy(dtype=bool)
    clock = local.dt.strftime("%H:%M").where(today, local.dt.strftime("%a %H:%M"))
    at_least = rows["since_is_at_least"].to_numpy(dtype=bool) & ~silent
    reaches_back = np.where(silent, since <= now - DAY, at_least & rows["reaches_back"].to_numpy(dtype=bool))
    words = clock.mask(at_least, "before " + clock).mask(reaches_back, "≥ 24 h")
    found: pd.Series = words.mask(since.isna()).astype("str")
    return found


def changes_table(course: Sequence[Segment], tz: str) -> pd.DataFrame:
    """Return the course of a thing as a table, the newest first: ``from``, ``to``, ``status``, ``for``, ``int1``."""
    ordered = list(reversed(course))
    times = {
        name: pd.to_datetime([getattr(one, field) for one in ordered], unit="us", utc=True).tz_convert(tz)
        for name, field in (("from", "begin"), ("to", "end"))
    }
    texts = {
        "status": [one.state.words for one in ordered],
        "for": [age(one.seconds) for one in ordered],
        "int1": [one.int1 or None for one in ordered],
    }
    return pd.DataFrame({**times, **{name: pd.Series(values, dtype="str") for name, values in texts.items()}})


def _texts(values: Iterable[str | None], rows: pd.DataFrame) -> pd.Series:
    return pd.Series(list(values), index=rows.index, dtype="str")
