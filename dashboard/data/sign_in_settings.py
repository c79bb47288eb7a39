"""How viewers sign in: not at all (open), with an OpenID provider, or at a proxy in front of the dashboard.

Set by environment variables; the provider is in the section ``[auth]`` of ``.streamlit/secrets.toml``, as ``st.login``
has it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any, Final

import streamlit as st

from dashboard.data.ip_addresses import Network, address_of
from dashboard.data.permissions import Roles, RolesError
from gridrt_client.safe_text import shown
from gridrt_client.settings import boolean

MODE: Final = "GRIDRT_SIGN_IN"
SESSION_HOURS: Final = "GRIDRT_SESSION_HOURS"
PROXY_ADDRESSES: Final = "GRIDRT_PROXY_ADDRESSES"
PROXY_EMAIL: Final = "GRIDRT_PROXY_EMAIL_HEADER"
PROXY_GROUPS: Final = "GRIDRT_PROXY_GROUPS_HEADER"
ALLOW_OPEN: Final = "GRIDRT_ALLOW_OPEN"
ROLES: Final = "GRIDRT_ROLES"

_DEFAULT_HOURS: Final = 12.0
_AUTH_KEYS: Final = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
_CALLBACK: Final = "/oauth2callback"
_SHORTEST_SECRET: Final = 32
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
# uvicorn replaces the address of a connection from these by what its X-Forwarded-For header names.
_FORWARDED_ALLOW_IPS: Final = "FORWARDED_ALLOW_IPS"
_UVICORN_DEFAULT: Final = "127.0.0.1"


class SignInError(ValueError):
    """The sign-in can't be set up; the message names the setting and the remedy."""


def current() -> SignIn:
    """Return the sign-in of this process; the file of roles is read again after a minute. Raises SignInError."""
    auth = st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
    return SignIn.load(os.environ, auth.to_dict() if auth is not None else None)


@st.cache_resource(ttl=60, show_spinner=False)
def _roles_of(path: str) -> Roles:
    return Roles.load(path)


class Mode(StrEnum):
    """How viewers sign in."""

    OPEN = "open"
    OIDC = "oidc"
    PROXY = "proxy"


@dataclass(frozen=True)
class SignIn:
    """The sign-in of this process.

    Attributes
    ----------
    mode
        How viewers sign in.
    roles
        What viewers may do; None in open mode where no file is set.
    session
        How long a viewer stays signed in with an OpenID provider.
    cookie_secret, redirect_uri
        Of ``[auth]``; empty in other modes.
    proxies
        The addresses from which the proxy connects; empty in other modes.
    forwards
        Whether uvicorn replaces the addresses of the proxy's connections, and of no others.
    email_header, groups_header
        The headers in which the proxy names the viewer, in lower case.
    """

    mode: Mode
    roles: Roles | None = None
    session: timedelta = timedelta(hours=_DEFAULT_HOURS)
    cookie_secret: str = ""
    redirect_uri: str = ""
    proxies: tuple[Network, ...] = ()
    forwards: bool = False
    email_header: str = "x-forwarded-email"
    groups_header: str = "x-forwarded-groups"

    @classmethod
    def load(cls, env: Mapping[str, str], auth: Mapping[str, Any] | None) -> SignIn:
        """Read the settings; ``auth`` is the section ``[auth]`` of the secrets, None where there is none.

        Without ``GRIDRT_SIGN_IN`` it is the provider where there is a section ``[auth]``, the proxy where its addresses
        are set, and open otherwise.

        Raises
        ------
        SignInError
            A setting is missing or can't be used.
        """
        mode = _mode(env, auth)
        roles = _roles(env, mode)
        if mode is Mode.OIDC:
            _check_auth(auth)
            secret, redirect = str((auth or {})["cookie_secret"]), str((auth or {})["redirect_uri"])
            return cls(mode, roles, _session(env), cookie_secret=secret, redirect_uri=redirect)
        if mode is Mode.PROXY:
            proxies = _networks(env)
            forwards = _forwards(env, proxies)
            email, groups = _header(env, PROXY_EMAIL), _header(env, PROXY_GROUPS)
            return cls(
                mode,
                roles,
                proxies=proxies,
                forwards=forwards,
                email_header=email or cls.email_header,
                groups_header=groups or cls.groups_header,
            )
        return cls(mode, roles)

    def is_from_proxy(self, host: str, port: int) -> bool:
        """Return whether a connection from this address comes from the proxy.

        uvicorn has replaced the address by the one that the proxy named where the port is 0.
        """
        if port == 0:
            return self.forwards
        address = address_of(host)
        return address is not None and any(address in network for network in self.proxies)

    def sentence(self, address: str | None) -> str:
        """Return what the log says at the start."""
        match self.mode:
            case Mode.OIDC:
                how = f"with the OpenID provider of [auth], for {self.session.total_seconds() / 3600:g} hours"
            case Mode.PROXY:
                how = f"at the proxy at {', '.join(map(str, self.proxies))}, header {self.email_header}"
            case _:
                how = f"is not needed (open); the dashboard listens on {address or 'all addresses'}"
        return f"Sign-in {how}"


