"""experts.yaml: whatever is wrong with it is said in one line, with the place, the key and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jsonschema_rs
import orjson
import pytest
from ruamel.yaml import YAML

from gateway.configuration import Configuration, configure
from gateway.errors import ConfigError, StartError
from tests.conftest import Json, bundled, coterie

HEAD = "version: 1\ndefaults: {provider: openai, base_url: 'http://host/v1'}\nexperts:\n"
FIRST = "  - name: first\n    model: m\n"
GOOD = HEAD + FIRST
SECRET = "sk-secret-123456"
ROOT = Path(__file__).parents[1]


def configured(folder: Path, text: str | bytes, environment: Mapping[str, str] | None = None) -> Configuration:
    file = folder / "experts.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return configure(file, environment or {}, bundled())


def complaint(folder: Path, text: str | bytes) -> str:
    """What is said about this file, without its folder."""
    with pytest.raises((ConfigError, StartError)) as wrong:
        configured(folder, text)
    said = str(wrong.value)
    assert "\n" not in said and SECRET not in said
    return said.replace(f"{folder}/", "")


def of_first(*lines: str) -> str:
    """A good file, but for these lines of its first expert; they begin at line 6."""
    return GOOD + "".join(f"    {line}\n" for line in lines)


def of_policy(text: str) -> str:
    """A good file with this policy in line 7."""
    return f"{GOOD}policies:\n  auto: {text}\n"


def of_two(text: str) -> str:
    """A good file of two experts with this policy in line 8."""
    return f"{GOOD}  - {{name: second, model: m}}\npolicies:\n  auto: {text}\n"


def test_a_good_file_is_taken(tmp_path: Path) -> None:
    for text in (GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), "%YAML 1.2\n---\n" + GOOD):
        found = configured(tmp_path, text)
        assert [member.expert.name for member in found.pool.present] == ["first"]
        assert {"auto", "auto:cheap", "auto:best", "first"} <= set(found.book)


NOT_YAML = [
    ("version: 1\nexperts:\n  - {name: a\n    model", "experts.yaml:4: not YAML: "),
    ("version: 1\nexperts:\n\t- a", "experts.yaml:3: not YAML: "),
    ("a: b: c", "experts.yaml:1: not YAML: "),
    ("version: 1\nexperts: *nobody", "experts.yaml:2: not YAML: found undefined alias 'nobody'"),
    ("version: 1\nexperts: !!python/object:os.system []", "experts.yaml:2: not YAML: "),
    ("---\na: 1\n---\nb: 2", "experts.yaml:3: not YAML: "),
    ("version: 1\nversion: 1", 'experts.yaml:2: not YAML: found duplicate key "version"'),
    ("version: 1\nx: \x00", "experts.yaml: not YAML: "),
    ("[" * 1200, "experts.yaml: not YAML: "),
    (of_first(f"headers: {{a: {SECRET}, a: {SECRET}-2}}"), 'experts.yaml:6: not YAML: found duplicate key "a"'),
]


@pytest.mark.parametrize(("text", "words"), NOT_YAML)
def test_what_is_not_yaml(tmp_path: Path, text: str, words: str) -> None:
    assert complaint(tmp_path, text).startswith(words)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]", "5", "hello", "---\n"])
def test_what_is_no_mapping(tmp_path: Path, text: str) -> None:
    allowed = "must be a mapping with the keys defaults, experts, groups, knowledge, leads, policies, version"
    assert complaint(tmp_path, text) == f"experts.yaml:1: {allowed}"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert complaint(tmp_path, b"\xff\xfe" + GOOD.encode("utf-16-le")).startswith(
        "experts.yaml: cannot be read: 'utf-8'"
    )
    with pytest.raises(ConfigError, match="Is a directory"):
        configure(tmp_path, {}, bundled())
    with pytest.raises(ConfigError, match="nothing.yaml: no such file; write one, or name another with --config"):
        configure(tmp_path / "nothing.yaml", {}, bundled())


UNKNOWN = [
    (GOOD + "policy: {}\n", "6: policy: unknown key; did you mean 'policies'? Allowed: defaults, experts, groups, "),
    (of_first("timout_s: 5"), "6: experts[0].timout_s: unknown key; did you mean 'timeout_s'? Allowed: abilities, "),
    (of_first(f"api_key: {SECRET}"), "6: experts[0].api_key: unknown key; did you mean 'api_key_env'?"),
    (of_first("price: {input: 1}"), "6: experts[0].price.input: unknown key; did you mean 'input_per_mtok'?"),
    (of_first("residency: {grup: x}"), "6: experts[0].residency.grup: unknown key; did you mean 'group'?"),
    (
        of_policy("{thirft: 1}"),
        "7: policies.auto.thirft: unknown key; did you mean 'thrift'? Allowed: abstain, ask_itself, ",
    ),
    (GOOD.replace("defaults: {", "defaults: {timout_s: 1, "), "2: defaults.timout_s: unknown key; did you mean 'timeo"),
    (GOOD.replace("defaults: {", "defaults: {price: {inpt: 1}, "), "2: defaults.price.inpt: unknown key; did you mean"),
    (GOOD.replace("defaults: {", "defaults: {5: 1, "), "2: defaults.5: unknown key"),
    (HEAD + "  - {nam: first, model: m}\n", "4: experts[0].nam: unknown key; did you mean 'name'?"),
    (of_first("xyzzy: 1"), "6: experts[0].xyzzy: unknown key; Allowed: abilities, "),
    (of_first("5: x"), "6: experts[0][5]: keys should be strings"),
]


@pytest.mark.parametrize(("text", "words"), UNKNOWN)
def test_an_unknown_key_is_answered_with_the_nearest(tmp_path: Path, text: str, words: str) -> None:
    assert complaint(tmp_path, text).startswith(f"experts.yaml:{words}")


WRONG = [
    ("version: 1", "1: experts: is missing; it must be given"),
    (GOOD.replace("version: 1\n", ""), "1: version: is missing; it must be given"),
    (GOOD.replace("version: 1", "version: 2"), "1: version: input should be 1"),
    ("version: 1\nexperts: []", "2: experts: tuple should have at least 1 item"),
    ("version: 1\nexperts: {}", "2: experts: input should be a valid tuple"),
    ("version: 1\nexperts:", "2: experts: input should be a valid tuple"),
    ("version: 1\nexperts: [a, b]", "2: experts[0]: input should be a valid dictionary"),
    (GOOD.replace("defaults: {provider: openai, base_url: 'http://host/v1'}", "defaults: 5"), "2: defaults: must be"),
    (HEAD + "  - {name: first}\n", "4: experts[0].model: is missing; it must be given"),
    (HEAD + "  - {model: m}\n", "4: experts[0].name: is missing; it must be given"),
    (GOOD.replace("base_url: 'http://host/v1'", ""), "4: experts[0]: provider openai needs base_url, for example http"),
    (of_first("timeout_s: soon"), "6: experts[0].timeout_s: input should be a valid number"),
    (of_first("timeout_s: 0"), "6: experts[0].timeout_s: input should be greater than 0"),
    (of_first("timeout_s: .nan"), "6: experts[0].timeout_s: input should be a finite number"),
    (of_first("max_concurrency: 1.5"), "6: experts[0].max_concurrency: input should be a valid integer"),
    (of_first("max_waiting: -1"), "6: experts[0].max_waiting: input should be greater than or equal to 0"),
    (of_first("retries: 11"), "6: experts[0].retries: input should be less than or equal to 10"),
    (of_first("enabled: perhaps"), "6: experts[0].enabled: input should be a valid boolean"),
    (of_first("price: 5"), "6: experts[0].price: input should be a valid dictionary"),
    (of_first("price: {input_per_mtok: -1}"), "6: experts[0].price.input_per_mtok: input should be greater than or eq"),
    (of_first("supports: [vision]"), "6: experts[0].supports[0]: input should be 'tools', 'json_schema', 'images'"),
    (of_first("abilities: {math: 1.5}"), "6: experts[0].abilities.math: input should be less than or equal to 1"),
    (of_first("profile: x", "abilities: {math: 1}"), "4: experts[0]: give profile or abilities, not both"),
    (of_first("headers: {a: 1}"), "6: experts[0].headers.a: input should be a valid string"),
    (of_first(f"headers: [{SECRET}]"), "6: experts[0].headers: input should be a valid dictionary"),
    (of_first(f"api_key_env: {SECRET}"), "6: experts[0].api_key_env: string should match pattern"),
    (of_first(f"base_url: 'http://user:{SECRET}@host/v1'"), "6: experts[0].base_url: must not hold a password; use ap"),
    (of_first("base_url: 'ftp://host'"), "6: experts[0].base_url: must look like http://host:port/v1"),
    (of_first("base_url: host:8000/v1"), "6: experts[0].base_url: must look like http://host:port/v1"),
    (of_first("base_url: 'http://[::1/v1'"), "6: experts[0].base_url: invalid IPv6 URL"),
    (of_first("provider: opnai"), "6: experts[0].provider: input should be 'openai', 'litellm', 'local' or 'replay'"),
    (of_first("provider: replay"), "4: experts[0]: provider replay needs responses, a table with columns query_id"),
    (GOOD.replace("defaults: {", "defaults: {timeout_s: x, "), "2: defaults.timeout_s: input should be a valid number"),
    (
        GOOD.replace("name: first", "name: auto"),
        "4: experts[0].name: 'auto' and 'coterie/...' are names of the gateway",
    ),
    (
        GOOD.replace("name: first", "name: coterie/x"),
        "4: experts[0].name: 'auto' and 'coterie/...' are names of the ga",
    ),
    (GOOD.replace("name: first", "name: 'auto:best'"), "4: experts[0].name: string should match pattern"),
    (GOOD.replace("name: first", "name: 5"), "4: experts[0].name: input should be a valid string"),
    (of_policy("{thrift: 2}"), "7: policies.auto.thrift: input should be less than or equal to 1"),
    (of_policy("{fallback: nobody}"), "7: policies.auto.fallback: no such name: 'nobody'. Allowed: first"),
    (
        of_two("{experts: [second], fallback: first}"),
        "8: policies.auto.fallback: 'first' is not among the policy's `exp",
    ),
    (
        of_two("{experts: [second], lead: first}"),
        "8: policies.auto.lead: 'first' is not among the policy's `experts`: s",
    ),
    (
        of_policy("{router: crystal_ball}"),
        "7: policies.auto.router: no such name: 'crystal_ball'. Allowed: blend, category, irt",
    ),
    (of_policy("{strategy: shout}"), "7: policies.auto.strategy: no such name: 'shout'. Allowed: "),
    (of_policy("{experts: [first, nobody]}"), "7: policies.auto.experts: no such name: 'nobody'. Allowed: first"),
    (GOOD + "policies:\n  'auto:cheap': {}\n", "7: policies.auto:cheap"),
    (GOOD + "policies: []\n", "6: policies: input should be a valid dictionary"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    assert complaint(tmp_path, text).startswith(f"experts.yaml:{words}")


def test_only_what_is_wrong_is_counted(tmp_path: Path) -> None:
    assert complaint(tmp_path, of_first("timeout_s: 0")).endswith("greater than 0")
    assert complaint(tmp_path, of_first("timeout_s: 0", "context: 0")).endswith("greater than 0 (and 1 more)")


PLACELESS = [
    (GOOD + "  - {name: first, model: n}\n", "6: ", "two experts are named 'first'"),
    (GOOD + "policies:\n  first: {}\n", "7: ", "'first' is both an expert and a policy"),
    (of_first("abilities: {maths: 0.5}"), "6: ", "unknown category 'maths'; the nearest are math"),
    (of_first("profile: gpt-17"), "6: ", "no profile of 'gpt-17'; the nearest are gpt-"),
]


@pytest.mark.parametrize(("text", "place", "words"), PLACELESS)
def test_names_that_cannot_be_are_said(tmp_path: Path, text: str, place: str, words: str) -> None:
    assert words in complaint(tmp_path, text)


@pytest.mark.parametrize(("text", "place", "words"), PLACELESS)
def test_names_that_cannot_be_are_said_with_their_place(tmp_path: Path, text: str, place: str, words: str) -> None:
    assert complaint(tmp_path, text).startswith(f"experts.yaml:{place}")


UNUSABLE = {
    "an endless time to connect": "connect_timeout_s: .inf",
    "an endless rest": "breaker_rest_s: .inf",
    "a price beyond all": "price: {input_per_mtok: .inf}",
    "a header with a line break": 'headers: {a: "b\\nc"}',
    "a header with a strange name": "headers: {'a b': c}",
    "a port that is a word": "base_url: 'http://host:port/v1'",
    "a port beyond all": "base_url: 'http://host:99999/v1'",
    "a host with a space": "base_url: 'http://ho st/v1'",
    "a stream where none was asked for": "sampling: {stream: true}",
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_could_never_work_is_refused(tmp_path: Path, case: str) -> None:
    assert complaint(tmp_path, of_first(UNUSABLE[case])).startswith("experts.yaml:6: experts[0].")


def test_a_policy_for_nobody_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path, of_policy("{experts: []}")).startswith("experts.yaml:7: policies.auto.experts: ")


def test_an_expert_without_its_key_is_left_out_with_the_variables_name(tmp_path: Path) -> None:
    yaml = GOOD + "  - {name: keyed, model: m, api_key_env: THE_KEY}\n  - {name: off, model: m, enabled: false}\n"
    for environment, absent in (
        ({}, "the environment variable THE_KEY is not set"),
        ({"THE_KEY": "  \n"}, "the environment variable THE_KEY is not set"),
        ({"THE_KEY": f"{SECRET}\nx"}, "the environment variable THE_KEY holds characters no key can have"),
        ({"THE_KEY": f"{SECRET}ü"}, "the environment variable THE_KEY holds characters no key can have"),
        ({"THE_KEY": f" {SECRET}\n"}, ""),
    ):
        pool = configured(tmp_path, yaml, environment).pool
        assert pool.members["keyed"].absent == absent
        assert SECRET not in repr(pool)
        assert pool.members["off"].absent == "it is disabled in experts.yaml (enabled: false)"
    assert pool.members["keyed"].key == SECRET


def test_where_nobody_is_left_the_start_is_refused_with_each_ones_reason(tmp_path: Path) -> None:
    said = complaint(tmp_path, of_first("api_key_env: THE_KEY") + "  - {name: off, model: m, enabled: false}\n")
    assert said == (
        "no expert is left to ask: first: the environment variable THE_KEY is not set; "
        "off: it is disabled in experts.yaml (enabled: false)"
    )


def test_config_check_says_what_is_in_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "experts.yaml").write_text(GOOD + "  - {name: keyed, model: m, api_key_env: THE_KEY}\n")
    done = coterie(tmp_path, "config", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "experts.yaml: 2 experts, 1 of them can be asked; policies: none\n"
        "  keyed is left out: the environment variable THE_KEY is not set\n"
    )


def test_config_check_complains_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(of_first("timout_s: 5"))
    done = coterie(tmp_path, "config", "check", "--config", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"coterie: {file}:6: experts[0].timout_s: unknown key; did you mean 'timeout_s'?")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Json:
    done = coterie(tmp_path_factory.mktemp("schema"), "config", "schema")
    assert (done.returncode, done.stderr) == (0, "")
    return orjson.loads(done.stdout)


def test_the_schema_knows_the_shipped_file_from_a_broken_one(schema: Json) -> None:
    judge = jsonschema_rs.validator_for(schema)
    shipped = YAML(typ="safe").load(ROOT / "experts.yaml")
    judge.validate(shipped)
    for broken in ({**shipped, "version": 2}, {**shipped, "policy": {}}, {**shipped, "experts": []}):
        assert not judge.is_valid(broken)


def test_the_schema_takes_an_expert_whose_provider_is_a_default(schema: Json) -> None:
    jsonschema_rs.validator_for(schema).validate(YAML(typ="safe").load(GOOD))


def test_the_shipped_file_is_good() -> None:
    found = configure(ROOT / "experts.yaml", {}, bundled())
    assert [member.expert.name for member in found.pool.present] == ["general", "maths", "code", "writing"]


def test_config_check_says_whom_a_budget_leaves(tmp_path: Path) -> None:
    dear = "    price: {output_per_mtok: 100}\n  - {name: second, model: m}\n"
    (tmp_path / "experts.yaml").write_text(GOOD + dear + "policies:\n  auto: {budget: {cost_usd_per_query: 0.001}}\n")
    done = coterie(tmp_path, "config", "check")
    assert done.returncode == 0 and "auto keeps within its budget with: second" in done.stdout


def test_a_budget_that_nobody_meets_is_said_in_its_line(tmp_path: Path) -> None:
    dear = "    price: {output_per_mtok: 100}\n"
    said = complaint(tmp_path, GOOD + dear + "policies:\n  auto: {budget: {cost_usd_per_query: 0.001}}\n")
    assert said.startswith("experts.yaml:8: policies.auto.budget: no expert costs 0.001 or less; the cheapest")
