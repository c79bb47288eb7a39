"""The server: ``streamlit run app.py``.

It names the script that draws every page (``dashboard/main.py``, which runs the files of ``pages/``), the middleware
and the handler of errors of the script. There is no ``pages/`` folder beside the script on purpose: Streamlit would run
a page without the script on a deep link.
"""

from functools import partial
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard.data import loader
from dashboard.data.downloads import DOWNLOADS
from dashboard.data.replica import HERE
from dashboard.server import lifespan
from dashboard.server.allowed_hosts import AllowedHosts
from dashboard.server.capacity import DescriptorReserve
from dashboard.server.download_guard import DownloadGuard
from dashboard.server.early_page import EarlyPage
from dashboard.server.first_messages import FirstMessages
from dashboard.server.link_redirect import LinkRedirect
from dashboard.server.request_limits import RequestLimits
from dashboard.server.security_headers import SecurityHeaders
from dashboard.server.sign_in_gate import SignInGate
from dashboard.server.static_assets import StaticAssets
from dashboard.ui import messages

lifespan.log_to_stderr()
lifespan.check_secrets()
sign_in = lifespan.signing_in()
app = st.App(
    Path(__file__).parent / "dashboard" / "main.py",
    lifespan=partial(lifespan.lifespan, operations=lifespan.operations()),
    middleware=[
        # The outermost first.
        Middleware(SecurityHeaders, frame_ancestors=lifespan.frame_ancestors()),
        Middleware(AllowedHosts, allowed=lifespan.allowed_hosts(), address=lifespan.listens_on),
        Middleware(RequestLimits, limits=lifespan.limits(), open_sessions=HERE.sessions),
        Middleware(SignInGate, sign_in=sign_in),
        Middleware(DownloadGuard, downloads=DOWNLOADS),
        Middleware(DescriptorReserve),
        Middleware(StaticAssets),
        Middleware(LinkRedirect),
        Middleware(FirstMessages),
        # With roles, what a viewer may see is known when the script runs, not before.
        Middleware(EarlyPage, prefetch=loader.prefetch if sign_in.roles is None else None),
    ],
    on_script_error=messages.script_failed,
)
