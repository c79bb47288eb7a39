"""No value of the API reaches Markdown or HTML as it is, and none steers the text around it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from google.protobuf.message import Message

from dashboard.filters import OF_EVENT, OF_SESSION, write_value
from dashboard.ui import behaviour_panels
from tests.dashboard.views import TOKEN, answered, configure, opened
from tests.strict_server.hostile import MARK, STEERING, TEXTS, hostile
from tests.strict_server.server import StrictServer

# Shown by Streamlit as Markdown or as HTML, and by Plotly as some elements of HTML.
RENDERED = {"body", "label", "help", "text", "caption", "content", "content_icon", "placeholder", "tooltip", "title"}
# What a renderer would take for markup; escaped text holds none of it.
MARKDOWN = re.compile(
    r"(?<!\\)<[a-z!/]|(?<!\\)\]\(|(?<!\\)!\[|\*\*Zq7|(?<!\\)`Zq7|(?<!\\)\$Zq7"
    r"|:red\[|:small\[|:material/home:|(?<![\\:/]):smile:|https?://zq7|www\.zq7|Zq7@"
)
# All but what is ours: parts of a legend, bold titles, line breaks.
HTML = re.compile(r"<(?!/?div\b|/?span\b|/?b>|br>)[a-z!/]|<(b|br)>(Zq7|<sub>)", re.IGNORECASE)
# What somebody types stays as it is while they edit it.
INPUTS = ("TextInput.",)
JSON = (".spec", ".json")
# Parts of a figure that a browser doesn't show.
UNSEEN = {"customdata", "legendgroup", "ids", "uid"}
# Not in the list: line ends and tabs, which our own texts have, and joiners, which `escape_markdown` adds.
STEERS = re.compile("[" + "".join(re.escape(one) for one in STEERING if one != "\u2060") + "]")
# Some of each kind, in links.
CHOSEN = tuple(TEXTS[number] for number in (1, 10, 12, 16, 24, 25, 29, 40, 52, 60, -3, -1))


def links(view: str) -> list[dict[str, str | list[str]]]:
    """Return the links with which a view is opened: as it is, and with texts in all parameters that may be any."""
    found: list[dict[str, str | list[str]]] = [{}]
    panels = list(behaviour_panels.PANELS)
    for number, text in ((TEXTS.index(text), text) for text in CHOSEN):
        value = write_value(text)
        match view:
            case "events":
                found.append({**dict.fromkeys((*OF_SESSION, *OF_EVENT, "find", "tz", "sort", "zz"), value)})
                found.append({"captureId": f"{uuid.UUID(int=10_000 + number, version=4)}-{number % 12}"})
            case "store":
                found.append({"spaceId": value})
            case "session":
                found.append({"sessionId": text if number % 2 else str(uuid.UUID(int=number, version=4))})
            case "sessions" | "stores":
                found.append({"at": text, "colour": text, "compare": value, "area": text, "spaceId": value})
            case "latest":
                found.append({"thing": text, "status": text, "find": text})
            case "analytics":
                found.append({"panel": panels[number % len(panels)], "steps": [value, "PURCHASE"], "countType": value})
            case _:
                found.append({"search": text.strip() or "Zq7", "feed": value})
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[StrictServer]:
    with StrictServer(hostile(datetime.now(UTC)), TOKEN) as running:
        yield running


def strings(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """Return all texts of a message with the path to their field: also those in JSON and in tables."""
    for descriptor, value in message.ListFields():
        place = f"{path}.{descriptor.name}"
        for one in value if descriptor.is_repeated else [value]:
            if isinstance(one, Message):
                yield from strings(one, place)
            elif isinstance(one, str):
                yield from in_json(json.loads(one), place) if place.endswith(JSON) else [(place, one)]
            elif isinstance(one, bytes) and one:
                yield from in_table(one, place)


def in_json(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for one in value:
            yield from in_json(one, place)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in UNSEEN:
                yield from in_json(one, f"{place}.{name}")


def in_table(content: bytes, place: str) -> Iterator[tuple[str, str]]:
    table = pa.ipc.open_stream(content).read_all()
    for name in table.column_names:
        for value in table[name].to_pylist():
            if isinstance(value, str):
                yield f"{place}.<{name}>", value


def elements(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        if getattr(child, "children", None):
            yield from elements(child)
        yield child


@pytest.mark.parametrize("view", ["live", "sessions", "events", "latest", "stores", "store", "analytics", "session"])
def test_values_are_escaped_and_steer_nothing(
    view: str, server: StrictServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(monkeypatch, server, RETRIES="0")
    test = answered(opened(view).run())
    marked = 0
    for link in links(view):
        test.query_params.clear()
        for name, value in link.items():
            test.query_params[name] = value
        test.run()
        assert not test.exception
        problems = []
        for element in (*elements(test.main), *elements(test.sidebar)):
            proto = getattr(element, "proto", None)
            for place, text in strings(proto, type(proto).__name__) if isinstance(proto, Message) else ():
                marked += MARK in text
                problems += list(wrong(place, text))
        assert not problems, f"{link}:\n" + "\n".join(problems[:20])
    assert marked


def wrong(place: str, text: str) -> Iterator[str]:
    if place.rpartition(".")[2] in RENDERED:
        renderer = HTML if place.startswith(("Html.", "PlotlyChart.")) else MARKDOWN
        if raw := renderer.search(text):
            yield f"{place} is rendered with {raw[0]!r}: {text[max(0, raw.start() - 60) :][:120]!r}"
    if (steers := STEERS.search(text)) and not place.startswith(INPUTS):
        yield f"{place} has {steers[0]!r}: {text[max(0, steers.start() - 60) :][:120]!r}"
