"""The processes that share a Redis: each keeps a small note there, which expires when it isn't renewed.

Notes are sealed like answers (`_messages.Sealer`): only processes with the same access token can write one that the
others accept, and what is read is checked.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from redis.exceptions import RedisError

from gridrt_client.safe_text import one_line
from gridrt_client.settings import Settings
from gridrt_client.sharing._frames import UnusableError
from gridrt_client.sharing._link import Link
from gridrt_client.sharing._messages import LONGEST, Sealer
from gridrt_client.sharing.shared_fetch import link_to

KEPT_SECONDS: Final = 35.0
_LONGEST_NOTE: Final = 2_000  # bytes, sealed
_MOST: Final = 100
_ROUNDS: Final = 50
_KIND: Final = "replica"
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReplicaNote:
    """What a process says about itself. Dates are UTC."""

    identifier: str
    """Eight hex digits."""
    version: str
    started_at: datetime
    sessions: int
    """Open pages."""
    answered_at: datetime | None
    """When its newest answer came; None before the first."""
    noted_at: datetime


class ReplicaNotes:
    """The notes of the processes with the same access token. Failures are silent: answers matter more."""

    def __init__(self, link: Link, access_token: str) -> None:
        self._link, self._sealer = link, Sealer(access_token)

    @classmethod
    def of(cls, settings: Settings) -> "ReplicaNotes | None":
        """Return the notes in the Redis of these settings; None without one."""
        return cls(link_to(settings.redis_url), settings.access_token) if settings.redis_url else None

    def write(self, note: ReplicaNote) -> None:
        """Store a note for `KEPT_SECONDS`."""
        name = self._sealer.name(_KIND, note.identifier)
        content = {
            "identifier": note.identifier,
            "version": note.version,
            "started_at": note.started_at.isoformat(),
            "sessions": note.sessions,
            "answered_at": None if note.answered_at is None else note.answered_at.isoformat(),
            "noted_at": note.noted_at.isoformat(),
        }
        try:
            self._link.client.set(name, self._sealer.sealed_json(name, content), px=round(KEPT_SECONDS * 1000))
        except (RedisError, OSError) as error:
            _log.debug("The note of this process could not be stored (%s)", type(error).__name__)

    def remove(self, identifier: str) -> None:
        """Remove the note of a process that ends."""
        try:
            self._link.client.delete(self._sealer.name(_KIND, identifier))
        except (RedisError, OSError) as error:
            _log.debug("The note of this process could not be removed (%s)", type(error).__name__)

    def read(self) -> list[ReplicaNote] | None:
        """Return the notes of all processes, the one that runs longest first; None where Redis doesn't answer."""
        try:
            found = [self._read(name) for name in self._names()]
        except (RedisError, OSError):
            return None
        return sorted((one for one in found if one is not None), key=lambda one: one.started_at)

    def _names(self) -> list[str]:
        """Return names that may be those of notes, in a limited number of commands."""
        prefix = self._sealer.name(_KIND, "").rpartition(":")[0]
        names: set[str] = set()
        cursor = 0
        for _ in range(_ROUNDS):
            cursor, found = self._link.client.scan(cursor, match=f"{prefix}:*", count=1000)
            names |= {name.decode("utf-8", "replace") for name in found}
            if not cursor or len(names) >= _MOST:
                break
        return sorted(names)[:_MOST]

    def _read(self, name: str) -> ReplicaNote | None:
        data = self._link.client.getrange(name, 0, min(_LONGEST_NOTE, LONGEST) - 1)
        try:
            note = _note(self._sealer.opened_json(name, data))
        except UnusableError:
            return None
        return note if self._sealer.name(_KIND, note.identifier) == name else None


def _note(content: Mapping[str, Any]) -> ReplicaNote:
    try:
        identifier, sessions, answered_at = content["identifier"], content["sessions"], content["answered_at"]
        if type(sessions) is int and 0 <= sessions < 1 << 31 and _IDENTIFIER.fullmatch(identifier):
            return ReplicaNote(
                identifier=identifier,
                version=one_line(content["version"], 40),
                started_at=_moment(content["started_at"]),
                sessions=sessions,
                answered_at=None if answered_at is None else _moment(answered_at),
                noted_at=_moment(content["noted_at"]),
            )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        pass
    raise UnusableError("it is no note of a process")


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.utcoffset() != timedelta(0) or not 2000 <= moment.year < 9000:
        raise ValueError
    return moment.astimezone(UTC)
