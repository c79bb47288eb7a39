"""Status: how the dashboard runs, for those who run it."""

from dashboard.ui import status_page

status_page.draw()
