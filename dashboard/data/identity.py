"""Who the viewer is whose script runs, by what `dashboard.server.sign_in_gate` lets through."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from dashboard.data.permissions import Identity
from dashboard.data.sign_in_settings import Mode, SignIn, SignInError

OUR_HEADERS: Final = b"x-gridrt-"
"""What the names of the headers begin with that only the gate may set."""
MODE_HEADER: Final = "x-gridrt-sign-in"
EMAIL_HEADER: Final = "x-gridrt-email"
GROUPS_HEADER: Final = "x-gridrt-groups"
SESSION_HEADER: Final = "x-gridrt-session"
ENDS_HEADER: Final = "x-gridrt-session-ends"
FAILED_COOKIE: Final = "gridrt_sign_in_failed"
LOCAL: Final = Identity(name="local")
"""The viewer where nobody signs in."""


class EndedSessions:
    """The sessions whose viewers have signed out before their time, by identifier. Thread-safe."""

    def __init__(self) -> None:
        self._ended: dict[str, float] = {}

    def add(self, identifier: str, seconds: float) -> None:
        """Note a session for as long as its cookie would be accepted."""
        now = time.monotonic()
        self._ended = {one: until for one, until in self._ended.items() if until > now} | {identifier: now + seconds}

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._ended


ENDED: Final = EndedSessions()
"""Those of this process."""


class NotSignedInError(Exception):
    """The viewer has not signed in, or has been signed in for long enough; the message says which."""


def current(sign_in: SignIn) -> Identity:
    """Return who the viewer is.

    Raises
    ------
    NotSignedInError
        Nobody has signed in, or the session has ended.
    SignInError
        The gate lets viewers in by other settings.
    """
    headers = st.context.headers
    if headers.get(MODE_HEADER, sign_in.mode) != sign_in.mode:
        raise SignInError("The settings of the sign-in have changed since the start. Start the dashboard again.")
    if sign_in.mode is Mode.OPEN:
        return LOCAL
    if sign_in.mode is Mode.PROXY:
        return of_proxy(headers.get(EMAIL_HEADER), headers.get(GROUPS_HEADER))
    ends = _session_ends()
    if not st.user.is_logged_in or ends is None:
        failed = FAILED_COOKIE in st.context.cookies
        raise NotSignedInError(
            "Signing in did not work: the provider refused, or its answer could not be verified." if failed else ""
        )
    if time.time() >= ends or headers.get(SESSION_HEADER) in ENDED:
        raise NotSignedInError("Your session has ended.")
    unverified = sign_in.roles is not None and sign_in.roles.accepts_unverified_email
    return of_claims(st.user.to_dict(), accepts_unverified_email=unverified)


def owner_of(headers: Mapping[str, str]) -> str:
    """Return whom the files belong to that are made or fetched with these headers of the gate.

    That is the session with a provider, or the viewer whom the proxy names; empty where nobody signs in.
    """
    return headers.get(SESSION_HEADER) or (headers.get(EMAIL_HEADER) or "").lower()


def seconds_left(sign_in: SignIn) -> float | None:
    """Return the seconds until the viewer's session ends; None where no session ends here."""
    ends = _session_ends() if sign_in.mode is Mode.OIDC else None
    return None if ends is None else max(0.0, ends - time.time())


def _session_ends() -> float | None:
    """Return when the session ends, in seconds since 1970, as the gate has said when the page was opened."""
    ends = st.context.headers.get(ENDS_HEADER)
    return None if ends is None else float(ends)


def of_claims(claims: Mapping[str, Any], *, accepts_unverified_email: bool) -> Identity:
    """Return the identity of the claims of an OpenID provider.

    An e-mail address counts only where the provider says that it is verified, or where unverified ones are accepted:
    with some providers anybody can give an account the address of somebody else.
    """
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True or accepts_unverified_email
    address = email.strip().lower() if isinstance(email, str) and is_verified else ""
    name = next((str(claims[key]) for key in ("email", "preferred_username", "name", "sub") if claims.get(key)), "")
    groups = claims.get("groups")
    members = groups if isinstance(groups, list | tuple) else [groups]
    return Identity(address, name, frozenset(one for one in members if isinstance(one, str)), dict(claims))


def of_proxy(email: str | None, groups: str | None) -> Identity:
    """Return the identity of the headers of a proxy; groups are separated by commas.

    Raises
    ------
    NotSignedInError
        The proxy has not named anybody.
    """
    if not email:
        raise NotSignedInError("The proxy does not say who you are.")
    members = frozenset(part.strip() for part in (groups or "").split(",") if part.strip())
    return Identity(email.lower(), email, members)
