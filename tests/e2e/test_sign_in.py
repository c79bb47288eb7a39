"""Signing in with an OpenID provider: what is behind the gate, deep links, roles, expiry, sign-out, failures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.e2e import openid_provider, programs
from tests.e2e.conftest import StartDashboard, Visit
from tests.e2e.openid_provider import Provider
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import StrictServer

USERS = {
    "ann": {"email": "ann@chain.example", "email_verified": True, "groups": ["analysts"]},
    "bob": {"email": "bob@chain.example", "email_verified": False},
    "eve": {"email": "eve@elsewhere.example", "email_verified": True},
}
ROLES = """
[[role]]
name = "Analysts"
group = ["analysts"]
tenants = ["*"]
spaces = ["*"]
export = true

[[role]]
name = "Everybody of the chain"
domain = ["chain.example"]
tenants = ["*"]
spaces = ["*"]
"""
DEEP = "/events?eventType=APP_START&tz=UTC&from=now-6h"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with openid_provider.running(USERS) as found:
        yield found


def settings(provider: Provider, folder: Path, **more: str) -> dict[str, str]:
    secrets, roles = folder / "secrets.toml", folder / "roles.toml"
    secrets.write_text(provider.secrets(), encoding="utf-8")
    roles.write_text(ROLES, encoding="utf-8")
    return {"STREAMLIT_SECRETS_FILES": str(secrets), "GRIDRT_ROLES": str(roles), **more}


@pytest.fixture(scope="module")
def dashboard(
    provider: Provider, strict: StrictServer, start_dashboard: StartDashboard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    given = settings(provider, tmp_path_factory.mktemp("sign-in"), GRIDRT_REFRESH_SECONDS="600")
    with start_dashboard(strict.base_url, strict.tenant_id, may_fail=True, **given) as program:
        yield program


def sign_in(viewer: Viewer, user: str) -> None:
    viewer.key("sign_in_button").get_by_role("button").click()
    viewer.page.get_by_role("button", name=user, exact=True).first.click()


def logged(program: Program) -> list[tuple[str, str, str]]:
    """Return the event, who and the outcome of each line of the log about signing in and out."""
    found = [json.loads(line) for line in program.log.splitlines() if line.startswith("{")]
    return [(one["event"], one["who"], one.get("outcome", "")) for one in found if one["event"].startswith("sign_")]


def status(program: Program, path: str, **headers: str) -> int:
    connection = HTTPConnection(urlsplit(program.url).netloc, timeout=10)
    connection.request("GET", path, headers=headers)
    found = connection.getresponse().status
    connection.close()
    return found


# The first test of the module: nothing has been opened in the dashboard since its start.
def test_the_first_visit_sees_nothing_and_comes_back_to_its_link(
    dashboard: Program, strict: StrictServer, visit: Visit
) -> None:
    viewer = visit(dashboard, DEEP)
    expect(viewer.key("sign_in")).to_contain_text("Sign in to see the past 24 hours")
    assert strict.requests == []
    received = viewer.received()
    assert strict.tenant_id.encode() not in received
    assert viewer.key("views").count() == viewer.key("head").count() == 0
    sign_in(viewer, "ann")
    viewer.at("Events")
    assert viewer.query() == {"eventType": ["APP_START"], "tz": ["UTC"], "from": ["now-6h"]}
    expect(viewer.key("account")).to_contain_text(re.compile("Signed in as ann.?@chain.example"))


@pytest.mark.parametrize(
    "path",
    [
        *("/_stcore/agent/openapi.json", "/_stcore/upload_file/a/b", "/media/0123.csv", "/app/static/world.json"),
        *("/component/x/index.html", "/_stcore/script-health-check", "/_stcore/bidi-components/x/y.js"),
    ],
)
def test_everything_but_the_page_that_signs_in_is_refused(dashboard: Program, path: str) -> None:
    assert status(dashboard, path) == 401
    assert status(dashboard, path, accept="text/html", cookie="_streamlit_user=x; gridrt_session=y") == 401


def test_what_signing_in_needs_is_open(dashboard: Program) -> None:
    assert status(dashboard, "/_stcore/health") == 200
    assert status(dashboard, "/events", accept="text/html") == 200


def test_a_viewer_without_a_role_sees_no_data(dashboard: Program, visit: Visit) -> None:
    for user in ("eve", "bob"):  # of another domain; with an address that nobody has verified
        viewer = visit(dashboard, "/stores")
        sign_in(viewer, user)
        expect(viewer.key("notice")).to_contain_text("You may see no tenant here")
        assert logged(dashboard)[-1][::2] == ("sign_in", "no_role")
        assert viewer.key("head").count() == 0


def test_a_download_is_for_who_asked_for_it(dashboard: Program, visit: Visit) -> None:
    ann, eve = visit(dashboard, "/events"), visit(dashboard, "/events")
    sign_in(ann, "ann")
    ann.at("Events")
    sign_in(eve, "eve")
    expect(eve.key("notice")).to_contain_text("You may see no tenant here")
    address = ann.download("export_events").url
    assert ann.context.request.get(address).status == 200
    refused = eve.context.request.get(address)
    assert refused.status == 404
    assert "This server has no such file for you" in refused.text()
    assert status(dashboard, urlsplit(address).path) == 401
    # What another server answers, where a proxy doesn't keep a browser with the one that made the file.
    ann.page.route("**/media/*", lambda route: route.fulfill(status=404))
    ann.key("export_events").get_by_role("button").click()
    expect(ann.page.locator("[data-testid=stToast]")).to_contain_text("The download failed")
    ann.page.unroute("**/media/*")
    ann.complaints.clear()  # the 404 is on the console


def test_signing_out_ends_every_tab(dashboard: Program, visit: Visit) -> None:
    viewer = visit(dashboard, "/latest")
    sign_in(viewer, "ann")
    viewer.at("Devices")
    other = viewer.context.new_page()
    # What this tab still needs reaches it when it isn't signed in any more.
    late: list[Route] = []
    other.route("**/app/static/*.js*", lambda route: late.append(route))
    with other.expect_request("**/app/static/browser_fixes.js*"):
        other.goto(dashboard.url + "/events")
    expect(other.locator("h1")).to_have_text("Events")
    viewer.key("sign_out").get_by_role("button").click()
    viewer.page.get_by_role("button", name="End session").click()
    expect(viewer.key("sign_in")).to_be_visible()
    for route in late:
        route.continue_()
    other.bring_to_front()
    # It asks within 15 seconds.
    expect(other.locator(".st-key-sign_in")).to_be_visible(timeout=60_000)
    expect(other.locator("h1")).to_have_text("Grid Real-time")
    assert logged(dashboard)[-2:] == [("sign_in", "ann@chain.example", "ok"), ("sign_out", "ann@chain.example", "")]


def test_an_identity_for_another_application_is_refused(dashboard: Program, provider: Provider, visit: Visit) -> None:
    viewer = visit(dashboard, DEEP)
    with provider.issuing_for_another():
        sign_in(viewer, "ann")
        expect(viewer.key("sign_in")).to_contain_text("could not be verified")
        assert ("sign_in", "", "refused") in logged(dashboard)
        assert viewer.query()["eventType"] == ["APP_START"]
    sign_in(viewer, "ann")
    viewer.at("Events")


def test_a_refusal_of_the_provider_is_said(dashboard: Program, visit: Visit) -> None:
    viewer = visit(dashboard, "/stores")
    viewer.key("sign_in_button").get_by_role("button").click()
    viewer.page.get_by_role("button", name="Deny").click()
    expect(viewer.key("sign_in")).to_contain_text("Signing in did not work")


def test_a_session_ends(
    provider: Provider, strict: StrictServer, start_dashboard: StartDashboard, visit: Visit, tmp_path: Path
) -> None:
    given = settings(provider, tmp_path, GRIDRT_SESSION_HOURS=str(12 / 3600))
    with start_dashboard(strict.base_url, strict.tenant_id, **given) as program:
        viewer = visit(program, DEEP)
        sign_in(viewer, "ann")
        viewer.at("Events")
        expect(viewer.key("sign_in")).to_contain_text("Your session has ended")
        assert viewer.key("head").count() == 0
        # The cookie of the provider's answer lasts longer, and opens nothing.
        names = {cookie["name"] for cookie in viewer.context.cookies()}
        assert "_streamlit_user" in names
        viewer.open(DEEP)
        expect(viewer.key("sign_in")).to_be_visible()
        sign_in(viewer, "ann")
        viewer.at("Events")


def test_a_provider_that_is_down_is_said(
    strict: StrictServer, start_dashboard: StartDashboard, visit: Visit, tmp_path: Path
) -> None:
    provider = Provider(programs.free_port())
    with start_dashboard(strict.base_url, strict.tenant_id, may_fail=True, **settings(provider, tmp_path)) as program:
        viewer = visit(program, DEEP)
        viewer.key("sign_in_button").get_by_role("button").click()
        expect(viewer.page.locator("body")).to_contain_text(re.compile("provider can't be reached"))
        viewer.complaints.clear()  # the 502 is on the console
