"""Sessions: where they are, and what happened in each."""

from dashboard import browse, bubbles, data, filters, metrics, panels, states


def view() -> None:
    chosen = filters.current()
    scene = data.scene(chosen)
    span = chosen.span(scene.window)
    sessions = metrics.between(scene.sessions, "sessionCreated", *span) if chosen.ranged else scene.sessions
    if sessions.empty:
        states.empty("sessions", chosen, scope_has_any=not scene.all_sessions.empty)
        return

    located, unlocated = bubbles.split_located(sessions)
    by = panels.map_colour()
    drawn = bubbles.bubbles(located, by, scene.now)
    panels.session_map(drawn, by)
    states.unlocated(unlocated, len(sessions))

    listed = panels.at_bubble(sessions, drawn)
    browse.session_browser(listed, scene.all_events, chosen)
    browse.export("sessions", listed, chosen, span)


view()
