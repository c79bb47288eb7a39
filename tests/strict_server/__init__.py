"""An independent server of the published contract, strict about every request and nasty in what it answers.

Standard library only, and not a line shared with the client or the emulator: a misunderstanding of theirs can't hide
in it. ``server`` checks requests and applies the contract's filters to raw JSON records, ``nasty`` makes those records,
``counts`` counts them in plain Python. ``python -m tests.strict_server --port 8500`` runs it alone.
"""

from tests.strict_server.counts import Counts
from tests.strict_server.nasty import Records, nasty
from tests.strict_server.server import StrictServer

__all__ = ["Counts", "Records", "StrictServer", "nasty"]
