"""Reading of the TOML files that settings name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def read_toml(file: Path, what: str, variable: str, error_class: type[ValueError], *, be: str = "is") -> dict[str, Any]:
    """Return the content of a file.

    Parameters
    ----------
    what, be
        The begin of the sentence of an error, such as "The names", and its verb.
    variable
        The setting that names the file.
    error_class
        Raised when the file can't be read, or isn't TOML in UTF-8.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise error_class(f"{what} {file} can't be read: {error.strerror}. Check {variable}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise error_class(f"{what} {file} {be} not TOML in UTF-8: {error}.") from error
