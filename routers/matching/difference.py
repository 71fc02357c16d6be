"""What two assignments differ in, as chains of moves: any of them can be made alone, and no expert gets too many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from routers.base import Array


def chains(before: Array, after: Array, experts: int) -> Iterator[list[int]]:
    """Lists of queries that move together, in all every query whose place differs.

    In the graph of experts in which each such query is an edge, these are its simple cycles and its paths from experts
    that have more before than after to experts that have fewer. However many are made, each expert's number lies
    between those before and after.
    """
    moving = np.flatnonzero(before != after)
    more = np.bincount(before[moving], minlength=experts) - np.bincount(after[moving], minlength=experts)
    leaving: list[list[int]] = [[] for _ in range(experts)]
    for query in moving.tolist():
        leaving[before[query]].append(query)
    to = after.tolist()
    for first in np.flatnonzero(more > 0).tolist():
        while more[first] > 0:
            yield from _walk(first, leaving, to, more)
    for first in range(experts):
        while leaving[first]:
            yield from _walk(first, leaving, to, more)


def _walk(first: int, leaving: list[list[int]], to: list[int], more: Array) -> Iterator[list[int]]:
    """From an expert that has more on to one that has fewer; where none has, round to the first again."""
    path, stops, round_trip = list[int](), [first], more[first] == 0
    while not more[stops[-1]] < 0:
        query = leaving[stops[-1]].pop()
        if to[query] in stops:
            start = stops.index(to[query])
            yield [*path[start:], query]
            del path[start:], stops[start + 1 :]
            if round_trip and not path:
                return
        else:
            path.append(query)
            stops.append(to[query])
    more[first] -= 1
    more[stops[-1]] += 1
    yield path
