"""Events: when what happened, and every event behind it."""

from dashboard.data import filtered_data
from dashboard.filters import Filters
from dashboard.ui import messages, page_layout, panels, record_tables


def view(chosen: Filters) -> None:
    scene = filtered_data.load(chosen)
    if scene.events.empty:
        messages.empty("events", chosen, scope_has_any=not scene.all_events.empty)
        record_tables.chosen_event(scene, scene.events, chosen)
        return

    span = messages.time_range(chosen, scene.window)
    if span is None:
        record_tables.chosen_event(scene, scene.events.first(0), chosen)
        return

    events = scene.events_between(span) if chosen.ranged else scene.events
    if events.empty:
        messages.empty("events", chosen, scope_has_any=True)
        record_tables.chosen_event(scene, events, chosen)
        return

    panels.histogram(scene, span, chosen)
    messages.left_out(filtered_data.outside(scene, span=span if chosen.ranged else None), ranged=chosen.ranged)
    record_tables.event_browser(scene, events, chosen)
    record_tables.export("events", events.future_last("eventTime", scene.now), chosen, span)


page_layout.draw(view)
