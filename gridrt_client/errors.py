"""Everything that can go wrong between a caller and the Grid API, as a tree of exceptions.

::

    GridError
    ├── NotConfiguredError       no tenant or no access token is set
    ├── BadSettingError          a setting has a value that can't be used
    ├── InvalidQueryError        a query that the API would refuse; also a ValueError; no request was made
    ├── UnauthorizedError        401: the access token is not accepted
    ├── ForbiddenError           403: the access token is valid, but not for this
    ├── UnknownTenantError       404: no such tenant at this address
    ├── BadQueryError            400: the API refused the query
    ├── RateLimitedError         429, also after the retries; has .retry_after
    ├── UnavailableError         no connection, 5xx or another unexpected status, also after the retries
    │   └── TLSError             no encrypted connection, or a certificate that can't be trusted; nothing was sent
    ├── GridTimeoutError         no answer in time, or not all of it; also a TimeoutError
    │   └── ConnectTimeoutError  no connection in time
    ├── RedirectedError          a redirect, which is not followed, so that the token stays here
    ├── TooLargeError            the answer is larger than the limit
    ├── OutOfMemoryError         this process may not take the memory that the answer needs
    ├── BusyError                too many requests at the same moment; no request was made
    ├── StoppingError            the program is ending; what was begun is not finished
    ├── NotJSONError             the answer is no JSON: a sign-in page, a broken-off body, nothing at all
    └── NotAnArrayError          the answer is JSON, but no array of records

The text of each says what happened and what to do about it. It never holds the access token, nor do ``__cause__`` and
``__context__``: exceptions of the HTTP library keep the whole request, so they are described and never chained.
"""

import copy
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import ClassVar, Self


@dataclass(eq=False, repr=False)
class GridError(Exception):
    """The root of the tree."""

    default_advice: ClassVar[str] = "Try again; if it stays, the log has the details."

    message: str
    """What happened, one plain-text sentence; ``str()`` of the error adds the advice."""
    _: KW_ONLY
    advice: str = ""
    """What to do about it; by default the one of the class."""
    status: int | None = None
    """The HTTP status of the API's answer, if any."""
    retry_after: float | None = None
    """The seconds that the API asked to wait before the next try, if it did."""
    next_try: datetime | None = None
    """When the snapshot store will try again (UTC)."""
    endpoint: str | None = None
    """What was requested: ``sessions``, ``events`` or ``latest events``; ``str()`` begins with it."""
    tries: int = 0
    """How many requests were made."""

    def __post_init__(self) -> None:
        super().__init__(self.message)
        self.advice = self.advice or self.default_advice

    def __str__(self) -> str:
        what = f"The request for {self.endpoint} failed. " if self.endpoint else ""
        return f"{what}{_sentence(self.message)} {_sentence(self.advice)}".strip()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def copy(self, hide: str | None = None) -> Self:
        """Return an equal error without the text `hide`, and without traceback and context, which keep frames alive."""
        copied = copy.copy(self)
        if hide:
            copied.message, copied.advice = self.message.replace(hide, "•••"), self.advice.replace(hide, "•••")
        copied.args = (copied.message,)
        return copied


class NotConfiguredError(GridError):
    default_advice = "Both are in the Grid Console: the tenant's id, and an access token made in the tab Developer."


class BadSettingError(GridError):
    default_advice = "Correct the setting and start again."


class InvalidQueryError(GridError, ValueError):
    default_advice = "Correct the query."


class UnauthorizedError(GridError):
    default_advice = (
        "Check GRIDRT_ACCESS_TOKEN: it may have been revoked, or belong to another region. "
        "A new one is made in the Grid Console, tab Developer."
    )


class ForbiddenError(GridError):
    default_advice = "Check that GRIDRT_TENANT_ID and GRIDRT_ACCESS_TOKEN belong together, and the token's permissions."


class UnknownTenantError(GridError):
    default_advice = "Check GRIDRT_TENANT_ID and the region of its data: GRIDRT_REGION or GRIDRT_BASE_URL."


class BadQueryError(GridError):
    default_advice = "Change or clear the filters."


class RateLimitedError(GridError):
    default_advice = "Wait, and ask less often: raise GRIDRT_REFRESH_SECONDS."


class UnavailableError(GridError):
    default_advice = "Try again in a minute; if it stays, check the network and the address of the API."


class TLSError(UnavailableError):
    default_advice = (
        "Check the address. If a proxy of your own network opens encrypted connections, "
        "name its certificate file in REQUESTS_CA_BUNDLE."
    )


class GridTimeoutError(GridError, TimeoutError):
    default_advice = (
        "Try again; narrow the query to a space or an installation, or raise GRIDRT_READ_TIMEOUT or "
        "GRIDRT_TOTAL_TIMEOUT if answers take that long."
    )


class ConnectTimeoutError(GridTimeoutError):
    default_advice = UnavailableError.default_advice


class RedirectedError(GridError):
    default_advice = "Check GRIDRT_BASE_URL: it must be the address of the API itself."


class TooLargeError(GridError):
    default_advice = "Narrow the query to a space or an installation, or raise GRIDRT_MAX_BYTES."


class OutOfMemoryError(GridError):
    default_advice = (
        "Narrow the query to a space or an installation, or give the process more memory "
        "(the limit of its container, or ulimit)."
    )


class BusyError(GridError):
    default_advice = "Try again in a few seconds."


class StoppingError(GridError):
    default_advice = "Start it again."


class NotJSONError(GridError):
    default_advice = "Check the address of the API and what lies on the way to it; try again."


class NotAnArrayError(GridError):
    default_advice = "Check that the address is the one of the reports API."


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."
