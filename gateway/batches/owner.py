"""Names for those who work on batches, and whether one of this machine is known to be dead."""

from __future__ import annotations

import os
import secrets
import socket
import sys


def new_owner() -> str:
    """host:process:token. The token tells apart two lives of the same process number."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Whether it was a process of this machine that is gone; False where that cannot be known."""
    host, _, rest = owner.partition(":")
    process = rest.partition(":")[0]
    if sys.platform == "win32" or host != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
