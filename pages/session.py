"""Session: what happened in one session, in order."""

import streamlit as st

from dashboard.analysis.session_course import session_course
from dashboard.data import filtered_data
from dashboard.ui import messages, page_layout, session_choice, session_facts, session_timeline


@st.fragment(key="view")
def draw() -> None:
    with page_layout.page() as chosen:
        sessionId = session_choice.linked_session()
        # A filter on events would take away a part of the session.
        data = filtered_data.load(chosen.without_event_filters())
        if sessionId is None:
            session_choice.draw_newest(data, chosen)
            return

        record = session_facts.find(data, sessionId)
        events = data.events.having("sessionId", sessionId)
        if record is None and events.empty:
            messages.not_listed("sessionId", sessionId, "session", chosen, elsewhere=False)
            return
        if record is None:
            session_facts.say_not_listed(sessionId)
        course = data.memoize("session_course", lambda: session_course(events.take_rows()), sessionId)
        session_timeline.draw(course, record, data, chosen)
        if record is not None:
            session_facts.draw(record, course, data, chosen)


draw()
