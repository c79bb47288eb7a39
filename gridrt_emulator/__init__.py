"""An emulator of the Grid real-time reports API: a simulated retail chain behind three endpoints, and a signals intake.

A separate program (``python -m gridrt_emulator --help``). It shares no code with the client, so that a mistake made
there can't hide here. The path of a record::

    world (journeys, monitors, oddities) ─rows─▶ store (segments of bytes) ─pieces─▶ reports (HTTP)
    signals (POST, checked) ────────────────────▶ inbox ────────────────────────────┘
"""
