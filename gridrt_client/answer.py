"""The records of one answer of the API, with what is known about them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from gridrt_client.report import DecodeReport

OnProgress = Callable[[int, int | None], None]
"""Called with the bytes received and the bytes announced, None when the length is unknown."""


@dataclass(frozen=True)
class Answer:
    """One decoded answer."""

    frame: pd.DataFrame
    """One row per record, as `schema` describes it. Shared: never changed."""
    report: DecodeReport
    answered_at: datetime
    """When the answer began to arrive (UTC), by this computer's clock."""
    api_time: datetime
    """The same moment by the API's clock; equal to `answered_at` while both agree to a few seconds."""

    def to_frame(self) -> pd.DataFrame:
        """Return a copy-on-write copy of the frame with ``attrs``: ``report``, ``answered_at`` and ``api_time``.

        Times are ISO 8601 text, because pandas and pyarrow write a frame's attributes as JSON.
        """
        frame = self.frame.copy(deep=False)
        frame.attrs = {
            "report": self.report,
            "answered_at": self.answered_at.isoformat(),
            "api_time": self.api_time.isoformat(),
        }
        return frame


FetchFunction = Callable[[OnProgress], Answer]
