"""The section of a connection in Streamlit's secrets files, and clear errors for mistakes in them.

Streamlit itself treats an unreadable file as missing and ignores a misspelt name. Keys and sections of other programs
are left alone.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from gridrt_client.errors import BadSettingError
from gridrt_client.safe_text import one_line
from gridrt_client.settings import Settings, check_variables, nearest

CONNECTION_TYPE: Final = "gridrt_client.connection.GridConnection"
DEFAULT_NAME: Final = "grid"  # the dashboard's connection

_NAMES: Final = tuple(one.name for one in fields(Settings))
_OF_DASHBOARD: Final = ("label", "names", "status_reference")
"""Further keys of a section: what a tenant is called, and its files of names and status values."""
# Names that identify our section; region or retries may belong to other programs.
_IDENTIFYING: Final = ("tenant_id", "access_token")


@dataclass(frozen=True)
class Section:
    """The values of ``[connections.<name>]`` by setting name, and their source for error messages."""

    values: Mapping[str, Any]
    source: str


def read_section(paths: Iterable[str | Path], name: str = DEFAULT_NAME) -> Section | None:
    """Return the section of a connection from the last of the files that has it; None when none has.

    Folders whose names don't end with ``.toml`` are skipped. A file that can't be read, isn't TOML, or has a name that
    is probably misspelt raises BadSettingError, which names the file and the key, and shows no value.
    """
    found: Section | None = None
    for path in map(Path, paths):
        if path.suffix == ".toml":
            found = _checked(_content(path), _shown(path), name) or found
        elif path.is_file():
            raise BadSettingError(f"{_shown(path)} is not looked at", advice="Give it a name that ends with .toml.")
    return found


def read_text(path: str | Path) -> str | None:
    """Return the text of a UTF-8 file; None when there is none. Raise BadSettingError when it can't be read."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        why = "is a folder instead of a file"
        advice = "Remove the folder; Docker makes one where a file that it shall mount isn't there."
    except OSError as error:
        why, advice = f"can't be read ({one_line(error.strerror or 'unknown reason', 80)})", "Let this program read it."
    else:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
        why, advice = f"is not UTF-8 text (at line {line})", "Save it as UTF-8."
    raise BadSettingError(f"{_shown(Path(path))} {why}", advice=advice)


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(path) or "")
    except tomllib.TOMLDecodeError as error:
        # The parser's text holds the line number and at most one character of the file.
        why, advice = f"can't be read as TOML: {one_line(str(error), 120)}", "Correct that line; texts stand in quotes."
    except RecursionError:
        why, advice = "is nested too deeply", "Correct the file."
    raise BadSettingError(f"{_shown(path)} {why}", advice=advice)


def _checked(content: Mapping[str, Any], shown: str, name: str) -> Section | None:
    """Return the section; raise for every mistake that can be recognised."""
    full = f"[connections.{name}]"
    connections = content.get("connections", {})
    if not isinstance(connections, Mapping):
        raise BadSettingError(f"connections in {shown} must be a table", advice=f"Write {full} on a line of its own.")
    section = connections.get(name)
    if section is not None and not isinstance(section, Mapping):
        raise BadSettingError(f"{name} in [connections] of {shown} must be a table", advice=f"Write {full} instead.")
    if section is None:
        _refuse_misspelt_section(content, connections, shown, name)
    _refuse_outside(content, connections, section, shown, full)
    if section is None:
        return None
    source = f"{full} of {shown}"
    for key, value in section.items():
        if key not in (*_NAMES, *_OF_DASHBOARD, "type"):
            meant = nearest(key, _NAMES)
            hint = f"{meant} was probably meant" if meant else f"there are {', '.join(_NAMES)}"
            raise BadSettingError(f"{one_line(key, 60)} in {source} is no setting; {hint}")
        if key == "type" and value != CONNECTION_TYPE:
            raise BadSettingError(f"type in {source} must be “{CONNECTION_TYPE}”")
    return Section(section, source)


def _refuse_misspelt_section(content: Mapping[str, Any], connections: Mapping[str, Any], shown: str, name: str) -> None:
    tables = {f"connections.{key}": (key, table) for key, table in connections.items()}
    for key, table in content.items():
        if key != "connections" and isinstance(table, Mapping):
            tables[key] = key, table
            if nearest(key, ["connections"]):
                tables |= {f"{key}.{inner}": (inner, one) for inner, one in table.items()}
    for path, (key, table) in tables.items():
        if not isinstance(table, Mapping) or table.get("type", CONNECTION_TYPE) != CONNECTION_TYPE:
            continue
        similar = nearest(key, [name], cutoff=0.7) is not None
        ours = name == DEFAULT_NAME and ("type" in table or all(one in table for one in _IDENTIFYING))
        has_our_settings = not table or any(one in _NAMES or nearest(one, _NAMES) in _IDENTIFYING for one in table)
        if ours or (similar and has_our_settings):
            meant = f"[connections.{name}] was probably meant"
            raise BadSettingError(f"[{one_line(path, 60)}] in {shown} is not looked at; {meant}")


def _refuse_outside(
    content: Mapping[str, Any], connections: Mapping[str, Any], section: Mapping[str, Any] | None, shown: str, full: str
) -> None:
    # Streamlit turns top-level values into environment variables.
    check_variables({key: value for key, value in content.items() if not isinstance(value, Mapping)}, f" in {shown}")
    for place, table in (("", content), (" in [connections]", connections)):
        some = section is not None or any(one in table for one in _IDENTIFYING)
        for name in _NAMES:
            if some and name in table and name not in (section or {}) and not isinstance(table[name], Mapping):
                raise BadSettingError(f"{name}{place} of {shown} is not looked at; it belongs below the line {full}")


def _shown(path: Path) -> str:
    """Return the path for messages, relative to the working directory where possible."""
    absolute, here = os.path.abspath(path), os.getcwd()
    shown = os.path.relpath(absolute, here) if absolute.startswith(here + os.sep) else absolute
    return one_line(shown, 120)
