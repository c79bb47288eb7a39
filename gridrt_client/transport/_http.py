"""One GET, with timeouts, limits and retries, from a query's path to the body of its answer.

The retries are a loop of ours rather than urllib3's, which has ended when the body is read: an answer that breaks off
in the middle has to be asked for again too, within the same number of tries and the same total time.

What the HTTP library raises holds the request with its token, so it is put in words (`_failures`) and never chained.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from gridrt_client._sanitize import amount
from gridrt_client._setting_types import is_encrypted_or_near, is_loopback
from gridrt_client._version import __version__
from gridrt_client.errors import TooLargeError
from gridrt_client.settings import Settings
from gridrt_client.transport import _error_mapping
from gridrt_client.transport._body import Body, NoRoomError
from gridrt_client.transport._clock import api_time
from gridrt_client.transport._deadline import Deadline, WatchedAdapter
from gridrt_client.transport._error_mapping import Failure

_log = logging.getLogger("gridrt_client.transport")

USER_AGENT: Final = f"gridrt-client/{__version__} python-requests/{requests.__version__}"
LONGEST_BACKOFF: Final = 8.0
LONGEST_WAIT: Final = 20.0
"""An API that asks to wait longer than this many seconds gets its wish: the call fails and says when to come back."""

Progress = Callable[[int, int | None], None]

_CHUNK: Final = 1 << 16
MOST_UNPACKED: Final = 150
"""A packed answer may become so many times as large, beyond `_ANY_RATIO`. Every record brings an id and a time of its
own, some 25 bytes that can't be packed: one would have to be 4 KB of what is in all the others. The emulator's answers
become 10 times as large, the same record with counting ids 100 times, and what is made to fill a disk 170 to 1,030."""
_ANY_RATIO: Final = 8 << 20
TOGETHER: Final = 4 << 30
"""All answers that are on their way or being decoded in this process may have so many bytes, or twice as many as the
largest one allowed."""
_BETWEEN_PROGRESS: Final = 0.1
_MOST_OF_A_REFUSAL: Final = 1 << 16
_LONGEST_REFUSAL: Final = 2.0


class Answer(NamedTuple):
    """What the API answered.

    Attributes
    ----------
    body
        To be closed by who asked for it.
    answered_at
        When it began to arrive (UTC), by this computer's clock.
    api_time
        The same moment by the API's clock: the same value where both agree, see `_clock`.
    tries
        How many requests it took.
    """

    body: Body
    answered_at: datetime
    api_time: datetime
    tries: int = 1


class Transport:
    """Calls to one API with one token; may be used by several threads at once.

    Parameters
    ----------
    settings
        Address, tenant, token, timeouts and limits.
    backoff
        Seconds before the first repetition, doubled for each further one, with jitter.
    """

    def __init__(self, settings: Settings, *, backoff: float = 0.5) -> None:
        self._settings = settings
        self._backoff = backoff
        self._host = urlsplit(settings.base_url).hostname or ""
        # To pack and to unpack costs more than the way within a machine.
        packed = "identity" if is_loopback(settings.base_url) else "gzip"
        self._session = _Session(settings.access_token, packed)
        # A proxy of the environment is not meant for this very machine, whether or not NO_PROXY says so.
        self._proxies = {"no_proxy": self._host} if is_loopback(settings.base_url) else None
        if not is_encrypted_or_near(settings.base_url):
            _log.warning("The access token travels unencrypted to %s, as GRIDRT_ALLOW_HTTP permits.", self._host)

    def get(self, path: str, params: Sequence[tuple[str, str]] = (), on_progress: Progress | None = None) -> Answer:
        """The answer to a query of the tenant.

        `on_progress` is called in this thread while the body arrives, at most ten times a second and at its end, with
        the bytes that are there, unpacked, and the bytes that were announced, None when nothing or something packed
        was. A further try begins at 0 again.

        Raises
        ------
        GridError
            When there is none; see `errors`.
        """
        url = self._url(path, params)
        with Deadline(self._settings.total_timeout) as deadline:
            attempt = 0
            while True:
                started = time.monotonic()
                outcome = self._attempt(url, deadline, on_progress)
                if isinstance(outcome, Answer):
                    took = time.monotonic() - started
                    _log.debug("%s answered %s in %.2f s", path, amount(outcome.body.size), took)
                    return outcome._replace(tries=attempt + 1)
                wait = self._wait(outcome, attempt)
                if wait is None or wait >= deadline.left:
                    break
                _log.info("%s: %s Next try in %.1f s.", path, outcome.error.message, wait)
                time.sleep(wait)
                attempt += 1
        raise _error_mapping.tried(outcome.error, attempt + 1)

    def close(self) -> None:
        """Close idle connections. A call that runs goes on, and a later one opens new ones."""
        self._session.close()

    def _url(self, path: str, params: Sequence[tuple[str, str]]) -> str:
        url = f"{self._settings.base_url}{path}/{quote(self._settings.tenant_id, safe='')}"
        # The comma between distinctColumns stays as the contract writes it; in every other value it is data.
        pairs = [
            f"{quote(name)}={quote(value, safe=',' if name == 'distinctColumns' else '')}" for name, value in params
        ]
        return f"{url}?{'&'.join(pairs)}" if pairs else url

    def _wait(self, failure: Failure, attempt: int) -> float | None:
        """The seconds until the next try, or None when there is to be none."""
        if not failure.again or attempt >= self._settings.retries:
            return None
        if failure.error.retry_after is not None:
            return failure.error.retry_after if failure.error.retry_after <= LONGEST_WAIT else None
        return min(LONGEST_BACKOFF, self._backoff * 2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311

    def _attempt(self, url: str, deadline: Deadline, on_progress: Progress | None) -> Answer | Failure:
        settings = self._settings
        timeout = (min(settings.connect_timeout, deadline.left or 0.001), settings.read_timeout)
        body = Body(most_together=max(TOGETHER, 2 * settings.max_bytes))
        outcome: Answer | Failure | None = None
        status: int | None = None
        asked_at = datetime.now(UTC)
        try:
            with self._session.get(
                url, timeout=timeout, stream=True, allow_redirects=False, proxies=self._proxies
            ) as response:
                answered_at, status = datetime.now(UTC), response.status_code
                if not 200 <= response.status_code < 300:
                    refusal = _refusal(response) if response.status_code >= 400 else b""
                    return _error_mapping.of_response(response, refusal, settings)
                refused = _read(response, body, settings.max_bytes, deadline, on_progress)
            if deadline.passed:
                # A connection that was shut down looks like the end of a body whose length was not announced.
                outcome = _error_mapping.too_late(self._host, deadline)
            elif refused is not None:
                outcome = Failure(refused)
            else:
                outcome = Answer(body, answered_at, api_time(response.headers, asked_at, answered_at))
        except (requests.RequestException, HTTPError, OSError) as error:
            outcome = _error_mapping.of_exception(error, settings, self._host, deadline)
            # An answer that broke off was one all the same.
            outcome.error.status = status
        finally:
            if not isinstance(outcome, Answer):
                body.close()
        return outcome


class _Session(requests.Session):
    """A session that follows no redirect, keeps no cookie and sends no credential but the token."""

    def __init__(self, access_token: str, encoding: str) -> None:
        super().__init__()
        # Set as the session's, because requests would otherwise replace the header by what a .netrc holds.
        self.auth = _Bearer(access_token)
        self.headers.update({"Accept": "application/json", "Accept-Encoding": encoding, "User-Agent": USER_AGENT})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("http://", "https://"):
            self.mount(scheme, WatchedAdapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        # requests prepares the next request even when it is not to follow, and reads the whole body for it.
        return None


class _Bearer(AuthBase):
    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._access_token}"
        return r


def _read(
    response: requests.Response, body: Body, limit: int, deadline: Deadline, on_progress: Progress | None
) -> TooLargeError | None:
    """Read the whole body, unpacked, or until the deadline; why not, when it is too large."""
    announced = response.headers.get("Content-Length", "")
    too_large = TooLargeError(f"The answer is larger than {amount(limit)}, the limit")
    # An absurd number of digits is compared by its length: Python would not read it.
    known = announced.isascii() and announced.isdigit()
    if known and (len(announced) > 18 or int(announced) > limit):
        return too_large
    packed = response.headers.get("Content-Encoding", "identity") != "identity"
    total = int(announced) if known and not packed else None
    told = -_BETWEEN_PROGRESS
    # What has arrived, at most so much: a packed answer is never unpacked further than the limits.
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        if body.size + len(chunk) > limit:
            return too_large
        if packed and body.size > max(_ANY_RATIO, MOST_UNPACKED * response.raw.tell()):
            return TooLargeError(
                f"The answer becomes more than {MOST_UNPACKED} times as large when it is unpacked, as no records do",
                advice="Check the address of the API and what lies on the way to it; try again.",
            )
        try:
            body.write(chunk)
        except NoRoomError as error:
            return TooLargeError(str(error), advice="Try again; narrow the query to a space or an installation.")
        if deadline.passed:
            return None
        if on_progress and time.monotonic() - told >= _BETWEEN_PROGRESS:
            on_progress(body.size, total)
            told = time.monotonic()
    if on_progress:
        on_progress(body.size, total)
    return None


def _refusal(response: requests.Response) -> bytes:
    """The beginning of the body of an error, as much as there is of it."""
    body, end = b"", time.monotonic() + _LONGEST_REFUSAL
    try:
        while len(body) < _MOST_OF_A_REFUSAL and time.monotonic() < end:
            if not (chunk := response.raw.read1(_CHUNK, decode_content=True)):
                break
            body += chunk
    except (HTTPError, OSError):
        # The status says enough.
        return body
    return body
