"""What requests from outside make libraries log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from dashboard.server import library_logs

WEBSOCKET = "streamlit.web.server.starlette.starlette_websocket"


@pytest.fixture(autouse=True)
def shortened() -> Iterator[None]:
    """With limits that no other test has used up."""
    names = (WEBSOCKET, "uvicorn.error", "asyncio", "streamlit.runtime.app_session")
    before = {name: list(logging.getLogger(name).filters) for name in names}
    for name in names:
        logging.getLogger(name).filters.clear()
    library_logs.shorten()
    yield
    for name, filters in before.items():
        logging.getLogger(name).filters[:] = filters


def log_failure(logger: str, message: str, *values: object) -> None:
    try:
        raise ValueError("where")
    except ValueError as error:
        logging.getLogger(logger).error(message, *values, exc_info=error)


@pytest.mark.parametrize(
    ("logger", "message"),
    [
        (WEBSOCKET, "Error deserializing back message %d"),
        ("uvicorn.error", "Invalid UTF-8 sequence received from client. %d"),
        ("asyncio", "Fatal error on transport TCPTransport\nprotocol: <at %d>"),
        ("streamlit.runtime.app_session", 'No handler for "None" %d'),
    ],
)
def test_what_a_request_causes_is_few_lines(logger: str, message: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(100):
            log_failure(logger, message, number % 50)
    assert 1 <= len(caplog.records) <= 20
    assert "Traceback" not in caplog.text
    assert all(record.getMessage().endswith("(ValueError)") for record in caplog.records)


def test_a_mistake_of_the_server_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            log_failure("uvicorn.error", "Exception in ASGI application\n")
    assert caplog.text.count("Traceback") == 3
