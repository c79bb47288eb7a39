"""``python -m gridrt_emulator``: the command line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence

from gridrt_emulator.app import REGIONS, build_app
from gridrt_emulator.clock import Clock, parse_instant
from gridrt_emulator.connections import Connections
from gridrt_emulator.faults import ARGUMENTS_MEANING, KINDS, BadFaultError, Fault, parse_fault
from gridrt_emulator.inbox import Inbox
from gridrt_emulator.places import Place
from gridrt_emulator.server import CannotListenError, EmulatorServer, end_on_signals, end_with_stdin, listen_on
from gridrt_emulator.store import Store
from gridrt_emulator.tenants import DEMO_TENANT, DEMO_TOKEN, QUIET_TENANT, QUIET_TOKEN, Tenant
from gridrt_emulator.world import BadSizeError, Size, World

_EPILOG = f"""\
Tenants. Without --tenant and --token there is {DEMO_TENANT} with the token
{DEMO_TOKEN}: the simulated chain of stores. A tenant without a world, for
what is posted to it, is always there: {QUIET_TENANT} with the token
{QUIET_TOKEN}. --tenant and --token may be repeated, in pairs: the first
has the world, the others have only what is posted to them.

Faults. KIND[:ARG][*COUNT][@ENDPOINT], KIND one of {", ".join(KINDS[:9])}
or {", ".join(KINDS[9:])}.
ARG: {ARGUMENTS_MEANING}.
COUNT: only so many requests. ENDPOINT: session, event or latest-event only.
While it runs: GET, POST, PUT and DELETE /_emulator/faults, by programs on the same computer, with
Content-Type application/json and
{{"fault": "429:2*1@event"}} or {{"kind": "429", "argument": 2, "count": 1, "endpoint": "event"}}.

Signals. An app that uses @ombori/grid-signals shows up here with
GRID_SIGNALS_API=http://127.0.0.1:8400/regions/eu/signals/v1 in its environment.
"""


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"-?\d{1,18}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return read


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return share


def _instant(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except BadFaultError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _tenant(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]{1,100}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an id: letters, digits, . _ ~ - only")
    return text


def _token(text: str) -> str:
    # The value is not repeated: it may be a real token.
    if not re.fullmatch(r"[!-~]{1,4096}", text):
        raise argparse.ArgumentTypeError("the token is empty or has characters that can't be in a header")
    return text


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gridrt_emulator",
        description="An emulator of the Grid real-time reports API: a simulated chain of stores, a signals intake.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this computer only)")
    add(
        "--port",
        type=_whole(0, 65535),
        default=8400,
        help="0: a free one, which standard output names (default: %(default)s)",
    )
    add("--region", choices=REGIONS, default="eu", help="data residency (default: %(default)s)")
    add("--tenant", action="append", type=_tenant, metavar="ID", help="tenant id; repeatable with --token")
    add(
        "--token",
        action="append",
        type=_token,
        metavar="TOKEN",
        help="the tenant's access token; repeatable with --tenant",
    )
    add("--seed", type=_whole(0, 10**18 - 1), default=7, help="which world (default: %(default)s)")
    add(
        "--events-per-day",
        type=_whole(0, 5_000_000),
        default=20_000,
        metavar="N",
        help="about so many events in any 24 hours; 0: no world (default: %(default)s)",
    )
    add(
        "--sessions-per-day",
        type=_whole(1, 5_000_000),
        metavar="N",
        help="about so many sessions in any 24 hours, longer or shorter ones with the same events"
        " (default: as many as come with visits of 8 events or so)",
    )
    add("--stores", type=_whole(1, 10_000), default=44, metavar="N", help="stores, in 44 cities (default: %(default)s)")
    add(
        "--oddities",
        type=_share,
        default=0.005,
        metavar="SHARE",
        help="share of odd records, 0 to 1 (default: %(default)s)",
    )
    add("--clock", type=_instant, metavar="ISO", help="start at 2026-11-23T12:00:00Z, say, instead of now, and move on")
    add("--frozen", action="store_true", help="the clock doesn't move on")
    add(
        "--speed", type=_whole(1, 100_000), default=1, metavar="N", help="seconds of the clock in a second (default: 1)"
    )
    add("--fault", action="append", type=_fault, default=[], metavar="FAULT", help="see below; repeatable")
    add("--exit-with-stdin", action="store_true", help="end when standard input is closed")
    return parser


def _pairs(
    parser: argparse.ArgumentParser, tenants: Sequence[str] | None, tokens: Sequence[str] | None
) -> dict[str, str]:
    """Return tokens by tenant, the tenant with the world first."""
    ids, keys = tenants or [DEMO_TENANT], tokens or [DEMO_TOKEN]
    if len(ids) != len(keys):
        parser.error(f"--tenant and --token come in pairs: there are {len(ids)} and {len(keys)}")
    if len(set(ids)) != len(ids):
        parser.error("--tenant names a tenant twice")
    return dict(zip(ids, keys, strict=True)) | ({} if QUIET_TENANT in ids else {QUIET_TENANT: QUIET_TOKEN})


def _tenant_of(tenantId: str, token: str, world: World | None, now: int) -> Tenant:
    store = Store(world, now) if world else None

    def place_of(sessionId: str) -> Place | None:
        return store.place_of(sessionId) if store else None

    return Tenant(tenantId, token, Inbox(now, place_of), store)


def _world(parser: argparse.ArgumentParser, options: argparse.Namespace, tenantId: str, now: int) -> World | None:
    size = Size(options.events_per_day, options.stores, options.oddities, options.sessions_per_day)
    if not size.events_per_day:
        if size.sessions_per_day:
            parser.error("argument --sessions-per-day: there are no sessions without events")
        return None
    try:
        return World(options.seed, size, tenantId, options.region.upper(), now)
    except BadSizeError as error:
        parser.error(f"argument --sessions-per-day: {error}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the emulator; return the exit code: 0, or 2 for a bad argument or an address that can't be bound."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    pairs = _pairs(parser, options.tenant, options.token)
    clock = Clock(options.clock, frozen=options.frozen, speed=options.speed)
    now, first = clock.now(), next(iter(pairs))
    world = _world(parser, options, first, now)
    end_on_signals()
    if options.exit_with_stdin:
        end_with_stdin()
    try:
        bound = listen_on(options.host, options.port)
    except CannotListenError as error:
        print(f"{parser.prog}: error: {error}. Choose another with --host and --port.", file=sys.stderr)
        return 2
    tenants = [
        _tenant_of(tenantId, token, world if tenantId == first else None, now) for tenantId, token in pairs.items()
    ]
    connections = Connections()
    app = build_app(options.region, tenants, clock, connections, options.fault)
    EmulatorServer(app, connections, bound, options.region, first).run_until_signalled()
    return 0


if __name__ == "__main__":
    sys.exit(main())
