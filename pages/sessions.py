"""Sessions: where they are, and what happened in each."""

from dashboard.analysis.joined_events import COUNTS
from dashboard.data import filtered_data
from dashboard.filters import Filters
from dashboard.ui import messages, page_layout, panels, record_tables


def view(chosen: Filters) -> None:
    scene = filtered_data.load(chosen)
    span = messages.time_range(chosen, scene.window)
    if span is None:
        panels.nobody_at()
        record_tables.chosen_session(scene, scene.sessions.first(0), chosen)
        return
    sessions = scene.sessions_between(span) if chosen.ranged else scene.sessions
    left_out = filtered_data.outside(scene, "sessionCreated", span if chosen.ranged else None)
    if sessions.empty:
        messages.empty("sessions", chosen, scope_has_any=not scene.all_sessions.empty)
        messages.sessions_left_out(left_out, ranged=chosen.ranged)
        panels.nobody_at()
        record_tables.chosen_session(scene, sessions, chosen)
        return

    by = panels.map_colour()
    located = panels.located(scene, sessions, by, span, chosen)
    panels.session_map(located, by, chosen)
    messages.unlocated(located.unlocated, len(sessions))
    messages.sessions_left_out(left_out, ranged=chosen.ranged)

    listed = panels.at_bubble(sessions, located)
    record_tables.session_browser(scene, listed, chosen)
    exported = listed.future_last("sessionCreated", scene.now).without(*COUNTS)
    record_tables.export("sessions", exported, chosen, span)


page_layout.draw(view)
