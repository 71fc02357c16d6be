"""experts.yaml: the experts there are and the policies that choose among them. Knows the shape, not the file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    PositiveInt,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from gateway.entry import Dollars, Entry, Name, Price, Quality, Seconds
from gateway.knowledge import LEAST_BENEFIT, Abstain, Knowledge, Retrieve
from gateway.learning.learn import Learn

Capability = Literal["tools", "json_schema", "images", "audio", "files", "logprobs"]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e\t]*$")]

NOT_SAMPLING = frozenset({"model", "messages", "stream", "stream_options", "coterie"})
RESERVED = "auto"
DEFAULT_THRIFT = 0.3
AUTO = "auto"
"""The strategy that the policy chooses for each query."""
PROMPTS = "prompts"
"""The strategy that needs prompt packs."""
MOST_CALLS = 64


DEFAULT_BALANCE = 0.05
BALANCE_SCHEMA = {"anyOf": [{"type": "boolean"}, {"type": "number", "minimum": 0, "maximum": 1}], "default": False}


def _balance(given: Any) -> Any:
    """true and false are short for a number."""
    return given * DEFAULT_BALANCE if isinstance(given, bool) else given


class Residency(Entry):
    """Experts of one group share a device; loading takes `load_s` seconds and `size_gb` of its memory."""

    group: Name
    load_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 5.0
    """Until loads have been timed."""
    size_gb: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    hook: Literal["local", "ollama", "llamacpp", "vllm", "none"] | None = None
    """How the gateway loads and unloads it; none: its endpoint does by itself. Not given: local for local ones."""


class Group(Entry):
    """A device that experts share: room for so many of them, or for so many gigabytes."""

    room: PositiveInt | None = None
    room_gb: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    deadline_s: Seconds = 60.0
    """A call is answered this long after it came, even where that means to load for it alone."""
    patience_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = 60.0
    """Seconds of waiting that a whole point of expected quality is worth; None: nobody goes to a second choice."""
    schedule: Literal["value", "fcfs"] = "value"

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.room is None) == (self.room_gb is None):
            raise ValueError("needs either room (how many experts) or room_gb (how many gigabytes)")
        return self


class Limited(Entry):
    """How long an expert may take, how much it may be asked at once, and how often again. Seconds throughout."""

    timeout_s: Seconds = 120.0
    connect_timeout_s: Seconds = 5.0
    first_token_timeout_s: Seconds = 60.0
    between_tokens_timeout_s: Seconds = 30.0
    latency_s: Seconds = 1.0
    """What a call is taken to last until calls have been timed."""
    max_concurrency: PositiveInt = 16
    max_waiting: Annotated[int, Field(ge=0)] = 64
    """Calls that may wait for a place; one more is refused with 429."""
    max_batch: PositiveInt = 16
    """Where the endpoint takes lists: what waits goes together, so many in one call."""
    requests_per_min: PositiveInt | None = None
    tokens_per_min: PositiveInt | None = None
    """Input and output. Both limits hold for all instances of the gateway together."""
    max_answer_bytes: PositiveInt = 32 * 1024 * 1024
    """A longer answer is broken off."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    breaker_failures: PositiveInt = 5
    """Failures in a row after which the expert is left alone."""
    breaker_rest_s: Seconds = 10.0


class Template(Entry):
    """How messages become one prompt, where the endpoint completes text; `{content}` is what the message says."""

    system: str = "{content}\n\n"
    user: str = "User: {content}\n"
    assistant: str = "Assistant: {content}\n"
    start: str = "Assistant:"
    """After the last message: what comes next is the answer."""
    stop: tuple[str, ...] = ("\nUser:",)
    """Where the answer ends, unless the caller says."""


