"""Links in another form than the page's own are redirected to it and mean the same."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import read_condition
from dashboard.server.link_redirect import canonical_query


@pytest.mark.parametrize(
    ("query", "better"),
    [
        ("distinctColumns=str1,deviceId", "distinctColumns=str1&distinctColumns=deviceId"),
        ("a=1&distinctColumns=str1%2C%20foo,&b=", "a=1&distinctColumns=str1&distinctColumns=foo&b="),
        ("spaceId=store%20", "spaceId=%22store%20%22"),
        ("eventType=%20", "eventType=%22%20%22"),
        ("deviceId=%E2%80%AEx", "deviceId=%22%5Cu202ex%22"),
        ("deviceId=a%00b", "deviceId=%22a%5Cu0000b%22"),
        ("distinctColumns=str1&distinctColumns=str2", None),
        ("spaceId=store+a&from=now-3h&x=%20%20", None),
        ("spaceId=-store%20&spaceId=-a", "spaceId=-%22store%20%22&spaceId=-a"),
        ("str1=--a", "str1=-%22-a%22"),
        ("spaceId=", None),
        ("spaceId=%22%22", None),
        ("", None),
        ("%FF=%FF&&&=", None),
    ],
)
def test_a_link_is_written_as_the_page_writes_it(query: str, better: str | None) -> None:
    assert canonical_query(query) == better


@given(
    st.lists(
        st.tuples(st.sampled_from(["spaceId", "eventType", "distinctColumns", "from", "x"]), st.text(max_size=8)),
        max_size=4,
    )
)
def test_it_is_sent_on_once_and_means_the_same(pairs: list[tuple[str, str]]) -> None:
    query = urlencode(pairs, errors="replace")
    better = canonical_query(query)
    if better is None:
        return
    assert canonical_query(better) is None
    before, after = parse_qsl(query, keep_blank_values=True), parse_qsl(better, keep_blank_values=True)
    for name in ("spaceId", "eventType"):
        values = [read_condition(name, [value for one, value in some if one == name], []) for some in (before, after)]
        assert values[0] == values[1]
    columns = [
        [part.strip() for name, value in some if name == "distinctColumns" for part in value.split(",") if part.strip()]
        for some in (before, after)
    ]
    assert columns[0] == columns[1]
