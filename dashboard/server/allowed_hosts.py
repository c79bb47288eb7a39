"""The host names that the dashboard answers to.

Another site can let its own name point to this server's address (DNS rebinding). A browser then takes the dashboard for
a part of that site, even on the same machine, and lets the site's scripts read everything. The name that they use is in
the Host header, so requests for names that aren't allowed are refused.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

from dashboard.data.ip_addresses import address_of
from dashboard.server.http_messages import refuse
from dashboard.server.limited_log import LimitedLog
from gridrt_client.errors import BadSettingError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

VARIABLE: Final = "GRIDRT_ALLOWED_HOSTS"

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
# What a browser writes: a name in ASCII, or an address, and a port. No user, no path.
_HOST: Final = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN: Final = re.compile(r"https?://(?P<host>[^/?#@\\]+)", re.IGNORECASE)
_LABELS: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_REFUSED: Final = f"A request for the host “%s” was refused; {VARIABLE} names the allowed ones"
_OTHER_HOST: Final = (
    "A websocket of a page of “%s” names the host “%s”: the proxy in front of the dashboard must pass the Host header "
    "on, otherwise the page loads for ever"
)
_ADVICE: Final = f"Name it in {VARIABLE} and start the dashboard again, if this is meant to be its name."

_log = logging.getLogger(__name__)


class AllowedHosts:
    """ASGI middleware that refuses requests for other hosts.

    Allowed are the names of this machine, the address that the server listens on, the one at which the connection
    arrived, and the names that are set. A websocket must have been opened by a page of an allowed host (Origin), too.

    Parameters
    ----------
    allowed
        Names, as `parse` returns them.
    address
        Returns the address that the server listens on; None or a wildcard for all. Called at the first request.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed: tuple[str, ...] = (),
        address: Callable[[], str | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._allowed = allowed
        self._address = address
        self._names: frozenset[str] | None = None
        self._log = LimitedLog(_log, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None if scope["type"] == "lifespan" else self._refusal(scope)
        if refusal is not None:
            await refuse(scope, receive, send, *refusal)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the sentence with which a request is refused; None when it is allowed."""
        refusal = self._wrong_host(scope)
        if refusal is None and scope["type"] == "websocket" and not self._is_from_allowed_page(scope):
            return 403, "This websocket was not opened by a page of the dashboard."
        return refusal

    def _wrong_host(self, scope: Scope) -> tuple[int, str] | None:
        given = Headers(scope=scope).getlist("host")
        host = _host(given[0]) if len(given) == 1 else None
        if host is not None and self._is_allowed(host, scope):
            return None
        shown = _shown(" ".join(given))
        self._log.warning(_REFUSED, shown)
        if host is None:
            return 400, f"This request names no host that can be read ({shown or 'none'})."
        return 421, f"This dashboard does not answer to the name “{shown}”. {_ADVICE}"

    def _is_from_allowed_page(self, scope: Scope) -> bool:
        given = Headers(scope=scope).getlist("origin")
        match = _ORIGIN.fullmatch(given[0]) if len(given) == 1 else None
        host = _host(match["host"]) if match else None
        is_allowed = host is not None and self._is_allowed(host, scope)
        named = Headers(scope=scope).get("host", "")
        # Streamlit refuses a page of another host, unless it is one of this machine.
        if match and host not in _LOCAL and match["host"].lower() != named.lower():
            self._log.warning(_OTHER_HOST, _shown(match["host"]), _shown(named))
        elif not is_allowed:
            self._log.warning(_REFUSED, _shown(" ".join(given)))
        return is_allowed

    def _is_allowed(self, host: str, scope: Scope) -> bool:
        if self._names is None:
            listens_on = _plain_name(self._address() or "")
            own = [listens_on] if listens_on and not _is_wildcard(listens_on) else []
            self._names = frozenset((*_LOCAL, *own, *self._allowed))
        if host in self._names:
            return True
        # An address can't be another site's name for this server.
        server = scope.get("server")
        if server is not None and _is_address(host) and host == _plain_name(str(server[0])):
            return True
        return any(one.startswith("*.") and host.endswith(one[1:]) for one in self._allowed)


def from_env(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that are set; raises BadSettingError as `parse`."""
    return parse(env.get(VARIABLE, ""))


def parse(text: str) -> tuple[str, ...]:
    """Return names and ``*.names`` separated by commas as they are compared: lower case, no port, no dot at the end.

    Raises
    ------
    BadSettingError
        When one of them can't be a host name.
    """
    found = []
    for part in text.split(","):
        given = part.strip()
        if not given:
            continue
        wildcard = given.startswith("*.")
        name = _name_of(given[2:] if wildcard else given)
        if name is None or (wildcard and (_is_address(name) or "." not in name)):
            raise BadSettingError(
                f"{VARIABLE} must be names of hosts such as dash.example.com or *.example.com, separated by commas, "
                f"not “{_shown(given)}”"
            )
        found.append(f"*.{name}" if wildcard else name)
    return tuple(found)


def _name_of(given: str) -> str | None:
    """Return a host of a setting as it is compared; None when it can't be one."""
    if not given.isascii():
        try:
            given = given.encode("idna").decode()
        except UnicodeError:
            return None
    return _plain_name(given) if _is_address(given) else _host(given)


def _host(header: str) -> str | None:
    """Return the host of a Host header as it is compared, without port; None when it can't be one."""
    match = _HOST.fullmatch(header)
    if match is None or int(match["port"] or 0) > 65_535:
        return None
    if match["address"] is not None:
        found = _plain_name(match["address"])
        return found if _is_address(found) and ":" in match["address"] else None
    found = _plain_name(match["name"])
    return found if _LABELS.fullmatch(found) and len(found) <= 253 else None


def _plain_name(host: str) -> str:
    """Return a name in lower case without the dot at its end, an address in its shortest form."""
    address = address_of(host)
    return host.lower().removesuffix(".") if address is None else str(address)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_unspecified


def _shown(text: str) -> str:
    """Return at most 60 characters of a header, those that host names don't have replaced, to be logged."""
    return re.sub(r"[^A-Za-z0-9._:@*\[\]-]", "?", text[:60])
