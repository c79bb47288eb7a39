"""A link that was set after the page was opened is limited on the page, which names what is left out."""

from tests.dashboard.views import Open, words


def test_parameters_that_are_too_long_or_too_many_are_named(open_view: Open) -> None:
    test = open_view("live", search="x" * 500_000, tz="UTC", spaceId=["a"] * 300)
    assert not test.exception
    found = words(test).replace("\\", "")
    assert "A value of search in the link has 500,000 characters" in found
    assert "The link is too long from spaceId on" in found
    assert test.query_params["tz"] == "UTC"
    assert "search" not in test.query_params
    assert len(test.query_params["spaceId"]) == 199
