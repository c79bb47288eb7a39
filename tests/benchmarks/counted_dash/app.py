"""A well-written Dash page of events: the histogram is counted on the server, the grid asks for the rows in sight.

What opening the real app's view of events is compared with. It has what Dash's documentation recommends for large data:
the data is read once, figures have as many bars as there are bins, and the grid has the infinite row model.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import dash_ag_grid
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import requests
from dash import Dash, Input, Output, dcc, html, no_update
from werkzeug.serving import WSGIRequestHandler

sys.path.insert(0, str(Path(__file__).parent.parent / "straightforward"))
from decode import decode

BASE_URL, TENANT = os.environ["GRIDRT_BASE_URL"], os.environ["GRIDRT_TENANT_ID"]
HEADERS = {"Authorization": f"Bearer {os.environ['GRIDRT_ACCESS_TOKEN']}"}
BINS = 48
COLUMNS = (
    "eventTime", "eventType", "interaction", "sessionId", "productId", "categoryId", "str1", "str2", "str3", "str4",
    "str5", "int1", "int2", "int3", "int4", "int5", "captureId",
)  # fmt: skip


def load() -> pd.DataFrame:
    """All events, newest first; texts that repeat as categories."""
    response = requests.get(f"{BASE_URL}/v2/realtime/event/tenants/{TENANT}", headers=HEADERS, timeout=600)
    response.raise_for_status()
    events = decode(response.content)
    del response
    texts = {name: "category" for name in events.columns if events[name].dtype == "str" and name != "captureId"}
    return events.astype(texts).sort_values("eventTime", ascending=False, ignore_index=True)


EVENTS = load()
TYPES = list(EVENTS["eventType"].cat.categories)


def of_type(value: str | None) -> pd.DataFrame:
    return EVENTS[EVENTS["eventType"] == value] if value else EVENTS


def histogram(value: str | None) -> go.Figure:
    """Events by half an hour and type."""
    events = of_type(value).dropna(subset=["eventTime"])
    times = events["eventTime"].to_numpy("datetime64[us]").astype(np.int64)
    edges = np.linspace(times.min(), times.max(), BINS + 1)
    bins = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, BINS - 1)
    codes = events["eventType"].cat.codes.to_numpy()
    counts = np.bincount(codes.astype(np.int64) * BINS + bins, minlength=len(TYPES) * BINS).reshape(len(TYPES), BINS)
    begins = pd.to_datetime(edges[:-1].astype(np.int64), unit="us")
    bars = [go.Bar(x=begins, y=counts[place], name=TYPES[place]) for place in np.argsort(-counts.sum(axis=1))]
    return go.Figure(bars[:8], {"barmode": "stack", "margin": {"t": 20, "b": 40}, "bargap": 0.05})


app = Dash(__name__, serve_locally=True, title="Counted Dash", update_title="")
app.layout = html.Div(
    [
        html.H1("Events"),
        dcc.Dropdown(TYPES, id="eventType", placeholder="eventType"),
        dcc.Graph(id="histogram", figure=histogram(None)),
        dash_ag_grid.AgGrid(
            id="grid",
            rowModelType="infinite",
            columnDefs=[{"field": name} for name in COLUMNS],
            dashGridOptions={"cacheBlockSize": 100, "maxBlocksInCache": 10, "rowSelection": {"mode": "singleRow"}},
        ),
    ],
    **{"data-testid": "stMain"},
)


@app.callback(Output("histogram", "figure"), Input("eventType", "value"), prevent_initial_call=True)
def draw(value: str | None) -> go.Figure:
    return histogram(value)


@app.callback(Output("grid", "getRowsResponse"), Input("grid", "getRowsRequest"), Input("eventType", "value"))
def rows(request: dict[str, Any] | None, value: str | None) -> Any:
    if request is None:
        return no_update
    events = of_type(value)
    page = events.iloc[request["startRow"] : request["endRow"]]
    listed = page[[name for name in COLUMNS if name in page.columns]].astype("str").to_dict("records")
    return {"rowData": listed, "rowCount": len(events)}


if __name__ == "__main__":
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    app.run(host="127.0.0.1", port=os.environ["PORT"], debug=False)
