"""The only HTTP code: from a query's path and parameters to the bytes of its answer."""

from gridrt_client.transport._body import Body
from gridrt_client.transport._http import LONGEST_WAIT, MOST_UNPACKED, USER_AGENT, Answer, Progress, Transport

__all__ = ["LONGEST_WAIT", "MOST_UNPACKED", "USER_AGENT", "Answer", "Body", "Progress", "Transport"]
