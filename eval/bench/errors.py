"""What a benchmark can fail of. Knows no contestant."""

from __future__ import annotations


class BenchError(Exception):
    """Something that keeps a figure from being taken; the message is one line for a person."""