class Expert(Limited):
    """One entry of experts.yaml."""

    name: Name
    provider: Literal["openai", "litellm", "local", "replay"]
    model: Annotated[str, StringConstraints(min_length=1)]
    base_url: str | None = None
    endpoint: Literal["chat", "completions"] = "chat"
    """provider openai: completions takes a list of prompts, so that what waits is sent in one call."""
    template: Template = Template()
    """endpoint completions: how messages become a prompt."""
    api_key_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The name of the environment variable that holds the key, never the key."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, repr=False)
    description: str = ""
    enabled: bool = True
    price: Price = Price()
    context: PositiveInt = 8192
    supports: frozenset[Capability] = frozenset()
    profile: str | None = None
    """A model of the bundled registry whose measured abilities stand for this expert's."""
    abilities: dict[str, Quality] | None = None
    """Expected quality by category, `default` for the rest; a guess of yours, believed accordingly."""
    system: str | None = None
    """Goes before the caller's own system message."""
    sampling: dict[str, Any] = Field(default_factory=dict)
    """Request fields that hold where the caller sets none: temperature, top_p, max_tokens, ..."""
    residency: Residency | None = None
    responses: str | None = None
    """provider replay: the table with recorded answers (columns query_id, model, response)."""
    questions: str | None = None
    """provider replay: the table with the questions (columns query_id, text)."""

    @field_validator("name")
    @classmethod
    def _not_reserved(cls, name: str) -> str:
        if name == RESERVED or name.startswith(("auto:", "coterie/")):
            raise ValueError("'auto' and 'coterie/...' are names of the gateway itself; choose another")
        return name

    @field_validator("base_url")
    @classmethod
    def _http(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not _port(parts) or not url.isprintable():
            raise ValueError("must look like http://host:port/v1")
        if " " in url:
            raise ValueError("must hold no space")
        if parts.username or parts.password:
            raise ValueError("must not hold a password; use api_key_env")
        return url.rstrip("/")

    @field_validator("sampling")
    @classmethod
    def _only_sampling(cls, sampling: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(NOT_SAMPLING & sampling.keys())
        if taken:
            raise ValueError(
                f"{', '.join(taken)} is the caller's to say; allowed are fields such as temperature, top_p"
            )
        return sampling

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.provider == "openai" and self.base_url is None:
            raise ValueError("provider openai needs base_url, for example http://127.0.0.1:8001/v1")
        if self.provider == "replay" and self.responses is None:
            raise ValueError("provider replay needs responses, a table with columns query_id, model, response")
        if self.profile is not None and self.abilities is not None:
            raise ValueError("give profile or abilities, not both")
        if self.endpoint == "completions" and (self.provider != "openai" or self.supports - {"json_schema"}):
            raise ValueError("endpoint completions is for provider openai, and takes no tools, images, audio or files")
        return self

    @property
    def batch(self) -> int:
        """How many calls may go as one."""
        return 1 if self.endpoint == "chat" else self.max_batch


class Budget(Entry):
    """What a query may cost on average, and a call may take at each expert. Experts are chosen to keep within it."""

    cost_usd_per_query: Dollars | None = None
    latency_s: Seconds | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.cost_usd_per_query is None and self.latency_s is None:
            raise ValueError("needs cost_usd_per_query, latency_s, or both")
        return self


class Policy(Entry):
    """How predictions, prices and latencies become a plan."""

    router: str = "blend"
    strategy: str = AUTO
    """auto: several are asked where answers can be compared and that is expected to pay; otherwise one."""
    thrift: Quality = DEFAULT_THRIFT
    """0: quality alone counts; 1: price alone."""
    haste: Quality = 0.0
    """The same weight for latency."""
    caution: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    """As many standard deviations are taken from every score."""
    balance: Annotated[Quality, BeforeValidator(_balance), WithJsonSchema(BALANCE_SCHEMA)] = 0.0
    """The largest load price: an expert may be passed over for one as much as twice this worse. true: 0.05."""
    fallback: Name | None = None
    """Goes first where the router is not sure."""
    experts: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Only these may be asked."""
    budget: Budget | None = None
    """Of those, the set that is worth most within it, chosen when the file is read."""
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Where several are asked at once: the chance that one is right, which as few as possible shall reach."""
    recruit: Annotated[PositiveInt, Field(le=MOST_CALLS)] = 3
    """Where several are asked at once: how many at most."""
    sure: Annotated[float, Field(gt=0, le=1)] = 0.99
    """Nobody more is asked once the answer is right with this chance."""
    least_gain: Quality = 0.006
    """What one more call must add to the chance that the answer is right, its price apart."""
    rounds: Annotated[PositiveInt, Field(le=MOST_CALLS)] = 2
    """Of a debate, layers of a mixture, turns of a conductor."""
    lead: Name | None = None
    """Who judges, writes, conducts or plans; whoever is best at it where this is not given."""
    retrieve: Retrieve = "auto"
    """Whether documents are looked into: auto where that is expected to help. Needs `knowledge` in this file."""
    collections: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Only these collections of documents are searched."""
    least_benefit: Quality = LEAST_BENEFIT
    """What documents must add to the chance of a right answer, their price apart."""
    ask_itself: bool = False
    """Where it is a close thing whether documents help, the expert is asked first whether it knows."""
    abstain: Abstain | None = None
    """What to do where nobody is likely to know."""
    packs: Annotated[str, StringConstraints(min_length=1)] | None = None
    """A file that `coterie prompts learn` wrote: the strategy `prompts` takes its prompts from it."""
    max_calls: Annotated[PositiveInt, Field(le=MOST_CALLS)] | None = None
    """For one query; 3 where one expert is asked (the next ones where it fails), 12 where several are."""
    max_cost_usd: Dollars | None = None
    deadline_s: Seconds = 300.0
    explore: Quality = 0.0
    """Share of queries that go to an expert drawn at random, so that logs can tell what another choice had done."""
    learn: Learn | None = None
    """What the router says is corrected by feedback; a few queries go to whoever is worth learning about."""
    switch_margin: Quality = 0.1
    """A session changes its expert only for at least this much more utility."""

    @model_validator(mode="after")
    def _explores_once(self) -> Self:
        if self.learn is not None and self.explore > 0:
            raise ValueError("learn explores by itself (`learn.explore`); leave out `explore`, or `learn`")
        return self


def _port(parts: SplitResult) -> bool:
    """Whether the port is one; a URL without any has that of its scheme."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


class Experts(Entry):
    """The whole file. What its parts must agree on is checked where the lines are known, in config_file.py."""

    version: Literal[1]
    defaults: dict[str, Any] = Field(default_factory=dict)
    experts: Annotated[tuple[Expert, ...], Field(min_length=1)]
    groups: dict[Name, Group] = Field(default_factory=dict)
    leads: str | None = None
    """The file in which `coterie experts aggregators` has noted who is good at making one answer of several."""
    knowledge: Knowledge | None = None
    """Documents that experts may be given."""
    policies: dict[Name, Policy] = Field(default_factory=dict)

    def policy(self, name: str = RESERVED) -> Policy:
        """The policy of that name; `auto` stands on its own where the file does not give it."""
        return self.policies[name] if name in self.policies else Policy()

    def expert(self, name: str) -> Expert:
        """The expert of that name; KeyError where there is none."""
        for expert in self.experts:
            if expert.name == name:
                return expert
        raise KeyError(name)
