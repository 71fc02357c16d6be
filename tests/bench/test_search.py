"""What the measurement of a search prints, on a collection small enough to take seconds."""

import re

from eval.bench.search.__main__ import bench


def test_it_prints_a_line_for_each_part_and_what_the_index_misses(capsys):
    bench(chunks=40, queries=3, markdown=True)
    printed = re.sub(r"[0-9][0-9.,]*", "N", capsys.readouterr().out)
    for part in ("query encoding", "full text", "vectors", "the whole search"):
        assert f"| {part} | N ms | N ms |" in printed
    assert "N chunks; recall@N of the index N; N searches/s with N at once; N MB of memory" in printed
