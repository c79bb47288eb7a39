"""The only HTTP code: from a query's path and parameters to the bytes of its answer."""

from gridrt_client.transport._http import LONGEST_WAIT, USER_AGENT, Answer, Transport

__all__ = ["LONGEST_WAIT", "USER_AGENT", "Answer", "Transport"]
