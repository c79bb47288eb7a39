"""One GET with timeouts, limits and retries.

The retries are not urllib3's, which end before the body is read: an answer that breaks off in the middle is retried
within the same number of tries and the same total time.
"""

import contextlib
import logging
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from itertools import count
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from gridrt_client._version import __version__
from gridrt_client.addresses import is_encrypted_or_near, is_loopback
from gridrt_client.answer import OnProgress
from gridrt_client.errors import TooLargeError
from gridrt_client.safe_text import format_bytes
from gridrt_client.settings import Settings
from gridrt_client.transport import _error_mapping
from gridrt_client.transport._body import Body, NoRoomError
from gridrt_client.transport._clock import api_time
from gridrt_client.transport._deadline import Deadline, DeadlineAdapter
from gridrt_client.transport._error_mapping import Failure

_log = logging.getLogger("gridrt_client.transport")
# Fetches in the background must not change the random numbers of the process, which may be seeded.
_random = random.Random()  # noqa: S311

USER_AGENT: Final = f"gridrt-client/{__version__} python-requests/{requests.__version__}"
LONGEST_BACKOFF: Final = 8.0  # seconds
LONGEST_WAIT: Final = 20.0  # seconds of a Retry-After; beyond it the call fails with `retry_after`
MOST_UNPACKED: Final = 150
"""How many times as large a packed answer may become, beyond `_ANY_RATIO`. Every record has an id and a time of its
own, some 25 bytes that can't be packed. Measured: the emulator's answers 10 times, one record with counting ids 100,
bombs made to fill a disk 170 to 1,030."""
_ANY_RATIO: Final = 8 << 20
TOGETHER: Final = 4 << 30  # bytes of all answers that arrive or are decoded, or twice the largest one allowed
_CHUNK: Final = 1 << 16
_PROGRESS_INTERVAL: Final = 0.1
_MOST_OF_ERROR_BODY: Final = 1 << 16
_LONGEST_ERROR_BODY: Final = 2.0


class Response(NamedTuple):
    """A successful response; the caller closes its body. For the times see `Answer`."""

    body: Body
    answered_at: datetime
    api_time: datetime
    tries: int = 1


