"""An OpenID provider on loopback: a program of its own, which can be made to issue identities for another application.

``python -m tests.e2e.openid_provider '{"ann": {"email": "ann@example.com"}}'`` prints its port.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from tests.e2e import programs

CLIENT_ID = "grid-dashboard"
OTHER_CLIENT_ID = "some-other-app"
COOKIE_SECRET = "0123456789abcdef0123456789abcdef"
_CONTROL = "/tests/issues-for-another"

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass(frozen=True)
class Provider:
    """A running provider, or the address of one that doesn't run."""

    port: int

    def secrets(self) -> str:
        """Return the section ``[auth]`` of a dashboard that signs in here."""
        return (
            "[auth]\n"
            'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{COOKIE_SECRET}"\n'
            f'client_id = "{CLIENT_ID}"\n'
            'client_secret = "not-secret-here"\n'
            f'server_metadata_url = "http://127.0.0.1:{self.port}/.well-known/openid-configuration"\n'
        )

    @contextmanager
    def issuing_for_another(self) -> Iterator[None]:
        """Issue identities for another application than the one that asks."""
        self._put(b"true")
        try:
            yield
        finally:
            self._put(b"false")

    def _put(self, body: bytes) -> None:
        request = Request(f"http://127.0.0.1:{self.port}{_CONTROL}", data=body, method="PUT")
        urlopen(request, timeout=10).close()  # noqa: S310


@contextmanager
def running(users: dict[str, dict[str, Any]]) -> Iterator[Provider]:
    """Run a provider that knows these users: claims by subject."""
    command = [sys.executable, "-m", "tests.e2e.openid_provider", json.dumps(users)]
    with subprocess.Popen(command, cwd=programs.ROOT, env=dict(os.environ), stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Provider(int(process.stdout.readline()))
        finally:
            process.kill()


def _changed(app: Application) -> Application:
    """Return the provider without its style sheet from the internet, and with the control of the tests."""
    from werkzeug.wrappers import Response

    state = {"issues_for_another": False}

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == _CONTROL:
            state["issues_for_another"] = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])) == b"true"
        if path in (_CONTROL, "/favicon.ico"):
            return Response(status=204)(environ, start_response)
        if state["issues_for_another"]:
            environ["QUERY_STRING"] = environ["QUERY_STRING"].replace(CLIENT_ID, OTHER_CLIENT_ID)
            if "HTTP_AUTHORIZATION" in environ:
                credentials = base64.b64encode(f"{OTHER_CLIENT_ID}:any".encode()).decode()
                environ["HTTP_AUTHORIZATION"] = f"Basic {credentials}"
        response = Response.from_app(app, environ, buffered=True)
        if response.mimetype == "text/html":
            response.set_data(response.get_data().replace(b"https://cdn.jsdelivr.net", b"data:text/css,"))
        return response(environ, start_response)

    return answer


def _main() -> None:
    warnings.simplefilter("ignore")
    import oidc_provider_mock
    from werkzeug.serving import make_server

    users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in json.loads(sys.argv[1]).items()]
    server = make_server("127.0.0.1", 0, _changed(oidc_provider_mock.app(user_claims=users)), threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _main()
