"""Everything that can go wrong with a file given to the routers. Knows nothing of requests.

RouterError
 ├ TableError      a table of questions or outcomes cannot be read
 ├ ArtifactError   a trained router on disk is missing, damaged or of another format
 └ UnknownProfile  no recorded model has that name
"""

from __future__ import annotations


class RouterError(Exception):
    """Base of the tree; the message is one line that says what to do."""


class TableError(RouterError):
    """A table of questions or outcomes cannot be read."""


class ArtifactError(RouterError):
    """A trained router on disk is missing, damaged or of another format."""


class UnknownProfile(RouterError, KeyError):
    """No recorded model has that name."""

    def __str__(self) -> str:
        return str(self.args[0])
