"""What a link holds beyond its limits is left out and named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.data.link_limits import LONGEST_LINK, LONGEST_VALUE, MOST_PARAMETERS, limited


def test_a_link_within_the_limits_stays_as_it_is() -> None:
    given = {"spaceId": ["a", "b", ""], "search": ["x" * LONGEST_VALUE]}
    assert limited(given) == (given, {})


def test_what_is_too_long_is_named() -> None:
    kept, notes = limited({"search": ["x" * (LONGEST_VALUE + 1)], "n" * 101: ["1"], "tz": ["UTC"]})
    assert kept == {"tz": ["UTC"]}
    assert notes["search"].startswith("A value of search in the link has 2,001 characters; 2,000 are the most")
    assert "has 101 characters" in notes["n" * 100]


def test_what_is_too_many_is_named() -> None:
    kept, notes = limited({"spaceId": ["a"] * 150, "deviceId": ["b"] * 100, "tz": ["UTC"]})
    assert {name: len(values) for name, values in kept.items()} == {"spaceId": 150, "deviceId": 50}
    assert notes["deviceId"].startswith("The link is too long from deviceId on")
    assert set(notes) == {"deviceId", "tz"}


def test_many_notes_are_one_sentence_more() -> None:
    _, notes = limited({f"a{number}": ["x"] for number in range(1_000)})
    assert len(notes) == 5
    assert list(notes.values())[-1].endswith("The same holds for 795 other parameters.")


@given(st.dictionaries(st.text(max_size=120), st.lists(st.text(max_size=3_000), max_size=30), max_size=30))
def test_what_is_kept_is_within_the_limits(parameters: dict[str, list[str]]) -> None:
    kept, notes = limited(parameters)
    values = [(name, value) for name, values in kept.items() for value in values]
    assert len(values) <= MOST_PARAMETERS
    assert sum(len(name) + len(value) for name, value in values) <= LONGEST_LINK
    assert all(kept.get(name, []) == values for name, values in parameters.items() if name[:100] not in notes)
    assert all(len(sentence) < 400 for sentence in notes.values())
