"""Who may ask, and what is refused with which words."""

from __future__ import annotations

import pytest

from gridrt_emulator.tenants import QUIET_TENANT, QUIET_TOKEN
from tests.emulator.program import TOKEN, Emulator, running

ENDPOINTS = {"session": "", "event": "", "latest-event": "distinctColumns=str1"}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_without_a_token(plain: Emulator, endpoint: str) -> None:
    response = plain.ask(endpoint, ENDPOINTS[endpoint], token=None)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "token" in response.json()["error"]


@pytest.mark.parametrize(
    "header",
    ["Bearer wrong", "Bearer", f"Basic {TOKEN}", TOKEN, "Bearer töken", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"],
)
def test_with_a_wrong_token(plain: Emulator, header: str) -> None:
    response = plain.ask("event", token=None, headers={"Authorization": header.encode()})
    assert response.status_code == 401
    assert "invalid_token" in response.headers["WWW-Authenticate"]
    assert response.headers["Content-Type"] == "application/json"


def test_the_scheme_is_read_in_any_case(plain: Emulator) -> None:
    assert plain.ask("session", token=None, headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_good_token_for_another_tenant(plain: Emulator, endpoint: str) -> None:
    query = ENDPOINTS[endpoint]
    assert plain.ask(endpoint, query, tenant=QUIET_TENANT).status_code == 403
    assert plain.ask(endpoint, query, token=QUIET_TOKEN).status_code == 403
    assert plain.records(endpoint, query, tenant=QUIET_TENANT, token=QUIET_TOKEN) == []


def test_a_tenant_that_is_not_there(plain: Emulator) -> None:
    response = plain.ask("event", tenant="000000000000000000000000")
    assert response.status_code == 404
    assert "000000000000000000000000" in response.json()["error"]


def test_another_region_and_other_paths(plain: Emulator) -> None:
    assert plain.ask("event", region="us").status_code == 404
    assert "us" in plain.ask("event", region="us").json()["error"]
    assert plain.ask("nonsense").status_code == 404
    assert plain.ask("event", tenant="a/b").json()["status"] == 404


def test_several_tenants() -> None:
    with running("--tenant", "second", "--token", "t2", "--region", "uae") as emulator:
        assert emulator.records("event", region="uae")[0]["dataResidency"] == "UAE"
        assert emulator.records("event", region="uae", tenant="second", token="t2") == []
        assert emulator.ask("event", region="uae", tenant="second").status_code == 403
        assert emulator.ask("event", region="eu").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_only_get(plain: Emulator, method: str) -> None:
    response = plain.ask("event", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("endpoint", "query", "word"),
    [
        ("session", "eventType=RATING", "eventType"),
        ("session", "interactionType=all", "interactionType"),
        ("session", "spaceId=", "spaceId"),
        ("session", "spaceId=a&spaceId=a", "2 times"),
        ("event", "interactionType=Interactive", "interactionType"),
        ("event", "interactionType=", "interactionType"),
        ("event", "distinctColumns=str1", "distinctColumns"),
        ("event", "limit=10", "limit"),
        ("event", "spaceid=x", "spaceid"),
        ("latest-event", "", "required"),
        ("latest-event", "distinctColumns=", "distinctColumns"),
        ("latest-event", "distinctColumns=str1,", "''"),
        ("latest-event", "distinctColumns=str6", "str6"),
        ("latest-event", "distinctColumns=spaceId", "spaceId"),
        ("latest-event", "distinctColumns=str1&distinctColumns=STR2", "STR2"),
        ("latest-event", "distinctColumns=str1,str1", "more than once"),
        ("latest-event", "distinctColumns=str1, str2", "' str2'"),
    ],
)
def test_a_query_that_the_contract_does_not_have(plain: Emulator, endpoint: str, query: str, word: str) -> None:
    response = plain.ask(endpoint, query)
    assert response.status_code == 400
    assert word in response.json()["error"]


def test_who_is_not_let_in_learns_nothing_about_queries(plain: Emulator) -> None:
    assert plain.ask("event", "limit=1", token="wrong").status_code == 401
