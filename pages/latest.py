"""Latest: the newest event for each distinct combination, and the status of what is attached to the devices."""

from dashboard.analysis import device_status, joined_events
from dashboard.data import latest_events, loader
from dashboard.filters import Filters, Window
from dashboard.ui import messages, page_layout, panels, record_tables


def view(chosen: Filters) -> None:
    if not chosen.distinctColumns:
        messages.choose_columns()
        return
    seen = latest_events.latest(chosen)
    if seen.rows.empty:
        messages.empty("latest events", chosen, scope_has_any=False)
        record_tables.chosen_thing(seen.rows, seen.rows, seen.history, chosen)
        return

    messages.without_history(seen.history_error)
    rows = panels.monitored_only(seen.rows)
    rows = panels.status_tiles(rows, seen.tiles)
    if rows.empty:
        messages.nothing_in_status()
        record_tables.chosen_thing(rows, seen.rows, seen.history, chosen)
        return
    record_tables.latest_browser(rows, seen.rows, seen.history, chosen)
    exported = joined_events.rows_of(rows).without(*device_status.INTERNAL)
    record_tables.export("latest", exported, chosen, Window(seen.now - loader.DAY, seen.now))


page_layout.draw(view)
