"""What happens around all viewers: modules loaded before the first one comes, the demo's emulator ended at the end."""

from __future__ import annotations

import gc
import importlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pyarrow as pa
import streamlit as st

from dashboard import demo

# What views load on top of this module's own imports, and what these load only when they are used.
_MODULES = (
    "dashboard.browse",
    "dashboard.frame",
    "dashboard.headline",
    "dashboard.panels",
    "dashboard.sidebar",
    "duckdb",
    "plotly.graph_objects",
    "pyarrow.csv",
)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncGenerator[None, None]:
    """Load everything at the start; give the emulator back its port when the server stops."""
    # A large answer passes through Arrow, NumPy and DuckDB. From one allocator for all of them the next user gets what
    # the last one freed, and what nobody needs goes back to the system.
    pa.set_memory_pool(pa.system_memory_pool())
    for name in _MODULES:
        importlib.import_module(name)
    spare_the_collector()
    yield
    demo.stop()


def spare_the_collector() -> None:
    """Let the garbage collector look at nothing that is there for good.

    With the modules that a dashboard loads a full collection is 60 ms of looking at objects that never go, in which no
    viewer is served; frozen, they are not looked at. (Streamlit's own collection after every run is off in
    `.streamlit/config.toml`.)
    """
    gc.collect()
    gc.freeze()
