"""The start and the end of the server: check settings, load modules, set up logging, stop the demo's emulator."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import pkgutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pyarrow as pa
import streamlit as st

from dashboard.data import audit
from dashboard.data.demo import DEMO
from dashboard.server.allowed_hosts import from_env
from gridrt_client.errors import BadSettingError
from gridrt_client.secrets_file import read_text

_DASHBOARD = Path(__file__).parents[1]
# Imported inside functions, by our modules or by what these import.
_LATE_IMPORTS = ("duckdb", "plotly.graph_objects", "pyarrow.csv")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncGenerator[None, None]:
    """Load all modules at the start; stop the demo's emulator at the end."""
    log_to_stderr()
    # A large answer passes through Arrow, NumPy and DuckDB. With one allocator for all of them each gets the memory
    # that another freed, and what isn't needed is returned to the system.
    pa.set_memory_pool(pa.system_memory_pool())
    ours = (module.name for module in pkgutil.walk_packages([str(_DASHBOARD)], "dashboard."))
    for name in (*ours, *_LATE_IMPORTS):
        if name != "dashboard.main":  # the script, which Streamlit runs
            importlib.import_module(name)
    freeze_loaded_objects()
    yield
    DEMO.stop()


def allowed_hosts() -> tuple[str, ...]:
    """Return the host names that are set; end the process with one line when they can't be used."""
    try:
        return from_env(os.environ)
    except BadSettingError as error:
        message = str(error)
    sys.exit(message)


def check_secrets() -> None:
    """End the process with one line when a secrets file can't be read: Streamlit would answer nothing but errors.

    Mistakes in the values of the file are named on the page.
    """
    message = ""
    for path in st.get_option("secrets.files"):
        if str(path).endswith(".toml"):
            try:
                read_text(path)
            except BadSettingError as error:
                message = str(error)
    if message:
        sys.exit(message)


def listens_on() -> str | None:
    """Return the address that the server listens on, None for all."""
    address: str | None = st.get_option("server.address")
    return address


def log_to_stderr() -> None:
    """Write our warnings to stderr with their time, where no logging is set up; the audit log in any case."""
    if not audit.LOG.handlers:
        audit.LOG.addHandler(logging.StreamHandler())
        audit.LOG.setLevel(logging.INFO)
        # Its lines have their time, and are written once.
        audit.LOG.propagate = False
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("dashboard", "gridrt_client"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(handler)


def freeze_loaded_objects() -> None:
    """Exclude the objects of the loaded modules from garbage collection.

    They stay until the process ends, and a full collection would spend 60 ms on them in which no viewer is served.
    (Streamlit's own collection after every run is off in `.streamlit/config.toml`.)
    """
    gc.collect()
    gc.freeze()
