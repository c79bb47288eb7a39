"""The relay passes everything on unchanged and counts what it must."""

from __future__ import annotations

import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.benchmarks.relay import Relay

BODY = bytes(range(256)) * 8_000


class Big(BaseHTTPRequestHandler):
    """Answers everything with the same two megabytes."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_what_comes_through_is_what_was_sent_and_each_request_is_counted() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Big) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Relay(f"http://127.0.0.1:{server.server_port}") as relay:
            for path in ("/realtime/event/tenants/1", "/realtime/latest-event/tenants/1", "/_stcore/stream"):
                with urllib.request.urlopen(relay.url + path, timeout=10) as answer:  # noqa: S310
                    assert answer.read() == BODY
            assert [relay.calls(f"/{name}/") for name in ("event", "latest-event", "session")] == [1, 1, 0]
            # Only what went through the connection that opened a stream is counted as streamed.
            assert len(BODY) < relay.stream_bytes < len(BODY) + 1_000
        server.shutdown()
