"""Status, for operators: how the dashboard runs."""

from dashboard.ui import status_page

status_page.draw()
