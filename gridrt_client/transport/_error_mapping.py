"""From the HTTP library's exceptions and the API's statuses to the errors of the client, see `errors`."""

import contextlib
import json
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import responses
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from requests import exceptions as rx
from urllib3 import exceptions as ux

from gridrt_client import errors
from gridrt_client.errors import GridError, UnavailableError
from gridrt_client.personal_texts import scrubbed
from gridrt_client.safe_text import message_in, one_line
from gridrt_client.settings import Settings
from gridrt_client.transport._clock import http_date
from gridrt_client.transport._deadline import Deadline

_PASSING: Final = frozenset({429, 502, 503, 504})
_REFUSALS: Final[dict[int, tuple[type[GridError], str]]] = {
    400: (errors.BadQueryError, "The API refused the query"),
    401: (errors.UnauthorizedError, "The API does not accept the access token"),
    403: (errors.ForbiddenError, "The access token may not read this tenant's data"),
    404: (errors.UnknownTenantError, "The API knows no such tenant"),
    414: (errors.BadQueryError, "The query is too long for the API"),
    422: (errors.BadQueryError, "The API refused the query"),
    429: (errors.RateLimitedError, "The API is asked too often"),
}


class Failure(NamedTuple):
    error: GridError
    retry: bool = False


def of_response(response: requests.Response, body: bytes, settings: Settings) -> Failure:
    status = response.status_code
    if 300 <= status < 400 and "Location" in response.headers:
        target = _target(response, settings)
        return Failure(errors.RedirectedError(f"The API sent us on to {target}, which is not followed"))
    kind, what = _REFUSALS.get(status, (UnavailableError, ""))
    what = what or f"The API {'has a problem' if status >= 500 else 'answered unexpectedly'}"
    message = None
    with contextlib.suppress(ValueError, RecursionError):
        message = message_in(json.loads(body), settings.access_token)
    quoted = f": “{scrubbed(message)}”" if message else ""
    name = f"{status} {responses.get(status, '')}".strip()
    error = kind(f"{what} ({name}){quoted}", status=status, retry_after=_retry_after(response))
    return Failure(error, status in _PASSING)


def too_late(host: str, deadline: Deadline) -> Failure:
    return Failure(errors.GridTimeoutError(f"The API at {host} took longer than {deadline.seconds:g} s in all"))


def of_exception(error: Exception, settings: Settings, host: str, deadline: Deadline) -> Failure:
    """Return the failure of an exception of the HTTP library, not chained to it."""
    found = list(_chain(error))
    # The operating system's message holds nothing of the request.
    systems = (one for one in found if isinstance(one, OSError) and not isinstance(one, rx.RequestException))
    reason = next((f" ({one_line(one.strerror, 80)})" for one in systems if one.strerror), "")

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(one, kinds) for one in found)

    if not deadline.left:
        return too_late(host, deadline)
    if has(ssl.SSLCertVerificationError):
        why = one_line(next(one.verify_message for one in found if isinstance(one, ssl.SSLCertVerificationError)))
        return Failure(errors.TLSError(f"The certificate of {host} can't be trusted ({why}); nothing was sent"))
    if has(rx.ProxyError, ux.ProxyError):
        advice = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and whether the proxy wants a sign-in."
        what = f"The proxy on the way to {host} refused or can't be reached{reason}"
        return Failure(UnavailableError(what, advice=advice), retry=True)
    # Before the time-outs: urllib3 counts a refused connection among them.
    if has(ux.NewConnectionError):
        return Failure(UnavailableError(f"The API at {host} can't be reached{reason}"), retry=True)
    if has(rx.ConnectTimeout, ux.ConnectTimeoutError):
        what = f"No connection to {host} within {settings.connect_timeout:g} s"
        return Failure(errors.ConnectTimeoutError(what), retry=True)
    if has(rx.ReadTimeout, ux.ReadTimeoutError):
        return Failure(errors.GridTimeoutError(f"The API at {host} sent nothing for {settings.read_timeout:g} s"))
    if has(rx.SSLError, ux.SSLError, ssl.SSLError):
        return Failure(errors.TLSError(f"No encrypted connection to {host} can be made{reason}"))
    if has(rx.ContentDecodingError, ux.DecodeError):
        return Failure(errors.NotJSONError("The answer is damaged: it can't be unpacked", advice="Try again."))
    if has(rx.InvalidURL, rx.MissingSchema, rx.InvalidSchema, ux.LocationValueError):
        return Failure(UnavailableError(f"The address of {host} can't be used", advice="Check GRIDRT_BASE_URL."))
    return Failure(UnavailableError(f"The connection to {host} broke off{reason}"), retry=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that it wraps: in its arguments, as its reason, cause or context."""
    waiting, seen = [error], set()
    for one in waiting:
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            around = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
            waiting += [other for other in around if isinstance(other, BaseException)]


def _target(response: requests.Response, settings: Settings) -> str:
    """Return the host of a redirect; the rest of its address may hold secrets."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(urljoin(settings.base_url, response.headers["Location"]))
        if parts.hostname:
            return one_line(parts.hostname, 100, settings.access_token)
    return "another address"


def _retry_after(response: requests.Response) -> float | None:
    """Return the Retry-After in seconds, from a number or from a date of the API's own clock."""
    header = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,15}", header):
        return float(header)
    now = http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    until = http_date(header)
    return None if until is None else max(0.0, (until - now).total_seconds())
