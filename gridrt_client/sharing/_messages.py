"""What is kept in Redis beside a frame: the header of an answer and the note of a failure. All of it is sealed.

Names are made, and contents encrypted and authenticated, with keys that are derived from the access token. A program
that can only read or write Redis learns neither a name nor a content, and can't make an entry that is accepted.
"""

import hmac
import json
import math
import re
import secrets
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridrt_client import errors
from gridrt_client.answer import NAMED_FIELDS, DecodeReport
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.safe_text import one_line
from gridrt_client.schema import Schema
from gridrt_client.sharing._frames import UnusableError

FORMAT: Final = 1  # in every name: processes of another format never read each other's entries
LONGEST: Final = 1 << 18  # bytes of a header or a note
_NONCE: Final = 12  # bytes, random: fewer than 2^32 entries are made with one token
_GENERATION: Final = re.compile(r"[0-9a-f]{16}")
_REASONS: Final = 20  # names of reasons in a report; there are few

# Failures that another process would meet too. Not those of this computer: its network, its memory.
_SHARED: Final[dict[str, type[GridError]]] = {
    one.__name__: one
    for one in (
        errors.UnauthorizedError,
        errors.ForbiddenError,
        errors.UnknownTenantError,
        errors.BadQueryError,
        errors.RateLimitedError,
        errors.UnavailableError,
        errors.GridTimeoutError,
        errors.RedirectedError,
        errors.NotJSONError,
        errors.NotAnArrayError,
    )
}
_ENDPOINTS: Final = (None, SessionsQuery.label, EventsQuery.label, LatestEventsQuery.label)


class Sealer:
    """Names and sealed contents of one credential."""

    def __init__(self, access_token: str) -> None:
        token = access_token.encode()
        self._name_key = hmac.digest(token, b"gridrt names of shared answers", "sha256")
        self._cipher = AESGCM(hmac.digest(token, b"gridrt shared answers", "sha256"))

    def name(self, kind: str, key: Hashable) -> str:
        """Return the name in Redis for a key: texts, and tuples and frozen dataclasses of them."""
        digest = hmac.digest(self._name_key, f"{FORMAT} {kind} {key!r}".encode(), "sha256").hex()
        return f"gridrt:{FORMAT}:{kind}:{digest}"

    def sealed(self, name: str, data: bytes) -> bytes:
        """Return data encrypted, valid under this name alone."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, name.encode())

    def opened(self, name: str, sealed: bytes) -> bytes:
        """Return the data of `sealed`; raise UnusableError for anything else."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError, OverflowError):
            pass
        raise UnusableError("it was not sealed with this access token and under this name, or was changed")

    def sealed_json(self, name: str, content: Mapping[str, Any]) -> bytes:
        return self.sealed(name, json.dumps(content).encode())

    def opened_json(self, name: str, sealed: bytes) -> Mapping[str, Any]:
        """Return the mapping of `sealed_json`; raise UnusableError for anything else."""
        if len(sealed) > LONGEST:
            raise UnusableError("it is too large")
        try:
            content = json.loads(self.opened(name, sealed))
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise UnusableError("its header can't be read")
        return content


@dataclass(frozen=True)
class Header:
    """What is known about an answer before its frame is read."""

    generation: str
    """A random name of its frame."""
    stored: int
    """Bytes of the frame as stored; `unpacked` are those without encryption and compression."""
    unpacked: int
    report: DecodeReport
    answered_at: datetime
    api_time: datetime
    took: float
    """Seconds of the fetch."""

    def age(self, now: datetime) -> float:
        return (now - self.answered_at).total_seconds()

    def to_json(self) -> dict[str, Any]:
        report = {**self.report._asdict(), **{name: dict(getattr(self.report, name)) for name in _COUNTED}}
        times = {"answered_at": self.answered_at.isoformat(), "api_time": self.api_time.isoformat()}
        return {**vars(self), "report": report, **times}


def read_header(content: Mapping[str, Any], schema: Schema, max_bytes: int) -> Header:
    """Return the header of an answer of that schema; raise UnusableError when it is none or is too large."""
    try:
        header = Header(
            generation=_generation(content["generation"]),
            stored=_count(content["stored"]),
            unpacked=_count(content["unpacked"]),
            report=_report(content["report"], schema),
            answered_at=_moment(content["answered_at"]),
            api_time=_moment(content["api_time"]),
            took=_seconds(content["took"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        reason = "its header is wrong"
    else:
        if max(header.stored, header.unpacked) <= max_bytes:
            return header
        reason = "it is larger than GRIDRT_MAX_BYTES"
    raise UnusableError(reason)


def failure_note(error: GridError, now: datetime) -> dict[str, Any] | None:
    """Return the shared form of a failure; None when only this computer may have it."""
    name = type(error).__name__
    if name not in _SHARED or (isinstance(error, errors.UnavailableError) and error.status is None):
        return None
    texts = {"message": one_line(error.message, 500), "advice": one_line(error.advice, 500)}
    numbers = {"status": error.status, "retry_after": error.retry_after, "tries": error.tries}
    return {"error": name, "endpoint": error.endpoint, **texts, **numbers, "failed_at": now.isoformat()}


def read_failure(content: Mapping[str, Any], now: datetime) -> GridError:
    """Return the failure of a note, with the seconds that are left of its Retry-After; raise UnusableError."""
    try:
        status, retry_after = content["status"], content["retry_after"]
        error = _SHARED[content["error"]](
            one_line(content["message"], 500),
            advice=one_line(content["advice"], 500),
            status=None if status is None else _count(status),
            endpoint=_ENDPOINTS[_ENDPOINTS.index(content["endpoint"])],
            tries=_count(content["tries"]),
        )
        if retry_after is not None:
            passed = (now - _moment(content["failed_at"])).total_seconds()
            error.retry_after = max(0.0, _seconds(retry_after) - max(0.0, passed))
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        pass
    else:
        return error
    raise UnusableError("it is no failure that this version knows")


_COUNTED: Final = ("dropped", "unreadable", "unannounced")


def _report(content: Mapping[str, Any], schema: Schema) -> DecodeReport:
    dropped, unreadable, unannounced = (_counts(content[name]) for name in _COUNTED)
    report = DecodeReport(
        _count(content["received"]),
        _count(content["records"]),
        dropped,
        _count(content["duplicates"]),
        unreadable,
        unannounced,
        _count(content["replaced"]),
    )
    left_out = report.duplicates + sum(report.dropped.values())
    if report.received != report.records + left_out or not report.unreadable.keys() <= set(schema.names):
        raise ValueError
    if len(report.dropped) > _REASONS or len(report.unannounced) > NAMED_FIELDS + 1:
        raise ValueError
    return report


def _counts(content: Mapping[str, Any]) -> dict[str, int]:
    return {one_line(name, 100): _count(count) for name, count in content.items()}


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError
    return value


def _seconds(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= (number := float(value)) < math.inf:  # type: ignore[arg-type]
        raise ValueError
    return number


def _generation(value: str) -> str:
    if not _GENERATION.fullmatch(value):
        raise ValueError
    return value


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.utcoffset() != timedelta(0) or not 2000 <= moment.year < 9000:
        raise ValueError
    return moment.astimezone(UTC)
