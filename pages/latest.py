"""Latest: the newest event for each distinct combination, and the status of what is attached to the devices."""

from dashboard import browse, data, frame, monitored, monitoring, panels, scenes, states
from dashboard.filters import Filters
from dashboard.metrics import Window


def view(chosen: Filters) -> None:
    if not chosen.distinctColumns:
        states.choose_columns()
        return
    seen = monitored.latest(chosen)
    if seen.rows.empty:
        states.empty("latest events", chosen, scope_has_any=False)
        browse.chosen_thing(seen.rows, seen.rows, seen.history, chosen)
        return

    states.without_history(seen.history_error)
    rows = panels.monitored_only(seen.rows)
    rows = panels.status_tiles(rows, seen.tiles)
    if rows.empty:
        states.nothing_in_status()
        browse.chosen_thing(rows, seen.rows, seen.history, chosen)
        return
    browse.latest_browser(rows, seen.rows, seen.history, chosen)
    exported = scenes.rows_of(rows).without(*monitoring.INTERNAL)
    browse.export("latest", exported, chosen, Window(seen.now - data.DAY, seen.now))


frame.draw(view)
