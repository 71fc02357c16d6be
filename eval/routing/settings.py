"""The values of the thrift knob that are swept: together they trace cost against quality."""

from __future__ import annotations

THRIFTS = (0.0, *(n / 100 for n in (1, 2, 3, 5, 7, 10, 13, 17, 21, 25, 30, 36, 43, 50, 60, 70, 80, 90)), 1.0)
"""Closer together where prices weigh little, because w(t) grows with the square: see `gateway.utility`."""
