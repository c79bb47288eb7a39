"""Events: when what happened, and every event behind it."""

from dashboard import browse, data, frame, panels, states
from dashboard.filters import Filters


def view(chosen: Filters) -> None:
    scene = data.scene(chosen)
    if scene.events.empty:
        states.empty("events", chosen, scope_has_any=not scene.all_events.empty)
        browse.chosen_event(scene, scene.events, chosen)
        return

    span = states.time_range(chosen, scene.window)
    if span is None:
        browse.chosen_event(scene, scene.events.first(0), chosen)
        return

    events = scene.events.between("eventTime", *span) if chosen.ranged else scene.events
    if events.empty:
        states.empty("events", chosen, scope_has_any=True)
        browse.chosen_event(scene, events, chosen)
        return

    panels.histogram(scene, span, chosen)
    states.left_out(data.outside(scene, span=span if chosen.ranged else None), ranged=chosen.ranged)
    browse.event_browser(scene, events, chosen)
    browse.export("events", events.future_last("eventTime", scene.now), chosen, span)


frame.draw(view)
