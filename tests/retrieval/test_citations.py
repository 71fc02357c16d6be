"""Which markers of an answer cite a passage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.retrieval.citations import cited


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It is so [1].", {1}),
        ("so[2].", {2}),
        ("It is [1][2], and more [3] .", {1, 2, 3}),
        ("Both [1, 3].", {1, 3}),
        ("All [2-4].", {2, 3, 4}),
        ("Since 1889[1].", {1}),
        ("\u30102\u3011 and [^3] and [Passage 4] and [source 1]", {1, 2, 3, 4}),
        ("See [1](https://example.com).", {1}),
        ("(see [1]) [9] [44]", {1}),
        ("x[1] and row_sums[2] and x[1][2]", set()),
        ("Set `y [1]` or ``x ` [1]`` here [2].", {2}),
        ("```python\nprint([2], x[1])\n```\nDone [3].", {3}),
        ("~~~\n[1] is never closed", set()),
        ("in [0, 1]", set()),
        (r"\sqrt[3]{x}", set()),
        ("[1] = 3", set()),
        ("[a] [] [1", set()),
        ("", set()),
    ],
)
def test_markers_are_told_from_code_and_formulas(text: str, numbers: set[int]) -> None:
    assert cited(text, 4) == numbers


@given(st.text(alphabet="[]1239, -`x\n=~", max_size=80), st.integers(0, 5))
def test_only_passages_that_were_shown_can_be_cited(text: str, count: int) -> None:
    assert cited(text, count) <= frozenset(range(1, count + 1))


@pytest.mark.parametrize("piece", ["`", "[1] ", "[", "a", "`` ` ", ",1", "[1,", "1-"])
def test_a_long_answer_is_read_in_no_time(piece: str) -> None:
    cited("[1" + (piece * 100_000)[:100_000], 4)
