"""The log on standard error: one line of JSON per event, or text for people.

Records come from the standard library's logging; those with an attribute ``kind`` are events, whose other attributes
are the fields of the line. A text in a line may come from outside: control characters are escaped in both formats.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, WrappedLogger

from dashboard.server.limited_log import LimitedLog
from gridrt_client.errors import BadSettingError
from gridrt_client.safe_text import shown, traceback_of
from gridrt_client.settings import choice

VARIABLE: Final = "GRIDRT_LOG_FORMAT"
_TEXT: Final = logging.Formatter("%(asctime)s %(levelname)s %(name)s:")
# Loggers of the server, each with a handler of its own.
_OF_SERVER: Final = ("streamlit", "uvicorn", "websockets")


def from_env(env: Mapping[str, str], *, is_terminal: bool) -> str:
    """Return the format that is set, by default ``text`` on a terminal and ``json`` elsewhere.

    Raises
    ------
    BadSettingError
        It is none of these.
    """
    text = env.get(VARIABLE, "").strip()
    try:
        return choice(text, "json", "text") if text else "text" if is_terminal else "json"
    except ValueError as error:
        raise BadSettingError(f"{VARIABLE} {error}") from error


def formatter(form: str) -> logging.Formatter:
    """Return the formatter of ``json`` or ``text``."""
    if form == "text":
        return ProcessorFormatter(foreign_pre_chain=[_with_traceback], processors=[_as_text])
    return ProcessorFormatter(
        foreign_pre_chain=[
            _with_traceback,
            add_log_level,
            add_logger_name,
            ExtraAdder(),
            TimeStamper("iso", key="time"),
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _named,
            JSONRenderer(default=str),
        ],
    )


class EventsAndWarnings(logging.Filter):
    """Let events and warnings through, and few of those that anybody can cause as often as they like."""

    def __init__(self) -> None:
        super().__init__()
        self._limited = LimitedLog(logging.getLogger(__name__))

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING and not hasattr(record, "kind"):
            return False
        limited = getattr(record, "limited", None)
        return limited is None or self._limited.allows(record.name, *limited)


def format_server_log(form: logging.Formatter) -> None:
    """Let the server's own loggers write in this format, as far as they exist."""
    for name in tuple(logging.root.manager.loggerDict):
        if name.partition(".")[0] in _OF_SERVER:
            for handler in logging.getLogger(name).handlers:
                handler.setFormatter(form)


def _with_traceback(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Move the traceback out of the message, without the texts of the exceptions, which may quote data."""
    error = (event.pop("exc_info", None) or (None, None, None))[1]
    where = traceback_of(error) if error is not None else getattr(event["_record"], "traceback", "")
    if where:
        event["event"], event["traceback"] = event["event"].removesuffix(f"\n{where}"), where
    return event


def _named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Name the kind of record ``event`` and its text ``message``, and put what every line has first."""
    event.pop("limited", None)
    kind, message = event.pop("kind", "note"), event.pop("event")
    return {"time": event.pop("time"), "level": event.pop("level"), "event": kind, "message": message, **event}


def _as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    record: logging.LogRecord = event["_record"]
    head = _TEXT.formatTime(record), record.levelname, f"{record.name}:"
    lines = [" ".join((*head, _escaped(event["event"])))]
    lines += map(_escaped, event.get("traceback", "").splitlines())
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Return text on one line, without control characters and such as change the reading direction."""
    return "".join(one if one.isprintable() else shown(one)[1:-1] for one in text)
