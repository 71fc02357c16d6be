"""What the contestants are configured with."""

from __future__ import annotations

import json

import pytest
from ruamel.yaml import YAML

from eval.bench import coterie, litellm_proxy, nginx
from eval.bench.coterie import Records, parse_records
from eval.bench.errors import BenchError
from eval.bench.tools import find_tools, plain
from eval.bench.venv import STAMP, python_with, stamp
from gateway.config_file import experts_in
from gateway.document import read_document


def test_the_upstream_answers_one_completion_that_nginx_takes_as_it_is(tmp_path):
    answer = nginx.completion()
    assert 350 <= len(answer) <= 450
    assert not set("'$\\") & set(answer)
    assert json.loads(answer)["choices"][0]["message"]["content"] == nginx.TEXT
    assert f"return 200 '{answer}';" in nginx.upstream_config(9100, tmp_path)


def test_both_nginx_have_one_worker_and_keep_to_the_loopback_and_their_folder(tmp_path):
    for config in (nginx.upstream_config(9100, tmp_path), nginx.proxy_config(9100, tmp_path, 9200)):
        assert "worker_processes 1;" in config
        assert "listen 127.0.0.1:9100;" in config
        assert config.count(str(tmp_path)) == 7
        assert config.count("{") == config.count("}")


def test_the_proxy_keeps_its_connections_to_the_upstream(tmp_path):
    config = nginx.proxy_config(9100, tmp_path, 9200)
    assert "server 127.0.0.1:9200; keepalive 64;" in config
    assert 'proxy_http_version 1.1; proxy_set_header Connection "";' in config


def test_coterie_takes_its_experts(tmp_path):
    file = tmp_path / "experts.yaml"
    file.write_text(coterie.experts_yaml("http://127.0.0.1:9100", "m"))
    experts = experts_in(read_document(file, ""), routers=["category"], strategies=["single"])
    assert [(expert.provider, expert.base_url, expert.max_concurrency) for expert in experts.experts] == [
        ("openai", "http://127.0.0.1:9100/v1", 64)
    ] * 3
    assert {expert.name for expert in experts.experts} >= {coterie.EXPERT}


def test_coterie_records_and_logs_as_it_does_by_default(tmp_path):
    program = coterie.program(tmp_path / "coterie", 9300, "http://127.0.0.1:9100", "m")
    ours = {name for name in program.environment if name.startswith("COTERIE_")}
    assert ours == {"COTERIE_CONFIG", "COTERIE_DATABASE_URL"}
    assert program.url + program.ready == "http://127.0.0.1:9300/ready"


def test_records_are_counted_from_the_metrics():
    metrics = (
        "# TYPE coterie_records_written counter\n"
        "coterie_records_written_total 1.2345e+06\n"
        "coterie_records_waiting 12.0\n"
        "coterie_records_dropped_total 0.0\n"
    )
    assert parse_records(metrics) == Records(written=1_234_500, waiting=12, dropped=0)


def test_litellm_has_the_same_upstream_and_nothing_that_slows_it():
    config = YAML(typ="safe").load(litellm_proxy.config("http://127.0.0.1:9100", "m"))
    [model] = config["model_list"]
    assert model["litellm_params"]["api_base"] == "http://127.0.0.1:9100/v1"
    assert config["router_settings"]["num_retries"] == config["litellm_settings"]["num_retries"] == 0
    assert config["litellm_settings"]["cache"] is config["litellm_settings"]["telemetry"] is False


def test_missing_tools_are_told_in_one_line_with_the_way_out(tmp_path):
    with pytest.raises(BenchError, match="^the benchmark needs nginx and wrk: apt-get install nginx-light wrk$"):
        find_tools(str(tmp_path), system=())


def test_a_child_sees_no_setting_of_ours():
    ours = {"COTERIE_LOG_LEVEL": "debug", "HTTP_PROXY": "http://127.0.0.1:1", "PATH": "/bin", "PYTHONPATH": "/x"}
    assert plain(ours) == {"PATH": "/bin"}


def test_an_environment_that_is_complete_is_used_again(tmp_path):
    (tmp_path / STAMP).write_text(stamp(["x>=1"]))
    said: list[str] = []
    assert python_with(tmp_path, ["x>=1"], said.append) == tmp_path / "bin" / "python"
    assert said == []
