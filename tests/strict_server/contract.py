"""The published contract over raw JSON records: what each endpoint takes, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.strict_server import dates

SCOPE = ("installationId", "spaceId", "deviceId")
INTERACTION_TYPES = ("interactive", "nonInteractive", "all")
DISTINCT_COLUMNS = (*(f"{kind}{number}" for kind in ("str", "int") for number in range(1, 6)), "deviceId")


@dataclass(frozen=True)
class Endpoint:
    """One of the three calls: the word in its path and the parameters that it knows."""

    word: str
    parameters: tuple[str, ...]
    required: tuple[str, ...] = ()


SESSIONS = Endpoint("session", SCOPE)
EVENTS = Endpoint("event", (*SCOPE, "eventType", "interactionType"))
LATEST = Endpoint("latest-event", (*EVENTS.parameters, "distinctColumns"), ("distinctColumns",))
ENDPOINTS = {endpoint.word: endpoint for endpoint in (SESSIONS, EVENTS, LATEST)}


def sessions(records: Iterable[Any], asked: Mapping[str, str]) -> list[Any]:
    """The session records that match; all of them, whatever they are, when nothing is asked."""
    scope = {name: asked[name] for name in SCOPE if name in asked}
    return [record for record in records if not scope or (isinstance(record, dict) and _has(record, scope))]


def events(all_sessions: Iterable[Any], records: Iterable[Any], asked: Mapping[str, str]) -> list[Any]:
    """The event records that match; space, installation and device are those of the event's session."""
    scope = {name: asked[name] for name in SCOPE if name in asked}
    within = {record.get("sessionId") for record in all_sessions if isinstance(record, dict) and _has(record, scope)}
    within.discard(None)
    found = []
    for record in records:
        if not isinstance(record, dict):
            if not asked:
                found.append(record)
            continue
        if scope and record.get("sessionId") not in within:
            continue
        if "eventType" in asked and record.get("eventType") != asked["eventType"]:
            continue
        wanted = {"interactive": True, "nonInteractive": False}.get(asked.get("interactionType", "all"))
        if wanted is not None and record.get("interaction") is not wanted:
            continue
        found.append(record)
    return found


def latest(all_sessions: Iterable[Any], records: Iterable[Any], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """The newest matching event of each distinct combination, with where its session is."""
    all_sessions = list(all_sessions)
    columns = asked["distinctColumns"].split(",")
    places: dict[str, dict[str, Any]] = {}
    for record in all_sessions:
        if isinstance(record, dict) and isinstance(record.get("sessionId"), str):
            places[record["sessionId"]] = {name: record.get(name) for name in SCOPE}
    newest: dict[str, tuple[int, dict[str, Any]]] = {}
    for event in events(all_sessions, records, {name: asked[name] for name in asked if name != "distinctColumns"}):
        if not isinstance(event, dict):
            continue
        session = event.get("sessionId")
        row = {**event, **(places.get(session, {}) if isinstance(session, str) else {})}
        key = json.dumps([row.get(name) for name in columns], sort_keys=True)
        moment = dates.read(event.get("eventTime"))
        when = -(10**30) if moment is None else moment
        if key not in newest or when > newest[key][0]:
            newest[key] = (when, row)
    return [row for _, row in newest.values()]


def _has(record: dict[str, Any], wanted: dict[str, str]) -> bool:
    return all(record.get(name) == value for name, value in wanted.items())
