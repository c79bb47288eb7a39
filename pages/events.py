"""Events: when what happened, and every event behind it."""

from dashboard import browse, data, filters, metrics, panels, states


def view() -> None:
    chosen = filters.current()
    scene = data.scene(chosen)
    if scene.events.empty:
        states.empty("events", chosen, scope_has_any=not scene.all_events.empty)
        return

    span = chosen.span(scene.window)
    panels.histogram(scene.events, span, chosen)
    states.left_out(metrics.outside(scene.events, scene.window))

    events = metrics.between(scene.events, "eventTime", *span) if chosen.ranged else scene.events
    if events.empty:
        states.empty("events", chosen, scope_has_any=True)
        return
    browse.event_browser(events, scene.all_events, scene.now, chosen)
    browse.export("events", events, chosen, span)


view()