def check_open(mode: Mode, address: str | None, *, is_demo: bool, env: Mapping[str, str] = os.environ) -> None:
    """Refuse to show a real tenant without sign-in to others than this machine.

    Raises
    ------
    SignInError
        In open mode with a real tenant, where the address is not a loopback one and ``GRIDRT_ALLOW_OPEN`` isn't true.
    """
    if mode is not Mode.OPEN or is_demo or _is_loopback(address) or _flag(env, ALLOW_OPEN):
        return
    raise SignInError(
        f"There is no sign-in, and the dashboard would show a real tenant to everybody who reaches "
        f"{address or 'any address of this machine'}. Set up a sign-in ({MODE}=oidc or {MODE}=proxy), let it listen on "
        f"127.0.0.1, or set {ALLOW_OPEN}=true if that is meant."
    )


def _mode(env: Mapping[str, str], auth: Mapping[str, Any] | None) -> Mode:
    given = env.get(MODE, "").strip().lower()
    if not given:
        return Mode.OIDC if auth is not None else Mode.PROXY if env.get(PROXY_ADDRESSES, "").strip() else Mode.OPEN
    if given not in tuple(Mode):
        raise SignInError(f"{MODE} must be one of {', '.join(Mode)}, not “{shown(given, 40)}”.")
    if given != Mode.OIDC and auth is not None:
        raise SignInError(f"{MODE} is {given}, and there is a section [auth] in the secrets: remove one of them.")
    return Mode(given)


def _roles(env: Mapping[str, str], mode: Mode) -> Roles | None:
    path = env.get(ROLES, "").strip()
    if not path:
        if mode is Mode.OPEN:
            return None
        raise SignInError(f"{ROLES} is not set: it names the file that says who may see what.")
    try:
        return _roles_of(path)
    except RolesError as error:
        raise SignInError(str(error)) from error


def _session(env: Mapping[str, str]) -> timedelta:
    text = env.get(SESSION_HOURS, "").strip()
    try:
        hours = float(text) if text else _DEFAULT_HOURS
    except ValueError:
        hours = -1.0
    if not 0 < hours <= 24 * 30:
        raise SignInError(f"{SESSION_HOURS} must be a number of hours up to 720, not “{shown(text, 40)}”.")
    return timedelta(hours=hours)


def _check_auth(auth: Mapping[str, Any] | None) -> None:
    if auth is None:
        raise SignInError(f"{MODE} is oidc, and there is no section [auth] in .streamlit/secrets.toml.")
    for key in _AUTH_KEYS:
        if not isinstance(auth.get(key), str) or not auth[key].strip():
            raise SignInError(f"{key} is missing in [auth] of .streamlit/secrets.toml.")
    if len(auth["cookie_secret"]) < _SHORTEST_SECRET:
        raise SignInError(f"cookie_secret in [auth] must have at least {_SHORTEST_SECRET} random characters.")
    if not auth["redirect_uri"].startswith(("http://", "https://")) or not auth["redirect_uri"].endswith(_CALLBACK):
        raise SignInError(f"redirect_uri in [auth] must be the dashboard's own address with {_CALLBACK} at its end.")


def _networks(env: Mapping[str, str]) -> tuple[Network, ...]:
    given = [part.strip() for part in env.get(PROXY_ADDRESSES, "").split(",") if part.strip()]
    if not given:
        raise SignInError(f"{PROXY_ADDRESSES} is not set: it names the addresses from which the proxy connects.")
    try:
        networks = tuple(ip_network(part, strict=False) for part in given)
    except ValueError as error:
        raise SignInError(f"{PROXY_ADDRESSES} must be addresses or networks such as 10.0.0.0/24: {error}.") from error
    if any(network.prefixlen == 0 for network in networks):
        raise SignInError(f"{PROXY_ADDRESSES} names every address: anybody could say who they are.")
    return networks


def _forwards(env: Mapping[str, str], proxies: tuple[Network, ...]) -> bool:
    """Return whether uvicorn takes forwarded addresses from the proxy alone.

    Without its setting uvicorn takes them from this machine. Raises SignInError where it is set to take them from
    others than the proxy: the real address of a connection would be unknown.
    """
    for part in env.get(_FORWARDED_ALLOW_IPS, _UVICORN_DEFAULT).split(","):
        text = part.strip()
        try:
            network = ip_network(text) if text else None
        except ValueError:
            network = ip_network("0.0.0.0/0")
        inside = network is None or any(
            network.version == one.version and network.subnet_of(one)  # type: ignore[arg-type]
            for one in proxies
        )
        if not inside and _FORWARDED_ALLOW_IPS in env:
            raise SignInError(f"{_FORWARDED_ALLOW_IPS} names “{shown(text, 40)}”, which is not in {PROXY_ADDRESSES}.")
        if not inside:
            return False
    return True


def _header(env: Mapping[str, str], variable: str) -> str:
    name = env.get(variable, "").strip()
    if name and not _HEADER.fullmatch(name):
        raise SignInError(f"{variable} must be the name of a header, not “{shown(name, 40)}”.")
    return name.lower()


def _is_loopback(address: str | None) -> bool:
    try:
        return address == "localhost" or ip_address(address or "").is_loopback
    except ValueError:
        return False


def _flag(env: Mapping[str, str], variable: str) -> bool:
    text = env.get(variable, "").strip()
    try:
        return bool(text) and boolean(text)
    except ValueError as error:
        raise SignInError(f"{variable} {error}.") from error
