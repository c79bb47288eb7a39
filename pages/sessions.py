"""Sessions: where they are, and what happened in each."""

from dashboard import browse, data, frame, panels, states
from dashboard.filters import Filters
from dashboard.scenes import COUNTS


def view(chosen: Filters) -> None:
    scene = data.scene(chosen)
    span = chosen.span(scene.window)
    sessions = scene.sessions.between("sessionCreated", *span) if chosen.ranged else scene.sessions
    if sessions.empty:
        states.empty("sessions", chosen, scope_has_any=not scene.all_sessions.empty)
        return

    by = panels.map_colour()
    located = panels.located(scene, sessions, by, span, chosen)
    panels.session_map(located, by, chosen)
    states.unlocated(located.unlocated, len(sessions))

    listed = panels.at_bubble(sessions, located)
    browse.session_browser(scene, listed, chosen)
    browse.export("sessions", listed.without(*COUNTS), chosen, span)


frame.draw(view)
