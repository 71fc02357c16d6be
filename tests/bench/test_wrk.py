"""What wrk prints, read; what wrk is told, written."""

from __future__ import annotations

import json

import pytest

from eval.bench.errors import BenchError
from eval.bench.wrk import Load, parse, question, script

PRINTED = """Running 2s test @ http://127.0.0.1:9100/v1/chat/completions
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.81ms    1.25ms  33.36ms   97.02%
    Req/Sec     9.21k   504.36    10.03k    70.00%
  Latency Distribution
     50%  640.00us
     75%    1.96ms
     90%    2.27ms
     99%    1.20s 
  18337 requests in 2.00s, 9.57MB read
Requests/sec:   9162.53
Transfer/sec:      4.78MB
"""


def test_figures_are_read_in_milliseconds_whatever_unit_they_are_printed_in():
    assert parse(PRINTED) == Load(requests=18337, requests_per_s=9162.53, p50_ms=0.64, p99_ms=1200.0)


def test_answers_that_are_not_2xx_fail_the_run():
    with pytest.raises(BenchError, match="12 answers were not 2xx"):
        parse(PRINTED + "  Non-2xx or 3xx responses: 12\n")


def test_socket_errors_fail_the_run():
    with pytest.raises(BenchError, match="socket errors: connect 0, read 3, write 0, timeout 1"):
        parse(PRINTED + "  Socket errors: connect 0, read 3, write 0, timeout 1\n")


@pytest.mark.parametrize("printed", ["", "unable to connect", PRINTED.replace("18337", "0")])
def test_a_run_without_answers_fails(printed):
    with pytest.raises(BenchError, match="no answer at all"):
        parse(printed)


def test_a_run_without_percentiles_fails():
    with pytest.raises(BenchError, match="no 99th percentile"):
        parse(PRINTED.replace("     99%    1.20s", ""))


def test_the_script_posts_the_question_as_it_stands():
    body = question("auto", 'Say "x[1]" twice')
    assert json.loads(body) == {"model": "auto", "messages": [{"role": "user", "content": 'Say "x[1]" twice'}]}
    assert script(body).splitlines() == [
        'wrk.method = "POST"',
        'wrk.headers["Content-Type"] = "application/json"',
        f"wrk.body = [==[{body.decode()}]==]",
    ]
