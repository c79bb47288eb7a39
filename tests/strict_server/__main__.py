"""``python -m tests.strict_server --port 8500``: the server alone, for trying the dashboard on it by hand."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tests.strict_server import Counts, StrictServer, nasty


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.strict_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8500)
    parser.add_argument("--token", default="strict-token")
    parser.add_argument("--sessions", type=int, default=240, help="visits of the nasty chain")
    parser.add_argument("--spaces", type=int, default=0, help="that many spaces more, of one session each")
    parser.add_argument("--failure", help="answer everything with this failure, such as 401, html or hang")
    options = parser.parse_args()
    now = datetime.now(UTC)
    records = nasty(now, sessions=options.sessions, spaces=options.spaces)
    with StrictServer(records, options.token, port=options.port) as server:
        server.failure = options.failure
        print(
            f"GRIDRT_BASE_URL={server.base_url} GRIDRT_TENANT_ID={server.tenant_id} GRIDRT_ACCESS_TOKEN={options.token}"
        )
        counts = Counts(records)
        print(f"sessions {counts.sessions}, events {counts.events}, interactive {counts.interactive_share}")
        print(f"active {counts.active(now)}, location {counts.location}, revenue {counts.revenue}", flush=True)
        try:
            server.stopped.wait()
        except KeyboardInterrupt:
            print(*(server.violations or ["no violations"]), sep="\n")


if __name__ == "__main__":
    main()
