"""The start and the end of the server: check settings, load modules, set up logging, stop the demo's emulator."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import pkgutil
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import streamlit as st

from dashboard.data import audit, readiness, sign_in_settings, tenant
from dashboard.data.demo import DEMO
from dashboard.data.replicas import Heartbeat
from dashboard.data.sign_in_settings import SignIn, SignInError
from dashboard.server import capacity, library_logs, security_headers
from dashboard.server.allowed_hosts import from_env as hosts_from_env
from dashboard.server.log_format import EventsAndWarnings, format_server_log, formatter
from dashboard.server.log_format import from_env as log_format_from_env
from dashboard.server.operations import OperationsServer, Place
from dashboard.server.request_limits import Limits
from gridrt_client.duckdb_calls import CALLS
from gridrt_client.errors import BadSettingError, GridError
from gridrt_client.secrets_file import read_text

T = TypeVar("T")

_DASHBOARD = Path(__file__).parents[1]
_log = logging.getLogger(__name__)
# Imported inside functions, by our modules or by what these import.
_LATE_IMPORTS = ("duckdb", "plotly.graph_objects", "pyarrow.csv")


@asynccontextmanager
async def lifespan(_app: st.App, operations: OperationsServer | None = None) -> AsyncGenerator[None, None]:
    """Load all modules at the start and serve probes and metrics; stop these and the demo's emulator at the end."""
    # Again, for the loggers of the server that exist only now.
    log_to_stderr()
    library_logs.shorten()
    capacity.raise_descriptor_limit()
    sign_in = sign_in_settings.current()
    _log.info("%s", sign_in.sentence(listens_on()), extra={"kind": "start", "sign_in": sign_in.mode.value})
    # A large answer passes through Arrow, NumPy and DuckDB. With one allocator for all of them each gets the memory
    # that another freed, and what isn't needed is returned to the system.
    pa.set_memory_pool(pa.system_memory_pool())
    ours = (module.name for module in pkgutil.walk_packages([str(_DASHBOARD)], "dashboard."))
    for name in (*ours, *_LATE_IMPORTS):
        if name != "dashboard.main":  # the script, which Streamlit runs
            importlib.import_module(name)
    freeze_loaded_objects()
    if capacity.problem not in readiness.CHECKS:
        readiness.CHECKS.append(capacity.problem)
    if operations is not None:
        operations.start(asyncio.get_running_loop())
    heartbeat = Heartbeat()
    heartbeat.start()
    try:
        yield
    finally:
        await asyncio.to_thread(heartbeat.stop)
        if operations is not None:
            # Its thread looks at the event loop of this one.
            await asyncio.to_thread(operations.stop)
        CALLS.stop()
        DEMO.stop()


def operations() -> OperationsServer | None:
    """Return the server of probes and metrics, None where none is set; end the process with one line when it can't be.

    Its port is listened on from now on.
    """
    place = _or_exit(lambda: Place.from_env(os.environ))
    return None if place is None else OperationsServer(_or_exit(place.listen))


def allowed_hosts() -> tuple[str, ...]:
    """Return the host names that are set; end the process with one line when they can't be used."""
    return _or_exit(lambda: hosts_from_env(os.environ))


def frame_ancestors() -> str:
    """Return the pages that may frame the dashboard; end the process with one line when they can't be used."""
    return _or_exit(lambda: security_headers.from_env(os.environ))


def limits() -> Limits:
    """Return the limits that are set; end the process with one line when they can't be used."""
    return _or_exit(lambda: Limits.from_env(os.environ))


def _or_exit(read: Callable[[], T]) -> T:
    try:
        return read()
    except (BadSettingError, SignInError) as error:
        message = str(error)
    sys.exit(message)


def check_secrets() -> None:
    """End the process with one line when a secrets file can't be read: Streamlit would answer nothing but errors.

    Mistakes in the values of the file are named on the page.
    """
    for path in st.get_option("secrets.files"):
        if str(path).endswith(".toml"):
            _or_exit(partial(read_text, path))


def signing_in() -> SignIn:
    """Return the sign-in; end the process with one line when it can't be set up, or lets everybody in by mistake."""
    found = _or_exit(sign_in_settings.current)
    _or_exit(lambda: sign_in_settings.check_open(found.mode, listens_on(), is_demo=_is_demo()))
    return found


def _is_demo() -> bool:
    try:
        return tenant.is_demo()
    except GridError:
        # Named on the page, which shows nothing else.
        return False


def listens_on() -> str | None:
    """Return the address that the server listens on, None for all."""
    address: str | None = st.get_option("server.address")
    return address


def log_to_stderr() -> None:
    """Write events, our warnings, and what happens at the start and the end, to stderr in the format that is set.

    Where logging is set up already, only the audit log. End the process with one line when there is no such format.
    """
    form = formatter(_or_exit(lambda: log_format_from_env(os.environ, is_terminal=sys.stderr.isatty())))
    handler = logging.StreamHandler()
    handler.setFormatter(form)
    handler.addFilter(EventsAndWarnings())
    names = [audit.LOG.name]
    # The lines of the audit log are written once.
    audit.LOG.propagate = False
    if not logging.getLogger().handlers:
        names += ["dashboard", "gridrt_client"]
        format_server_log(form)
    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        if not logger.handlers:
            logger.addHandler(handler)


def freeze_loaded_objects() -> None:
    """Exclude the objects of the loaded modules from garbage collection.

    They stay until the process ends, and a full collection would spend 60 ms on them in which no viewer is served.
    (Streamlit's own collection after every run is off in `.streamlit/config.toml`.)
    """
    gc.collect()
    gc.freeze()
