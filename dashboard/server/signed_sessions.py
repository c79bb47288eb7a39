"""The sessions of viewers who have signed in: signed cookies, each bound to the cookie that holds the identity."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer

from dashboard.data.identity import ENDED

GRACE_SECONDS: Final = 30.0
"""How long a websocket stays open after its session: the page asks earlier, and says that the session has ended."""
SESSION_COOKIE: Final = "gridrt_session"
# Streamlit's cookies with the identity.
USER_COOKIE: Final = "_streamlit_user"
TOKENS_COOKIE: Final = "_streamlit_user_tokens"


@dataclass(frozen=True)
class SignedSession:
    """A session: its identifier, and when it ends in seconds since 1970."""

    identifier: str
    ends: float


class SignedSessions:
    """The sessions of this process: signed cookies, each bound to Streamlit's cookie with the identity."""

    def __init__(self, secret: str, seconds: float) -> None:
        self._signer, self.seconds = URLSafeTimedSerializer(secret, salt="gridrt-session"), seconds
        self._watched: dict[str, set[asyncio.Event]] = {}

    def create(self, user_cookie: str) -> str:
        """Return the value of the cookie of a new session."""
        return str(self._signer.dumps([secrets.token_urlsafe(16), _digest(user_cookie)]))

    def read(self, cookies: Mapping[str, str], now: float) -> SignedSession | None:
        """Return the session of a request; None where there is none, it has ended, or the identity is another one."""
        try:
            (identifier, digest), began = self._signer.loads(
                cookies.get(SESSION_COOKIE, ""), max_age=int(self.seconds) + 1, return_timestamp=True
            )
        except (BadSignature, ValueError, TypeError):
            return None
        ends = began.timestamp() + self.seconds
        is_same = secrets.compare_digest(str(digest), _digest(cookies.get(USER_COOKIE, "")))
        return SignedSession(identifier, ends) if is_same and now < ends and identifier not in ENDED else None

    def end(self, identifier: str) -> None:
        """End a session: its cookie is refused from now on, and its websockets are closed a little later."""
        ENDED.add(identifier, self.seconds)
        for event in self._watched.get(identifier, ()):
            asyncio.get_running_loop().call_later(GRACE_SECONDS, event.set)

    def watch(self, identifier: str) -> asyncio.Event:
        """Return an event that is set when the websockets of a session are to be closed."""
        event = asyncio.Event()
        self._watched.setdefault(identifier, set()).add(event)
        return event

    def unwatch(self, identifier: str, event: asyncio.Event) -> None:
        watched = self._watched.get(identifier, set())
        watched.discard(event)
        if not watched:
            self._watched.pop(identifier, None)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
