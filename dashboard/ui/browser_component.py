"""Components whose scripts are files of ``dashboard/static``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st

STATIC = Path(__file__).parents[1] / "static"


def component(name: str, **options: Any) -> Any:
    """Return a component that runs the default export of ``dashboard/static/<name>.js``.

    Streamlit sends the script of a component with every drawing of it, so this one only imports the file, which the
    browser fetches once. ``options`` are those of `st.components.v2.component`.
    """
    version = hashlib.sha256((STATIC / f"{name}.js").read_bytes()).hexdigest()[:12]
    # Relative to the page, so it also works below a base path. Streamlit takes a single line for the name of a file.
    script = f"""export default async (given) => {{
        const url = new URL("app/static/{name}.js?{version}", document.baseURI)
        return (await import(url)).default(given)
    }}"""
    return st.components.v2.component(name, js=script, **options)
