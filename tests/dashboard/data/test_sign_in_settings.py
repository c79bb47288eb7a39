"""The settings of the sign-in: which mode they choose, and mistakes in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.data.sign_in_settings import Mode, SignIn, SignInError, check_open

AUTH = {
    "redirect_uri": "https://dash.example.com/oauth2callback",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
    "client_id": "grid",
    "client_secret": "s",
    "server_metadata_url": "https://id.example.com/.well-known/openid-configuration",
}
PROXY = {"GRIDRT_PROXY_ADDRESSES": "10.1.0.0/16, 127.0.0.1"}


@pytest.fixture
def roles(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "roles.toml"
    file.write_text('[[role]]\neveryone = true\ntenants = ["*"]\nspaces = ["*"]\n', encoding="utf-8")
    return {"GRIDRT_ROLES": str(file)}


def test_what_is_set_decides_the_mode(roles: dict[str, str]) -> None:
    assert SignIn.load({}, None).mode is Mode.OPEN
    assert SignIn.load(roles, AUTH).mode is Mode.OIDC
    assert SignIn.load(roles | PROXY, None).mode is Mode.PROXY
    assert SignIn.load(roles | PROXY | {"GRIDRT_SIGN_IN": "open"}, None).mode is Mode.OPEN
    assert SignIn.load(roles | PROXY | {"GRIDRT_SIGN_IN": " OIDC "}, AUTH).mode is Mode.OIDC


@pytest.mark.parametrize(
    ("more", "auth", "said"),
    [
        ({"GRIDRT_SIGN_IN": "saml"}, None, "GRIDRT_SIGN_IN must be one of open, oidc, proxy"),
        ({"GRIDRT_SIGN_IN": "open"}, AUTH, "remove one of them"),
        ({"GRIDRT_SIGN_IN": "oidc"}, None, "no section [auth]"),
        ({}, {**AUTH, "client_id": " "}, "client_id is missing in [auth]"),
        ({}, {**AUTH, "cookie_secret": "short"}, "cookie_secret in [auth] must have at least 32"),
        ({}, {**AUTH, "redirect_uri": "https://dash.example.com/"}, "redirect_uri in [auth] must be"),
        ({"GRIDRT_SESSION_HOURS": "0"}, AUTH, "GRIDRT_SESSION_HOURS must be"),
        ({"GRIDRT_SESSION_HOURS": "nan"}, AUTH, "GRIDRT_SESSION_HOURS must be"),
        ({"GRIDRT_ROLES": ""}, AUTH, "GRIDRT_ROLES is not set"),
        ({"GRIDRT_ROLES": "none.toml"}, AUTH, "The roles none.toml can't be read"),
        ({"GRIDRT_SIGN_IN": "proxy"}, None, "GRIDRT_PROXY_ADDRESSES is not set"),
        ({"GRIDRT_PROXY_ADDRESSES": "proxy.example"}, None, "GRIDRT_PROXY_ADDRESSES must be addresses"),
        ({"GRIDRT_PROXY_ADDRESSES": "0.0.0.0/0"}, None, "names every address"),
        ({**PROXY, "GRIDRT_PROXY_EMAIL_HEADER": "X Email"}, None, "GRIDRT_PROXY_EMAIL_HEADER must be the name"),
        ({**PROXY, "FORWARDED_ALLOW_IPS": "*"}, None, "FORWARDED_ALLOW_IPS names"),
        ({**PROXY, "FORWARDED_ALLOW_IPS": "10.1.0.1,10.2.0.0/24"}, None, "FORWARDED_ALLOW_IPS names “10.2.0.0/24”"),
    ],
)
def test_a_mistake_is_named(roles: dict[str, str], more: dict[str, str], auth: dict[str, Any], said: str) -> None:
    with pytest.raises(SignInError) as error:
        SignIn.load(roles | more, auth)
    assert said in str(error.value)
    assert "0123456789abcdef" not in str(error.value)


def test_connections_of_the_proxy_are_known(roles: dict[str, str]) -> None:
    found = SignIn.load(roles | PROXY, None)
    assert found.is_from_proxy("10.1.2.3", 4)
    assert found.is_from_proxy("::ffff:10.1.2.3", 4)
    assert found.is_from_proxy("192.0.2.1", 0)  # uvicorn has put the browser's address there
    assert not found.is_from_proxy("10.2.0.1", 4)
    assert not found.is_from_proxy("testclient", 4)


def test_forwarded_addresses_of_others_than_the_proxy_prove_nothing(roles: dict[str, str]) -> None:
    # uvicorn takes them from this machine, which is not the proxy.
    found = SignIn.load(roles | {"GRIDRT_PROXY_ADDRESSES": "10.1.0.0/16"}, None)
    assert not found.is_from_proxy("10.1.2.3", 0)
    assert found.is_from_proxy("10.1.2.3", 4)


@pytest.mark.parametrize(
    ("mode", "address", "is_demo", "env", "allowed"),
    [
        (Mode.OPEN, "127.0.0.1", False, {}, True),
        (Mode.OPEN, "localhost", False, {}, True),
        (Mode.OPEN, "::1", False, {}, True),
        (Mode.OPEN, "0.0.0.0", False, {}, False),  # noqa: S104
        (Mode.OPEN, None, False, {}, False),
        (Mode.OPEN, "10.0.0.1", False, {"GRIDRT_ALLOW_OPEN": "false"}, False),
        (Mode.OPEN, "10.0.0.1", False, {"GRIDRT_ALLOW_OPEN": "true"}, True),
        (Mode.OPEN, None, True, {}, True),
        (Mode.OIDC, None, False, {}, True),
        (Mode.PROXY, None, False, {}, True),
    ],
)
def test_a_real_tenant_is_not_open_to_everybody_by_mistake(
    mode: Mode, address: str | None, is_demo: bool, env: dict[str, str], allowed: bool
) -> None:
    if allowed:
        check_open(mode, address, is_demo=is_demo, env=env)
    else:
        with pytest.raises(SignInError, match="GRIDRT_ALLOW_OPEN=true"):
            check_open(mode, address, is_demo=is_demo, env=env)


def test_the_start_says_how_viewers_sign_in(roles: dict[str, str]) -> None:
    assert "not needed (open); the dashboard listens on 127.0.0.1" in SignIn.load({}, None).sentence("127.0.0.1")
    assert "for 12 hours" in SignIn.load(roles, AUTH).sentence(None)
    assert "10.1.0.0/16, 127.0.0.1/32" in SignIn.load(roles | PROXY, None).sentence(None)
