"""The server: ``streamlit run app.py``.

Names the script that draws every view, what happens when a script fails, and what is loaded before anybody comes; the
views live in ``dashboard/main.py`` and ``pages/``. There is no ``pages/`` folder beside the script on purpose:
Streamlit would run a page without the frame around it on a deep link.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard import data, server, states
from dashboard.arrival import Arrival
from dashboard.hosts import AllowedHosts
from dashboard.link_redirect import LinkRedirect

app = st.App(
    Path(__file__).parent / "dashboard" / "main.py",
    lifespan=server.lifespan,
    middleware=[
        # Around everything else.
        Middleware(AllowedHosts, allowed=server.allowed_hosts(), address=server.listens_on),
        Middleware(LinkRedirect),
        Middleware(Arrival, expect=data.expect),
    ],
    on_script_error=states.script_failed,
)
server.check_secrets()
