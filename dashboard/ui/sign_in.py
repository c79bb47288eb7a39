"""Who may enter: the page with the button that signs in, the choice of the tenant, and who is signed in."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.analysis.formatting import escape_markdown
from dashboard.data import audit, identity, sign_in_settings, tenant
from dashboard.data.identity import NotSignedInError
from dashboard.data.permissions import Identity, Permissions
from dashboard.data.sign_in_settings import Mode, SignIn, SignInError
from dashboard.data.viewer_state import ViewerState
from dashboard.ui import link_parameters
from gridrt_client.safe_text import shown

_MOST_SECONDS: Final = 15.0
"""The time after which a page notices that its viewer has signed out in another tab."""
_OF_ALL_TENANTS: Final = ("from", "to", "tz", "refresh", "present", "cycle")
"""The parameters of the link that mean the same with every tenant."""


def enter(viewer: ViewerState) -> bool:
    """Open the tenant of the link where the viewer may see it; otherwise say why not and return False.

    Raises
    ------
    SignInError, GridError
        When the sign-in or the tenants can't be set up.
    """
    sign = sign_in_settings.current()
    try:
        who = identity.current(sign)
    except NotSignedInError as error:
        _draw_sign_in(sign, str(error))
        return False
    permitted = tenant.permitted(who, sign.roles)
    if sign.mode is not Mode.OPEN:
        audit.signed_in(who.name, identity.owner_of(st.context.headers), sign.session.total_seconds())
    if not permitted:
        audit.refused(who.name, "")
        _draw_refusal(sign, who, "You may see no tenant here. The operator of this dashboard can give you a role.")
        return False
    asked = st.query_params.get(tenant.PARAMETER)
    # Without a name a link means the same tenant for everybody.
    name = asked or tenant.listed()[0]
    if not asked and name not in permitted:
        name = next(iter(permitted))
        link_parameters.write(tenant.PARAMETER, name)
    if name not in permitted:
        audit.refused(who.name, name)
        _draw_refusal(
            sign, who, f"There is no tenant “{shown(name, 40)}” that you may see. Choose one of yours.", list(permitted)
        )
        return False
    viewer.tenants = tuple(permitted)
    viewer.open_tenant(name, permitted[name])
    return True


def is_permitted(viewer: ViewerState) -> bool:
    """Return whether what `enter` found still holds: fragments run without the script that calls it."""
    return permitted_now().get(viewer.tenant) == viewer.permissions


def permitted_now() -> dict[str, Permissions]:
    """Return what the viewer may do with each tenant at this moment; nothing where nobody is signed in."""
    try:
        sign = sign_in_settings.current()
        return tenant.permitted(identity.current(sign), sign.roles)
    except (NotSignedInError, SignInError):
        return {}


def check_again() -> float | None:
    """Return the seconds after which the browser must ask whether the viewer is still signed in; None for never."""
    left = identity.seconds_left(sign_in_settings.current())
    return None if left is None else min(left + 0.5, _MOST_SECONDS)


def draw_tenant(viewer: ViewerState) -> None:
    """Draw the choice of the tenant, where there are several."""
    if len(viewer.tenants) > 1:
        with st.sidebar:
            _draw_choice(viewer.tenants, viewer.tenant)


def draw_account(viewer: ViewerState) -> None:
    """Draw who is signed in."""
    with st.sidebar:
        mode = sign_in_settings.current().mode
        if mode is not Mode.OPEN:
            with st.container(key="account", gap="xxsmall"):
                st.caption(f"Signed in as {escape_markdown(shown(viewer.permissions.who, 60))}")
                if mode is Mode.OIDC:
                    st.button("Sign out", key="sign_out", type="tertiary", on_click=st.logout)


def _draw_choice(tenants: tuple[str, ...], name: str | None) -> None:
    """Draw the select box of the tenant; another tenant is opened without the filters of this one."""
    link_parameters.show("tenant_choice", name)

    def choose() -> None:
        link_parameters.restore()
        kept = {one: st.query_params.get_all(one) for one in _OF_ALL_TENANTS if one in st.query_params}
        dropped = dict.fromkeys(one for one in st.query_params if one not in kept)
        link_parameters.change({**dropped, tenant.PARAMETER: st.session_state["tenant_choice"]})

    st.selectbox(
        "Tenant",
        tenants,
        index=None,
        format_func=tenant.label,
        key="tenant_choice",
        on_change=choose,
        filter_mode="contains",
    )


def _draw_sign_in(sign: SignIn, why: str) -> None:
    """Draw the page of those who have not signed in."""
    with st.container(key="sign_in"):
        st.title("Grid Real-time", anchor=False)
        if why:
            st.warning(escape_markdown(why), icon="⚠️")
        if sign.mode is Mode.OIDC:
            st.write("Sign in to see the past 24 hours. You come back to this link.")
            st.button("Sign in", key="sign_in_button", type="primary", on_click=st.login)


def _draw_refusal(sign: SignIn, who: Identity, sentence: str, tenants: list[str] | None = None) -> None:
    """Say that the viewer may not see what was asked for."""
    with st.container(key="notice"):
        st.error(escape_markdown(sentence), icon="⛔")
        if sign.mode is not Mode.OPEN:
            st.caption(f"Signed in as {escape_markdown(shown(who.name, 60))}")
        if tenants:
            _draw_choice(tuple(tenants), None)
        if sign.mode is Mode.OIDC:
            st.button("Sign out", key="sign_out", type="tertiary", on_click=st.logout)
