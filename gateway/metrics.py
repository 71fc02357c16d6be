"""What Prometheus reads. Counts answers; knows neither prompts nor keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.dispatch.dispatcher import Dispatcher
from gateway.retrieval.grounding import Grounding
from gateway.types import Answer, Outcome
from gateway.wire.sources import documents_of

SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
SEARCH = (0.003, 0.01, 0.03, 0.1, 0.3, 1)
OVERHEAD = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1)
BREAKER = {"closed": 0, "half_open": 1, "open": 2}


class Metrics:
    """One registry for each gateway, so that two in one process do not meet."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        label = "expert"
        self._requests = Counter(
            "coterie_requests", "Requests by model asked and outcome.", ["model", "code"], registry=registry
        )
        self._calls = Counter("coterie_calls", "Calls of experts by outcome.", [label, "code"], registry=registry)
        self._retries = Counter("coterie_retries", "Calls that were repeated.", [label], registry=registry)
        self._tokens = Counter("coterie_tokens", "Tokens by direction.", [label, "direction"], registry=registry)
        self._cost = Counter("coterie_cost_usd", "Dollars spent.", [label], registry=registry)
        self._seconds = Histogram(
            "coterie_call_seconds", "Seconds a call took.", [label], buckets=SECONDS, registry=registry
        )
        self._overhead = Histogram(
            "coterie_overhead_seconds", "Seconds of a request that no expert took.", buckets=OVERHEAD, registry=registry
        )
        self._documents = Counter(
            "coterie_documents", "Queries that documents were weighed for, by outcome.", ["outcome"], registry=registry
        )
        self._searched = Histogram(
            "coterie_search_seconds", "Seconds a search of documents took.", buckets=SEARCH, registry=registry
        )
        self._abstained = Counter("coterie_abstained", "Queries answered that it is not known.", registry=registry)
        self._unsure = Counter("coterie_unsure", "Queries that the router was not sure of.", registry=registry)
        self._truncated = Counter("coterie_truncated", "Queries of which the router read a part.", registry=registry)
        self.refused = Counter("coterie_refused", "Requests refused before routing.", ["code"], registry=registry)
        # looking a labelled counter up costs more than counting; the labels are few
        self._request = lru_cache(1024)(self._requests.labels)
        self._call = lru_cache(1024)(self._calls.labels)
        self._written = lru_cache(1024)(self._tokens.labels)
        self._took = lru_cache(256)(self._seconds.labels)
        self._spent = lru_cache(256)(self._cost.labels)

    def count(self, answer: Answer) -> None:
        """One more answer, or failure, with every call that was made for it."""
        self._request(answer.query.model, answer.error.code if answer.error else "ok").inc()
        self._overhead.observe(answer.overhead_s)
        if not answer.decision.sure:
            self._unsure.inc()
        if answer.features.truncated:
            self._truncated.inc()
        if answer.verdict.abstained:
            self._abstained.inc()
        if answer.decision.grounding is not None:
            self._count_documents(answer.decision.grounding, bool(documents_of(answer)))
        for outcome in answer.outcomes:
            self._count_call(outcome)

    def _count_documents(self, grounding: Grounding, read: bool) -> None:
        """Read by who answered, found and not worth reading, or not even looked for or found."""
        self._documents.labels("read" if read else "passed_over" if grounding.passages else "none").inc()
        if grounding.seconds:
            self._searched.observe(grounding.seconds)

    def _count_call(self, outcome: Outcome) -> None:
        expert = outcome.expert
        self._call(expert, outcome.error.code if outcome.error else "ok").inc()
        self._took(expert).observe(outcome.latency_s)
        self._written(expert, "input").inc(outcome.usage.input_tokens)
        self._written(expert, "output").inc(outcome.usage.output_tokens)
        if outcome.cost_usd:
            self._spent(expert).inc(outcome.cost_usd)
        if outcome.retries:
            self._retries.labels(expert).inc(outcome.retries)

    def watch(self, collect: Callable[[], Iterable[Metric]]) -> None:
        """Read these each time the page is asked for."""
        self.registry.register(Watched(collect))

    def page(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)


class Watched(Collector):
    """State that is read, not counted."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()


def dispatch_state(dispatcher: Dispatcher) -> Iterable[Metric]:
    """Breakers and lanes of every expert."""
    breaker = GaugeMetricFamily("coterie_breaker", "0 closed, 1 half open, 2 open.", labels=["expert"])
    for expert, state in dispatcher.breakers.states():
        breaker.add_metric([expert], BREAKER[state])
    lanes = GaugeMetricFamily("coterie_lane", "Calls in work or waiting.", labels=["expert", "state"])
    for name, desk in dispatcher.desks.items():
        lanes.add_metric([name, "busy"], desk.lane.busy)
        lanes.add_metric([name, "waiting"], len(desk.lane.waiting))
    return (breaker, lanes, *_sent(dispatcher))


def _sent(dispatcher: Dispatcher) -> Iterable[Metric]:
    """How many calls were made for how many consultations, which tells the size of batches, and who is left alone."""
    calls = CounterMetricFamily("coterie_lane_calls", "Calls sent; one may be for several.", labels=["expert"])
    carried = CounterMetricFamily("coterie_lane_carried", "Consultations that the calls were for.", labels=["expert"])
    paused = GaugeMetricFamily("coterie_lane_paused_seconds", "Until it may be asked again.", labels=["expert"])
    for name, desk in dispatcher.desks.items():
        calls.add_metric([name], desk.lane.calls)
        carried.add_metric([name], desk.lane.carried)
        paused.add_metric([name], desk.lane.paused_s)
    return (calls, carried, paused)
