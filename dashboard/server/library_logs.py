"""Few and short lines about what requests from outside make libraries log: some write a traceback for each."""

from __future__ import annotations

import logging
from typing import Final

from dashboard.server.limited_log import LimitedLog

# Loggers of libraries -> how the messages begin that a request can cause, whatever this server does.
_CAUSED_BY_REQUESTS: Final = {
    "streamlit.web.server.starlette.starlette_websocket": ("",),
    "streamlit.runtime.app_session": ("No handler for",),
    "uvicorn.error": ("Invalid ", "Unsupported upgrade request", "No supported WebSocket library"),
    # The event loop's: bytes after a request that can't be read, and no descriptor for another connection.
    "asyncio": ("Fatal error on transport", "socket.accept() out of system resource"),
}

_log = logging.getLogger(__name__)


class ShortLines(logging.Filter):
    """Let few messages with these beginnings pass, each as one line without a traceback; all others unchanged."""

    def __init__(self, beginnings: tuple[str, ...]) -> None:
        super().__init__()
        self._beginnings, self._limited = beginnings, LimitedLog(_log)

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if record.levelno < logging.WARNING or not message.startswith(self._beginnings):
            return True
        kind = record.exc_info[0] if record.exc_info else None
        line = message.splitlines()[0] if message else ""
        record.msg, record.args = (f"{line} ({kind.__name__})" if kind is not None else line), ()
        record.exc_info = record.exc_text = record.stack_info = None
        return self._limited.allows(record.msg)


def shorten() -> None:
    """Keep what requests can cause from filling the log."""
    for name, beginnings in _CAUSED_BY_REQUESTS.items():
        logger = logging.getLogger(name)
        if not any(isinstance(one, ShortLines) for one in logger.filters):
            logger.addFilter(ShortLines(beginnings))
