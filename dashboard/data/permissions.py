"""What a viewer may see and do, by the roles of a settings file.

The first role of the file that names a viewer for a tenant counts, as a whole: rights of several roles are never
combined, so that the right to export of one role can't be used on the spaces of another. Who is named by no role may
see nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dashboard.analysis.settings_file import read_toml
from gridrt_client.safe_text import shown

VARIABLE: Final = "GRIDRT_ROLES"
EVERYTHING: Final = "*"
_CONDITIONS: Final = ("email", "domain", "group", "claim", "everyone")
_RIGHTS: Final = ("export", "personal_data", "status")
_KEYS: Final = ("name", *_CONDITIONS, "tenants", "spaces", *_RIGHTS)


class RolesError(ValueError):
    """The file of roles can't be used; the message names the file, the role, the key and the remedy."""


@dataclass(frozen=True)
class Identity:
    """Who a viewer is, as the provider or the proxy says.

    Attributes
    ----------
    email
        In lower case; empty where it isn't known or not verified.
    name
        What a person reads, and the audit log says.
    groups
        Names of groups.
    claims
        All claims of the provider.
    """

    email: str = ""
    name: str = ""
    groups: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Permissions:
    """What a viewer may do with one tenant; the default is nothing but to look at no space at all.

    Attributes
    ----------
    may_export, may_see_personal_data
        Whether rows may be downloaded, and personal data be shown in the clear for a while.
    who
        The viewer's name, for the audit log.
    spaces
        The spaces whose data may be seen; None for all.
    may_see_status
        Whether the page Status may be seen: how the dashboard runs and what it has fetched.
    """

    may_export: bool = False
    may_see_personal_data: bool = False
    who: str = ""
    spaces: frozenset[str] | None = frozenset()
    may_see_status: bool = False


OPEN: Final = Permissions(may_export=True, who="local", spaces=None, may_see_status=True)
"""What every viewer may do where there is no sign-in."""


@dataclass(frozen=True)
class Role:
    """One entry of the file. ``tenants`` and ``spaces`` are None for all."""

    name: str
    email: frozenset[str]
    domain: frozenset[str]
    group: frozenset[str]
    claim: tuple[tuple[str, frozenset[str]], ...]
    everyone: bool
    tenants: frozenset[str] | None
    spaces: frozenset[str] | None
    may_export: bool
    may_see_personal_data: bool
    may_see_status: bool

    def names(self, identity: Identity) -> bool:
        """Return whether one of the conditions holds for a viewer."""
        domain = identity.email.rpartition("@")[2] if "@" in identity.email else None
        return (
            self.everyone
            or bool(identity.email and identity.email in self.email)
            or domain in self.domain
            or not self.group.isdisjoint(identity.groups)
            or any(not allowed.isdisjoint(_texts(identity.claims.get(name))) for name, allowed in self.claim)
        )

    def covers(self, tenant: str) -> bool:
        return self.tenants is None or tenant in self.tenants


@dataclass(frozen=True)
class Roles:
    """The roles of a file, in its order.

    Attributes
    ----------
    accepts_unverified_email
        Whether an e-mail address counts that the provider doesn't call verified.
    """

    roles: tuple[Role, ...]
    accepts_unverified_email: bool = False

    @classmethod
    def load(cls, path: str | Path) -> Roles:
        """Read a file of roles.

        Raises
        ------
        RolesError
            The file can't be read, or a role can't be used.
        """
        where = f"The roles {path}"
        content = read_toml(Path(path), "The roles", VARIABLE, RolesError, be="are")
        unknown = sorted(set(content) - {"role", "accept_unverified_email"})
        if unknown:
            raise RolesError(f"{where} have an unknown key {shown(unknown[0], 40)}: a role begins with [[role]].")
        entries = content.get("role", [])
        if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
            raise RolesError(f"{where} name nobody: a role begins with [[role]].")
        roles = tuple(_role(f"{where}, role {number}", entry) for number, entry in enumerate(entries, 1))
        return cls(roles, _flag(where, content, "accept_unverified_email"))

    def permissions(self, identity: Identity, tenant: str) -> Permissions | None:
        """Return what a viewer may do with a tenant; None: not even see it."""
        for role in self.roles:
            if role.covers(tenant) and role.names(identity):
                return Permissions(
                    role.may_export, role.may_see_personal_data, identity.name, role.spaces, role.may_see_status
                )
        return None


def _role(place: str, entry: Mapping[str, Any]) -> Role:
    unknown = sorted(set(entry) - set(_KEYS))
    if unknown:
        raise RolesError(f"{place} has an unknown key {shown(unknown[0], 40)}: use {', '.join(_KEYS)}.")
    name = entry.get("name", "")
    if not isinstance(name, str):
        raise RolesError(f"{place}: name must be text.")
    if not any(key in entry for key in _CONDITIONS):
        raise RolesError(f"{place} names nobody: use {', '.join(_CONDITIONS[:-1])} or everyone = true.")
    claims = entry.get("claim", {})
    if not isinstance(claims, dict):
        raise RolesError(f'{place}: claim must be a table such as {{ department = ["sales"] }}.')
    return Role(
        name=name,
        email=frozenset(one.lower() for one in _list(place, entry, "email")),
        domain=frozenset(one.lower().removeprefix("@") for one in _list(place, entry, "domain")),
        group=_list(place, entry, "group"),
        claim=tuple((claim, _list(f"{place}, claim", claims, claim)) for claim in claims),
        everyone=_flag(place, entry, "everyone"),
        tenants=_limit(place, entry, "tenants"),
        spaces=_limit(place, entry, "spaces"),
        may_export=_flag(place, entry, "export"),
        may_see_personal_data=_flag(place, entry, "personal_data"),
        may_see_status=_flag(place, entry, "status"),
    )


def _list(place: str, entry: Mapping[str, Any], key: str) -> frozenset[str]:
    values = entry.get(key, [])
    values = [values] if isinstance(values, str) else values
    if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() for one in values):
        raise RolesError(f"{place}: {shown(key, 40)} must be a list of texts.")
    return frozenset(values)


def _limit(place: str, entry: Mapping[str, Any], key: str) -> frozenset[str] | None:
    values = _list(place, entry, key)
    if not values:
        raise RolesError(f'{place} names no {key}: list them, or write {key} = ["{EVERYTHING}"] for all.')
    return None if EVERYTHING in values else values


def _flag(place: str, entry: Mapping[str, Any], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise RolesError(f"{place}: {key} must be true or false.")
    return value


def _texts(value: Any) -> set[str]:
    """Return the texts of a claim: one, or those of a list."""
    values = value if isinstance(value, list | tuple) else [value]
    return {str(one) for one in values if isinstance(one, str | int) and not isinstance(one, bool)}
