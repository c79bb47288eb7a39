"""Whether this process can take another viewer: the descriptors that are left to it, and its open sessions.

A session takes four descriptors: a socket, and three of the event loop that Streamlit makes for its script. The latter
stay for minutes after the viewer has left.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dashboard.data.replica import HERE
from dashboard.server.http_messages import refuse
from dashboard.server.limited_log import LimitedLog
from dashboard.server.request_limits import Limits, opens_page

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENOUGH: Final = 65_536
RESERVED: Final = 64
"""The descriptors that are kept for open sessions: eight fetches with their files, exports, files of a page."""
_LISTS: Final = (Path("/proc/self/fd"), Path("/dev/fd"))
# Each time takes three descriptors for two minutes.
_FORGET_EVERY: Final = 20.0
_REFUSED: Final = (
    "Viewers are refused: nearly as many files and connections are open as the system permits. "
    "Raise the limit of open files (ulimit -n)."
)
_REFUSAL: Final = (
    "This dashboard has nearly as many connections open as the system permits. Try again in a few minutes; "
    "its operator can raise the limit of open files (ulimit -n)."
)
# A page that comes back to a session that there isn't, and leaves at once.
_PASSING_VIEWER: Final[dict[str, Any]] = {
    "type": "websocket",
    "asgi": {"version": "3.0", "spec_version": "2.4"},
    "http_version": "1.1",
    "scheme": "ws",
    "path": "/_stcore/stream",
    "raw_path": b"/_stcore/stream",
    "query_string": b"",
    "root_path": "",
    "headers": [(b"host", b"localhost"), (b"sec-websocket-protocol", b"streamlit, , none")],
    "subprotocols": ["streamlit", "", "none"],
    "client": ("127.0.0.1", 0),
    "server": ("127.0.0.1", 0),
}
_COMES_AND_LEAVES: Final[tuple[Message, ...]] = (
    {"type": "websocket.connect"},
    {"type": "websocket.disconnect", "code": 1000},
)
_log = logging.getLogger(__name__)


def raise_descriptor_limit() -> None:
    """Let this process have as many descriptors as the system permits, up to `ENOUGH`; a shell's limit is far lower."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as error:
        _log.warning("The limit of open files stays at %d: %s", soft, error)


def free_descriptors() -> int | None:
    """Return how many more descriptors this process may open; None where the system doesn't say."""
    if sys.platform == "win32":
        return None
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    for place in _LISTS:
        try:
            return limit - len(os.listdir(place))
        except FileNotFoundError:
            continue
        except OSError:
            # The list itself takes one.
            return 0
    return None


def can_take_viewer() -> bool:
    """Return whether this process can take another viewer. To be called in any thread."""
    return not _few_descriptors() and HERE.sessions.total() < Limits.from_env(os.environ).sessions


def problem() -> str:
    """Return why this process can't take another viewer, for the probe of readiness; empty where it can."""
    return "" if can_take_viewer() else "No further viewer can be taken: too many pages or files are open."


class DescriptorReserve:
    """ASGI middleware that takes no further viewer when nearly all descriptors are in use.

    Parameters
    ----------
    are_few
        Returns whether they are.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        app: ASGIApp,
        are_few: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._are_few, self._clock = app, are_few or _few_descriptors, clock
        self._forgot = -_FORGET_EVERY
        self._log = LimitedLog(_log, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        brings_viewer = scope["type"] == "websocket" or opens_page(scope)
        if brings_viewer and self._are_few() and not await self._forget_sessions():
            self._log.warning(_REFUSED)
            await refuse(scope, receive, send, 503, _REFUSAL)
        else:
            await self._app(scope, receive, send)

    async def _forget_sessions(self) -> bool:
        """Let Streamlit forget sessions whose time is up; return whether there are descriptors now.

        It does so when another one ends, which none does when all are refused.
        """
        now = self._clock()
        if now - self._forgot >= _FORGET_EVERY:
            self._forgot = now
            messages: Iterator[Message] = iter(_COMES_AND_LEAVES)

            async def receive() -> Message:
                return next(messages)

            # There may be no descriptor left for a session.
            with contextlib.suppress(OSError):
                await self._app(_PASSING_VIEWER, receive, _ignore)
            gc.collect()
        return not self._are_few()


def _few_descriptors() -> bool:
    free = free_descriptors()
    return free is not None and free < RESERVED


async def _ignore(_message: Message) -> None:
    pass
