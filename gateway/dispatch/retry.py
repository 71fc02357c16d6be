"""When a failed call is worth another try at the same expert, and after how long. Pure arithmetic."""

from __future__ import annotations

import random

from gateway.errors import ExpertError

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0


def wait_before_retry(error: ExpertError, tries: int, random_: random.Random) -> float | None:
    """Seconds to wait after `tries` calls, or None where another one is pointless.

    Full jitter on doubling waits (0.2 s, 0.4 s, ...); where the expert says when to come back, that counts instead,
    and if it is too long to wait for, somebody else should be asked.
    """
    if not error.retriable:
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s + random_.uniform(0, FIRST_WAIT_S) if error.retry_after_s <= LONGEST_WAIT_S else None
    return random_.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**tries))
