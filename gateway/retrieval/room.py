"""What the disk says, in one line: that it is full, or what else is wrong with a folder. Knows no engine."""

from __future__ import annotations

import errno
from pathlib import Path

from gateway.errors import KnowledgeError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL_SAID = ("no space left", "disk quota exceeded", "file too large", "(os error 28)", "(os error 122)")
"""What stands in messages of libraries that keep no error number."""


def told(error: Exception, folder: Path) -> KnowledgeError:
    """The error for people."""
    said = " ".join(str(error).split())
    if getattr(error, "errno", None) in FULL or any(words in said.lower() for words in FULL_SAID):
        return KnowledgeError(
            f"there is no room left in {folder}: free some and start again; what was added is kept and can be searched"
        )
    reason = getattr(error, "strerror", None) or said
    return KnowledgeError(f"the store in {folder} cannot be used: {reason}")
