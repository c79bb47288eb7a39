"""Whether this process can show data to a viewer who comes now."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable
from typing import Final

from dashboard.data import fetches, sign_in_settings, tenant
from dashboard.data.sign_in_settings import SignInError
from gridrt_client.connection import GridConnection
from gridrt_client.errors import GridError
from gridrt_client.queries import SessionsQuery

Check = Callable[[], str]
"""Return a sentence that says why no viewer should come, empty where nothing speaks against it; quickly."""


class FirstAnswer:
    """Whether the API has ever answered this process, for any tenant.

    Without viewers nothing is fetched, so that the check itself asks for the sessions of each tenant, in another
    thread, until there is an answer. In demo mode that starts the emulator.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered = False
        self._asking: threading.Thread | None = None
        self._connections: dict[str, GridConnection] = {}

    def problem(self) -> str:
        """Return why not, or an empty text; from the first answer on it stays empty, whatever fails later."""
        if self._answered:
            return ""
        entries = [one.status for one in fetches.fetched()]
        if any(one.answered_at for one in entries):
            self._answered = True
            return ""
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._asking = threading.Thread(target=self._ask, name="first-answer", daemon=True)
                self._asking.start()
        reasons = dict.fromkeys(str(one.error) for one in entries if one.error is not None)
        return " ".join(("The API has not answered yet.", *reasons))

    def _ask(self) -> None:
        with contextlib.suppress(GridError):
            for name in tenant.listed():
                with contextlib.suppress(GridError):
                    if name not in self._connections:
                        self._connections[name] = GridConnection(name, **tenant.address(name))
                    # Once: an infinite ttl doesn't count as watching.
                    self._connections[name].ask(SessionsQuery(), ttl=math.inf)


def settings_problem() -> str:
    """Return why the settings can't be used, for no tenant at all."""
    try:
        sign_in_settings.current()
        if tenant.is_demo():
            return ""
        names = tenant.listed()
    except (GridError, SignInError) as error:
        return str(error)
    errors = []
    for name in names:
        try:
            tenant.address(name)
        except GridError as error:
            errors.append(str(error))
    return errors[0] if len(errors) == len(names) else ""


CHECKS: Final[list[Check]] = [settings_problem, FirstAnswer().problem]
"""All of them; a module may add its own."""


def problems(checks: list[Check] | None = None) -> list[str]:
    """Return a sentence for each reason why no viewer should come."""
    return [sentence for check in (CHECKS if checks is None else checks) if (sentence := check())]
