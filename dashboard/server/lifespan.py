"""What happens around all viewers: who is let in, what the log says, modules loaded before the first one comes, the
demo's emulator ended at the end."""

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

from dashboard.data import demo
from dashboard.server.allowed_hosts import from_env
from gridrt_client.errors import BadSettingError
from gridrt_client.secrets_file import read_text

_DASHBOARD = Path(__file__).parents[1]
# Imported inside functions, by our modules or by what these import.
_LATE_IMPORTS = ("duckdb", "plotly.graph_objects", "pyarrow.csv")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncGenerator[None, None]:
    """Load everything at the start; give the emulator back its port when the server stops."""
    log_to_stderr()
    # A large answer passes through Arrow, NumPy and DuckDB. From one allocator for all of them the next user gets what
    # the last one freed, and what nobody needs goes back to the system.
    pa.set_memory_pool(pa.system_memory_pool())
    ours = (module.name for module in pkgutil.walk_packages([str(_DASHBOARD)], "dashboard."))
    for name in (*ours, *_LATE_IMPORTS):
        if name != "dashboard.main":  # the script, which Streamlit runs
            importlib.import_module(name)
    spare_the_collector()
    yield
    demo.stop()


def allowed_hosts() -> tuple[str, ...]:
    """The host names that are set; one line ends the process when they can't be used, so that nobody is let in by
    mistake."""
    try:
        return from_env(os.environ)
    except BadSettingError as error:
        told = str(error)
    sys.exit(told)


def check_secrets() -> None:
    """End the process with one line when a secrets file can't be read: Streamlit would answer nothing but errors.

    Mistakes in what it says are told on the page.
    """
    told = ""
    for path in st.get_option("secrets.files"):
        if str(path).endswith(".toml"):
            try:
                read_text(path)
            except BadSettingError as error:
                told = str(error)
    if told:
        sys.exit(told)


def listens_on() -> str | None:
    """The address that the server listens on, None for all."""
    address: str | None = st.get_option("server.address")
    return address


def log_to_stderr() -> None:
    """Let warnings of ours be seen, with their time, where nobody has set up any logging."""
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("dashboard", "gridrt_client"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(handler)


def spare_the_collector() -> None:
    """Let the garbage collector look at nothing that is there for good.

    With the modules that a dashboard loads a full collection is 60 ms of looking at objects that never go, in which no
    viewer is served; frozen, they are not looked at. (Streamlit's own collection after every run is off in
    `.streamlit/config.toml`.)
    """
    gc.collect()
    gc.freeze()
