"""Sessions: where they are, and what happened in each."""

from dashboard import browse, data, frame, panels, states
from dashboard.filters import Filters
from dashboard.scenes import COUNTS


def view(chosen: Filters) -> None:
    scene = data.scene(chosen)
    span = states.time_range(chosen, scene.window)
    if span is None:
        panels.nobody_at()
        browse.chosen_session(scene, scene.sessions.first(0), chosen)
        return
    sessions = scene.sessions.between("sessionCreated", *span) if chosen.ranged else scene.sessions
    left_out = data.outside(scene, "sessionCreated", span if chosen.ranged else None)
    if sessions.empty:
        states.empty("sessions", chosen, scope_has_any=not scene.all_sessions.empty)
        states.sessions_left_out(left_out, ranged=chosen.ranged)
        panels.nobody_at()
        browse.chosen_session(scene, sessions, chosen)
        return

    by = panels.map_colour()
    located = panels.located(scene, sessions, by, span, chosen)
    panels.session_map(located, by, chosen)
    states.unlocated(located.unlocated, len(sessions))
    states.sessions_left_out(left_out, ranged=chosen.ranged)

    listed = panels.at_bubble(sessions, located)
    browse.session_browser(scene, listed, chosen)
    exported = listed.future_last("sessionCreated", scene.now).without(*COUNTS)
    browse.export("sessions", exported, chosen, span)


frame.draw(view)
