"""The page Status: for permitted viewers only, without a secret, and there when the data isn't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analysis.formatting import escape_markdown
from dashboard.data.fetches import Fetched
from dashboard.data.permissions import OPEN, Permissions
from dashboard.data.settings_in_force import DEFAULTS
from dashboard.data.sign_in_settings import SignIn
from dashboard.server.operations import ADDRESS
from dashboard.server.request_limits import SESSIONS, SESSIONS_PER_ADDRESS, Limits
from dashboard.ui.status_page import sharing_sentence
from dashboard.ui.status_tables import fetches_of, fetches_table
from gridrt_client.connection import GridConnection
from gridrt_client.errors import UnavailableError
from gridrt_client.queries import EventsQuery, SessionsQuery
from gridrt_client.settings import OTHER_VARIABLES
from gridrt_client.sharing.status import SharingStatus
from gridrt_client.snapshots.status import EntryStatus
from gridrt_client.snapshots.store import SnapshotStore
from tests.dashboard.views import TOKEN, Open, opened, words
from tests.strict_server.server import StrictServer

NOW = datetime.now(UTC)


def tables(test: AppTest) -> list[pd.DataFrame]:
    return [table.value for table in test.dataframe]


def everything(test: AppTest) -> str:
    return "\n".join([words(test).replace("\\", ""), *(table.to_csv() for table in tables(test))])


def links(test: AppTest) -> list[str]:
    return [link.proto.label for link in test.get("page_link")]


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    def write(*rights: str, space: str = "*") -> None:
        lines = ["[[role]]", "everyone = true", 'tenants = ["*"]', f'spaces = ["{space}"]', *rights]
        file = tmp_path / f"roles-{len(lines)}.toml"
        file.write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setenv("GRIDRT_ROLES", str(file))

    return write


def test_everybody_sees_it_where_nobody_signs_in_and_no_secret(
    open_view: Open, server: StrictServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SnapshotStore()
    # Without what other tests have left.
    monkeypatch.setattr(GridConnection, "store", store)
    monkeypatch.setenv("GRIDRT_PSEUDONYM_KEY", "a-key-that-nobody-may-see")
    monkeypatch.setenv("GRIDRT_REDIS_URL", "redis://:a-password-that-nobody-may-see@127.0.0.1:1/0")
    monkeypatch.setenv("GRIDRT_MAX_SESSIONS", "33")
    assert "Status" in links(open_view("events"))
    test = opened("status").run()
    assert [title.value for title in test.title] == ["Status"]
    for sentence in (
        "Grid Real-time 0.1.0 on Python 3.",
        "Redis can't be reached, for ",
        "because Redis doesn't answer",
    ):
        assert sentence in everything(test)
    fetches, replicas, of_tenant, of_server = tables(test)
    assert "Tenant" not in fetches
    needed = fetches.set_index("Endpoint").loc[["sessions", "events"]]
    assert needed["Scope"].tolist() == ["everything"] * 2
    assert needed["Records"].min() > 0
    assert needed["Last error"].tolist() == [""] * 2
    assert replicas["Server"].str.contains("this one").tolist() == [True]
    found = dict(zip(of_tenant["Setting"], zip(of_tenant["Value"], of_tenant["From"], strict=True), strict=True))
    assert found["GRIDRT_ACCESS_TOKEN"] == found["GRIDRT_REDIS_URL"] == ("set", "environment")
    assert found["GRIDRT_PSEUDONYM_KEY"] == ("set", "environment")
    assert found["GRIDRT_TENANT_ID"] == (server.tenant_id, "environment")
    assert found["GRIDRT_RETRIES"] == ("0", "environment")
    assert found["GRIDRT_MAX_BYTES"] == (str(2 << 30), "default")
    found = dict(zip(of_server["Setting"], zip(of_server["Value"], of_server["From"], strict=True), strict=True))
    assert found["GRIDRT_MAX_SESSIONS"] == ("33", "environment")
    assert found["GRIDRT_MAX_SESSIONS_PER_ADDRESS"] == ("200", "default")
    for secret in (TOKEN, "nobody-may-see"):
        assert secret not in everything(test)
    store.close()


def test_a_role_without_the_right_gets_a_sentence_and_no_link(open_view: Open, role: Callable[..., None]) -> None:
    role("export = true", "personal_data = true")
    assert "Status" not in links(open_view("events"))
    test = opened("status").run()
    assert [error.value for error in test.error] == [
        "Your role doesn't open this page. It takes a role with status = true."
    ]
    assert tables(test) == []
    assert "Python" not in everything(test)
    # From now on, also in a page that is open.
    role("status = true")
    test = test.run()
    assert len(tables(test)) >= 3
    assert "Status" in links(test)


def test_it_shows_what_is_wrong_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDRT_TENANT_ID", "tenant")
    test = opened("status").run()
    assert escape_markdown("GRIDRT_ACCESS_TOKEN is not set") in test.error[0].value
    assert any("Not ready for viewers" in warning.value for warning in test.warning)
    assert not test.exception


def test_what_a_viewer_may_not_see_is_not_listed() -> None:
    queries = (SessionsQuery(), SessionsQuery(spaceId="a"), SessionsQuery(spaceId="b"))
    status = EntryStatus(None, 1, 0, NOW, 0.0, False, None, None, None)
    found = [Fetched(tenant, query, False, status) for tenant in ("one", "two") for query in queries]
    assert fetches_of(found, {}) == []
    assert fetches_of(found, {"one": Permissions(spaces=None)}) == []
    assert fetches_of(found, {"one": OPEN}) == found[:3]
    limited = Permissions(spaces=frozenset({"b"}), may_see_status=True)
    assert fetches_of(found, {"two": limited}) == [found[5]]


def test_a_fetch_is_one_row_with_its_failure_and_its_next_try() -> None:
    failed = UnavailableError("The API \x1b[31m said \u202eno")
    good = EntryStatus("a", 1234, 2_500_000, NOW - timedelta(seconds=95), 0.5, False, 30.0, None, None)
    bad = EntryStatus("b", None, 0, None, 0.0, False, None, failed, NOW + timedelta(seconds=12))
    running = EntryStatus("c", 1, 0, NOW, 0.1, True, 30.0, None, NOW)
    queries = SessionsQuery(spaceId="x\n", deviceId="d"), EventsQuery(), SessionsQuery()
    found = [
        Fetched("one", query, query == queries[1], status)
        for query, status in zip(queries, (good, bad, running), strict=True)
    ]
    table = fetches_table(found, {"one": "One", "two": "Two"}, NOW)
    assert table["Tenant"].tolist() == ["One"] * 3
    first, second, third = (row for _, row in table.iterrows())
    assert (first["Next try"], first["Endpoint"], first["Scope"]) == ("now", "sessions", "everything")
    assert second["Scope"] == "everything, personal data in the clear"
    assert (second["Age"], second["Next try"], second["Every"]) == ("", "in 12 s", "")
    assert pd.isna(second["Records"])
    assert second["Last error"].isprintable()
    assert "The API " in second["Last error"]
    assert third["Scope"] == r'spaceId = "x\n", deviceId = d'
    assert (third["Records"], third["MB"], third["Seconds"], third["Age"]) == (1234, 2.5, 0.5, "1 min")
    assert third["Last error"] == ""
    assert fetches_table([], {}, NOW).empty


def test_redis_is_told_in_a_sentence() -> None:
    since = NOW - timedelta(minutes=3)
    assert sharing_sentence(None, NOW).startswith("No Redis is in use")
    assert sharing_sentence(SharingStatus(since, "is full", 1, 1, 1), NOW).startswith("Redis is full, for 3 min: ")
    found = sharing_sentence(SharingStatus(None, "", 1, 2, 0), NOW)
    assert found == "Redis works. 1 answer came from other servers, 2 fetches and 0 shared failures since the start."


def test_every_setting_of_the_dashboard_is_listed_with_its_default() -> None:
    assert set(DEFAULTS) - {"FORWARDED_ALLOW_IPS"} == set(OTHER_VARIABLES) - {"GRIDRT_PORT"}
    limits, sign_in = Limits(), SignIn.load({}, None)
    assert DEFAULTS[SESSIONS] == str(limits.sessions)
    assert DEFAULTS[SESSIONS_PER_ADDRESS] == str(limits.sessions_per_address)
    assert DEFAULTS["GRIDRT_SESSION_HOURS"] == f"{sign_in.session.total_seconds() / 3600:g}"
    assert DEFAULTS["GRIDRT_PROXY_EMAIL_HEADER"].lower() == sign_in.email_header
    assert DEFAULTS["GRIDRT_PROXY_GROUPS_HEADER"].lower() == sign_in.groups_header
    assert DEFAULTS[ADDRESS] == "127.0.0.1"
