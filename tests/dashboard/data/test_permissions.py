"""Roles: who may see what, and mistakes in their file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.data.identity import NotSignedInError, of_claims, of_proxy
from dashboard.data.permissions import Identity, Permissions, Roles, RolesError

FILE = """
[[role]]
name = "Managers of the harbour store"
email = ["Kim@Chain.example"]
tenants = ["north"]
spaces = ["harbour"]
export = true

[[role]]
name = "Analysts"
group = ["analysts"]
claim = { department = ["insight"], level = "7" }
tenants = ["*"]
spaces = ["*"]
personal_data = true

[[role]]
name = "The chain"
domain = ["@chain.example"]
tenants = ["north", "south"]
spaces = ["harbour", "market"]
"""


def load(tmp_path: Path, text: str) -> Roles:
    file = tmp_path / "roles.toml"
    file.write_text(text, encoding="utf-8")
    return Roles.load(file)


@pytest.fixture
def roles(tmp_path: Path) -> Roles:
    return load(tmp_path, FILE)


def person(email: str = "", *groups: str, **claims: Any) -> Identity:
    return Identity(email, email, frozenset(groups), claims)


def test_the_first_role_that_names_a_viewer_for_a_tenant_counts(roles: Roles) -> None:
    kim = person("kim@chain.example", "analysts")
    assert roles.permissions(kim, "north") == Permissions(True, False, kim.name, frozenset({"harbour"}))
    # For another tenant it is the next one, and its rights are not added to those of the first.
    assert roles.permissions(kim, "south") == Permissions(False, True, kim.name, None)


@pytest.mark.parametrize(
    ("who", "spaces"),
    [
        (person("", "analysts"), None),
        (person(department="insight"), None),
        (person(department=["sales", "insight"]), None),
        (person(level=7), None),
        (person("lee@chain.example"), {"harbour", "market"}),
    ],
)
def test_a_viewer_is_named_by_group_claim_or_domain(roles: Roles, who: Identity, spaces: set[str] | None) -> None:
    found = roles.permissions(who, "south")
    assert found is not None
    assert found.spaces == spaces


@pytest.mark.parametrize(
    "who",
    [
        person(),
        person("kim@chain.example.evil.example"),
        person("kim@evil.example"),
        person("chain.example"),
        person("x@sub.chain.example"),
        person("", "Analysts", "analysts "),
        person(department=True),
        person(department={"insight": 1}),
        person(level=70),
    ],
)
def test_who_is_not_named_may_see_nothing(roles: Roles, who: Identity) -> None:
    assert roles.permissions(who, "north") is None


def test_the_default_is_the_least() -> None:
    assert Permissions() == Permissions(False, False, "", frozenset())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name nobody: a role begins with [[role]]"),
        ('[role]\nemail = ["a@b.c"]', "name nobody"),
        ("[[roles]]\n", "unknown key roles"),
        ('[[role]]\ntenants = ["*"]\nspaces = ["*"]', "role 1 names nobody"),
        ('[[role]]\neveryone = true\nspaces = ["*"]', "role 1 names no tenants"),
        ('[[role]]\neveryone = true\ntenants = ["*"]', "role 1 names no spaces"),
        ('[[role]]\neveryone = true\ntenants = ["*"]\nspaces = []', "role 1 names no spaces"),
        ('[[role]]\neveryone = "yes"\ntenants = ["*"]\nspaces = ["*"]', "everyone must be true or false"),
        ('[[role]]\nemails = ["a@b.c"]', "role 1 has an unknown key emails"),
        ('[[role]]\nemail = [1]\ntenants = ["*"]\nspaces = ["*"]', "email must be a list of texts"),
        ('[[role]]\nemail = [" "]\ntenants = ["*"]\nspaces = ["*"]', "email must be a list of texts"),
        ('[[role]]\nclaim = "x"\ntenants = ["*"]\nspaces = ["*"]', "claim must be a table"),
        ("[[role]\n", "not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RolesError) as error:
        load(tmp_path, text)
    assert said in str(error.value)
    assert "roles.toml" in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RolesError, match="GRIDRT_ROLES"):
        Roles.load(tmp_path / "none.toml")


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_nobody_has_verified_does_not_count(verified: object) -> None:
    claims = {"email": "Kim@chain.example", "email_verified": verified, "groups": ["a", 7], "sub": "1"}
    found = of_claims(claims, accepts_unverified_email=False)
    assert (found.email, found.name, found.groups) == ("", "Kim@chain.example", {"a"})
    assert of_claims(claims, accepts_unverified_email=True).email == "kim@chain.example"


def test_a_verified_address_counts() -> None:
    claims = {"email": "Kim@chain.example ", "email_verified": True, "groups": "a"}
    found = of_claims(claims, accepts_unverified_email=False)
    assert (found.email, found.groups) == ("kim@chain.example", {"a"})


def test_the_identity_of_a_proxy() -> None:
    assert of_proxy("Kim@chain.example", " a,b , ").groups == {"a", "b"}
    assert of_proxy("Kim@chain.example", None).email == "kim@chain.example"
    with pytest.raises(NotSignedInError):
        of_proxy("", "a")
