"""What the measurement of a decision prints, on a pool small enough to take no time."""

from __future__ import annotations

import re

import pytest

from eval.bench.decide import bench


def test_it_prints_a_line_for_each_size_of_the_pool(capsys: pytest.CaptureFixture[str]) -> None:
    bench([1, 20], rounds=3)
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r"[0-9]+ us", "N us", " ".join(line.split())) for line in lines] == [
        f"{count} experts: p50 N us, p95 N us" for count in (1, 20)
    ]