class Transport:
    """Calls to one API with one token. Thread-safe.

    `backoff` is the number of seconds before the first retry, doubled for each further one, with jitter.
    """

    def __init__(self, settings: Settings, *, backoff: float = 0.5) -> None:
        self._settings = settings
        self._backoff = backoff
        self._host = urlsplit(settings.base_url).hostname or ""
        # Packing costs more than sending within a machine.
        encoding = "identity" if is_loopback(settings.base_url) else "gzip"
        self._session = _Session(settings.access_token, encoding)
        # A proxy of the environment is not for this machine, with or without NO_PROXY.
        self._proxies = {"no_proxy": self._host} if is_loopback(settings.base_url) else None
        if not is_encrypted_or_near(settings.base_url):
            _log.warning("The access token travels unencrypted to %s, as GRIDRT_ALLOW_HTTP permits.", self._host)

    def get(self, path: str, params: Sequence[tuple[str, str]] = (), on_progress: OnProgress | None = None) -> Response:
        """Return the response to a query of the tenant, or raise a `GridError`.

        `on_progress` is called in this thread at most ten times a second and at the end of the body, with the unpacked
        bytes received and the bytes announced, None when none were or the body is packed. Each retry begins at 0.
        """
        url = self._url(path, params)
        with Deadline(self._settings.total_timeout) as deadline:
            for attempt in count(1):
                started = time.monotonic()
                outcome = self._attempt(url, deadline, on_progress)
                if isinstance(outcome, Response):
                    took = time.monotonic() - started
                    _log.debug("%s answered %s in %.2f s", path, format_bytes(outcome.body.size), took)
                    return outcome._replace(tries=attempt)
                error, wait = outcome.error, self._wait(outcome, attempt)
                if wait is None or wait >= deadline.left:
                    break
                _log.info("%s: %s Next try in %.1f s.", path, error.message, wait)
                time.sleep(wait)
        error.tries = attempt
        if attempt > 1:
            error.message += f" (tried {attempt} times)"
        raise error

    def close(self) -> None:
        """Close idle connections. Running calls go on, later ones open new connections."""
        self._session.close()

    def _url(self, path: str, params: Sequence[tuple[str, str]]) -> str:
        url = f"{self._settings.base_url}{path}/{quote(self._settings.tenant_id, safe='')}"
        # The comma between distinctColumns stays as the contract writes it; in every other value it is data.
        pairs = (f"{name}={quote(value, safe=',' if name == 'distinctColumns' else '')}" for name, value in params)
        return f"{url}?{'&'.join(pairs)}" if params else url

    def _wait(self, failure: Failure, attempt: int) -> float | None:
        """Return the seconds until the next try, or None when there is to be none."""
        if not failure.retry or attempt > self._settings.retries:
            return None
        if failure.error.retry_after is not None:
            return failure.error.retry_after if failure.error.retry_after <= LONGEST_WAIT else None
        return min(LONGEST_BACKOFF, self._backoff * 2.0 ** (attempt - 1)) * _random.uniform(0.5, 1.0)

    def _attempt(self, url: str, deadline: Deadline, on_progress: OnProgress | None) -> Response | Failure:
        settings = self._settings
        timeout = (min(settings.connect_timeout, deadline.left or 0.001), settings.read_timeout)
        options: dict[str, Any] = {"timeout": timeout, "allow_redirects": False, "proxies": self._proxies}
        body = Body(most_together=max(TOGETHER, 2 * settings.max_bytes))
        outcome: Response | Failure | None = None
        status: int | None = None
        asked_at = datetime.now(UTC)
        try:
            with self._session.get(url, stream=True, **options) as response:
                answered_at, status = datetime.now(UTC), response.status_code
                if not 200 <= status < 300:
                    error_body = _error_body(response) if status >= 400 else b""
                    return _error_mapping.of_response(response, error_body, settings)
                refusal = _read(response, body, settings.max_bytes, deadline, on_progress)
            if not deadline.left:
                # A connection that was shut down looks like the end of a body without Content-Length.
                outcome = _error_mapping.too_late(self._host, deadline)
            elif refusal is not None:
                outcome = Failure(refusal)
            else:
                outcome = Response(body, answered_at, api_time(response.headers, asked_at, answered_at))
        except (requests.RequestException, HTTPError, OSError) as error:
            outcome = _error_mapping.of_exception(error, settings, self._host, deadline)
            outcome.error.status = status
        finally:
            if not isinstance(outcome, Response):
                body.close()
        return outcome


class _Session(requests.Session):
    """A session that follows no redirect, keeps no cookie and sends no credential but the token."""

    def __init__(self, access_token: str, encoding: str) -> None:
        super().__init__()

        def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {access_token}"
            return request

        # As the session's auth, because requests would replace a plain header by what a .netrc holds.
        self.auth = authorize
        self.headers.update({"Accept": "application/json", "Accept-Encoding": encoding, "User-Agent": USER_AGENT})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("http://", "https://"):
            self.mount(scheme, DeadlineAdapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        # requests prepares the next request even when it is not to follow, and reads the whole body for it.
        return None


def _read(
    response: requests.Response, body: Body, limit: int, deadline: Deadline, on_progress: OnProgress | None
) -> TooLargeError | None:
    """Read the unpacked body until its end or the deadline; return an error when it is too large."""
    announced = response.headers.get("Content-Length", "")
    too_large = TooLargeError(f"The answer is larger than {format_bytes(limit)}, the limit")
    # Python refuses to read very long numbers, so their length is compared first.
    known = announced.isascii() and announced.isdigit()
    if known and (len(announced) > 18 or int(announced) > limit):
        return too_large
    packed = response.headers.get("Content-Encoding", "identity") != "identity"
    total = int(announced) if known and not packed else None
    reported = -_PROGRESS_INTERVAL
    # read1 unpacks at most one chunk: a packed answer is never unpacked beyond the limits.
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
        if not deadline.left:
            return None
        if on_progress and time.monotonic() - reported >= _PROGRESS_INTERVAL:
            on_progress(body.size, total)
            reported = time.monotonic()
    if on_progress:
        on_progress(body.size, total)
    return None


def _error_body(response: requests.Response) -> bytes:
    body, end = b"", time.monotonic() + _LONGEST_ERROR_BODY
    # Without a body the status is enough.
    with contextlib.suppress(HTTPError, OSError):
        while len(body) < _MOST_OF_ERROR_BODY and time.monotonic() < end:
            if not (chunk := response.raw.read1(_CHUNK, decode_content=True)):
                break
            body += chunk
    return body
