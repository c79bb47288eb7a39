"""Several tenants: the choice, the tenant in the link, and that each has its own token, data, names and roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import StartDashboard, Visit
from tests.e2e.programs import Program
from tests.strict_server import StrictServer, nasty

TOKENS = {"north": "tok-north-must-never-be-shown", "south": "tok-south-must-never-be-shown"}
TENANTS = {"north": "5f3c0ffee0ddba11decade01", "south": "5f3c0ffee0ddba11decade02"}
Servers = dict[str, StrictServer]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    now = datetime.now(UTC)
    made = {
        name: StrictServer(nasty(now, sessions=60 * number, seed=number), TOKENS[name], TENANTS[name])
        for number, name in enumerate(TENANTS, 1)
    }
    with made["north"], made["south"]:
        yield made
        assert [one.violations for one in made.values()] == [[], []]


@pytest.fixture(scope="module")
def settings(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tenants")
    (folder / "names.toml").write_text('[spaceId]\n"store-berlin" = "Berlin Mitte"\n', encoding="utf-8")
    sections = [
        f'[connections.{name}]\nlabel = "The {name}"\ntenant_id = "{TENANTS[name]}"\n'
        f'access_token = "{TOKENS[name]}"\nbase_url = "{server.base_url}"\n'
        for name, server in servers.items()
    ]
    sections[1] += f"names = {str(folder / 'names.toml')!r}\n"
    (folder / "secrets.toml").write_text("\n".join(sections), encoding="utf-8")
    return {
        "GRIDRT_TENANTS": "north,south",
        "GRIDRT_REFRESH_SECONDS": "600",
        "STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml"),
    }


@pytest.fixture(scope="module")
def dashboard(settings: dict[str, str], start_dashboard: StartDashboard) -> Iterator[Program]:
    with start_dashboard(**settings) as program:
        yield program
        assert not [token for token in TOKENS.values() if token in program.log]


def test_each_tenant_has_its_own_data_token_and_names(dashboard: Program, servers: Servers, visit: Visit) -> None:
    viewer = visit(dashboard, "/stores?spaceId=store-berlin&from=now-12h")
    expect(viewer.key("head")).to_contain_text("The north")
    expect(viewer.key("filter_chips")).to_contain_text("store-berlin")
    assert servers["south"].requests == []
    viewer.key("tenant_choice").locator("input").click()
    viewer.page.get_by_role("option", name="The south").click()
    expect(viewer.key("head")).to_contain_text("The south")
    viewer.settle()
    # What means the same with every tenant is kept, the filters are not.
    assert viewer.query() == {"tenant": ["south"], "from": ["now-12h"]}
    viewer.go("Events")
    assert viewer.query()["tenant"] == ["south"]
    other = visit(dashboard, "/events?tenant=south&spaceId=store-berlin")
    expect(other.key("filter_chips")).to_contain_text("Berlin Mitte")
    for name, server in servers.items():
        sent = {request.headers.get("authorization") for request in server.requests}
        assert sent == {f"Bearer {TOKENS[name]}"}
        assert all(TENANTS[name] in request.path for request in server.requests)


def test_the_numbers_of_two_tenants_are_never_mixed(dashboard: Program, servers: Servers, visit: Visit) -> None:
    for name, server in servers.items():
        found = [one for one in server.records.events if isinstance(one, dict)]
        viewer = visit(dashboard, f"/?tenant={name}")
        # Some of the records are doubles, or outside the 24 hours.
        assert 0.8 * len(found) < viewer.number("metric_events") <= len(found)
    assert len(servers["south"].records.events) > 1.5 * len(servers["north"].records.events)


def test_a_tenant_that_does_not_exist_is_named(dashboard: Program, visit: Visit) -> None:
    viewer = visit(dashboard, "/events?tenant=west")
    expect(viewer.key("notice")).to_contain_text("There is no tenant “west” that you may see")
    assert viewer.key("head").count() == 0
    viewer.key("tenant_choice").locator("input").click()
    viewer.page.get_by_role("option", name="The north").click()
    viewer.at("Events")


def test_a_role_opens_its_own_tenants_only(
    settings: dict[str, str], servers: Servers, start_dashboard: StartDashboard, visit: Visit, tmp_path: Path
) -> None:
    roles = tmp_path / "roles.toml"
    roles.write_text('[[role]]\neveryone = true\ntenants = ["south"]\nspaces = ["*"]\n', encoding="utf-8")
    before = len(servers["north"].requests)
    with start_dashboard(**settings, GRIDRT_ROLES=str(roles)) as program:
        viewer = visit(program, "/events")
        expect(viewer.key("head")).to_contain_text("The south")
        # The link says which tenant it is, because to others it would mean the first one.
        assert viewer.query() == {"tenant": ["south"]}
        assert viewer.key("tenant_choice").count() == 0
        viewer.open("/events?tenant=north")
        expect(viewer.key("notice")).to_contain_text("There is no tenant “north” that you may see")
        viewer.leave()
    # The page of a browser begins the fetch of the first tenant, which no role opens: it is not fetched.
    assert len(servers["north"].requests) == before
