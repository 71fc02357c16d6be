"""The gateway as a whole: what lives as long as the process, and the pipeline that is in force."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.clients.build import Transports, Workshop, build_client
from gateway.columns import Columns
from gateway.configuration import Configuration, configure
from gateway.dispatch.breaker import Breakers
from gateway.dispatch.dispatcher import Desk, Dispatcher
from gateway.dispatch.lane import Lane
from gateway.dispatch.rates import rates_of
from gateway.door import Door
from gateway.fittings import Opened, feed_for, models_folder, recorder_for, request_log_for, secret
from gateway.keys import Keys
from gateway.kit import Kit, kit_of, route_by
from gateway.learning.metrics import learning_state
from gateway.learning.school import School, school_of
from gateway.lengths import Lengths
from gateway.metrics import Metrics, dispatch_state
from gateway.models.local import LocalModels
from gateway.models.server import ServerOptions
from gateway.pins import Pins
from gateway.pipeline import Pipeline
from gateway.planner import Planner
from gateway.reading import Reader
from gateway.reload import Reload
from gateway.residency.check import check_alone
from gateway.residency.groups import Groups
from gateway.residency.metrics import residency_state
from gateway.retrieval.grounder import Grounder
from gateway.retrieval.libraries import Libraries
from gateway.retrieval.passages import Library
from gateway.settings import Settings
from gateway.shared import open_shared
from gateway.tracing.edge import TracedTransport
from gateway.tracing.pipeline import TracedPipeline
from gateway.tracing.provider import Tracing
from gateway.types import Answer
from routers.suite import Suite

log = logging.getLogger("coterie.gateway")


class Gateway:
    """Enter it to open what it needs; models load beside it, and `door` opens when the first pipeline stands.

    `give_up` is called where that first loading fails: a gateway that can never answer should not go on.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Callable[[], Mapping[str, str]],
        keys: Keys,
        artifact: Suite,
        *,
        instance: str,
        give_up: Callable[[Exception], None],
        tracing: Tracing | None = None,
    ) -> None:
        self.settings = settings
        self.tracing = tracing
        self._environment = environment
        self._artifact = artifact
        self._instance = instance
        self._give_up = give_up
        self._stack = AsyncExitStack()
        self._loading: asyncio.Task[None] | None = None
        self._opened: Opened | None = None
        self.door = Door(settings, keys, Metrics(), recorder_for(settings, instance), request_log_for(settings))
        self.reload = Reload(self._load)

    async def __aenter__(self) -> Self:
        enter = self._stack.enter_async_context
        if self.tracing is not None:  # first in, last out: a collector that is away must hold up nothing else
            self._stack.push_async_callback(self.tracing.close)
        shared = await enter(open_shared(secret(self.settings.redis_url)))
        await enter(self.door.recorder)
        thread = self._stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="routing"))
        transports = Transports(TracedTransport if self.tracing else None)
        self._stack.push_async_callback(transports.close)
        configuration = self._configure()
        local = await enter(self._local_models(configuration))
        groups = Groups()
        self._stack.push_async_callback(groups.close)
        libraries = Libraries()
        self._stack.callback(libraries.close)
        workshop = Workshop(transports, local, self.settings.config.parent)
        feed = feed_for(self.settings, self._instance)
        self._stack.push_async_callback(feed.close)
        self._opened = Opened(shared, thread, workshop, groups, libraries, feed)
        self.door.metrics.watch(self._state)
        self._loading = asyncio.create_task(self._load_first())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        await self._stack.aclose()
        self.door.request_log.flush()

    async def loaded(self) -> None:
        """Returns when the first loading has come to its end, good or bad."""
        assert self._loading is not None
        await asyncio.wait({self._loading})

    def _configure(self) -> Configuration:
        return configure(self.settings.config, self._environment(), self._artifact)

    async def _load_first(self) -> None:
        try:
            await self._load()
            self.reload.version = 1
        except Exception as error:  # whatever it is, a gateway without a pipeline must not go on in silence
            self._give_up(error)

    async def _load(self) -> None:
        """Build the pipeline of the configuration as it is now, and put it in force."""
        opened = self._opened
        assert opened is not None
        configuration = await asyncio.to_thread(self._configure)
        check_alone(configuration.experts, self.settings.workers)
        for member in configuration.pool.members.values():
            if member.absent:
                log.warning("expert left out", extra={"expert": member.expert.name, "reason": member.absent})
        breakers = Breakers(opened.shared, self._instance)
        desks = await _desks(configuration, opened, breakers)
        dispatcher = Dispatcher(desks, breakers, random.Random())
        pins = Pins(opened.shared)
        readers = {
            name: Reader(reading, opened.thread, configuration.general[name])
            for name, reading in configuration.readings.items()
        }
        columns = Columns.of(configuration.pool.members.values())
        school = school_of(configuration, columns.reference_usd, opened.feed.spending)
        kit = kit_of([desk.expert for desk in desks.values()], self._artifact, opened.thread)
        kit = replace(
            kit,
            route=route_by(readers),
            packs=configuration.packs,
            leads=configuration.leads,
            library=await opened.libraries.of(configuration.knowing),
        )
        await opened.feed.serve(tuple(school.values()))
        build = partial(TracedPipeline, self.tracing) if self.tracing else Pipeline
        pipeline = build(
            pool=configuration.pool,
            book=configuration.book,
            planner=_planner(configuration, columns, readers, dispatcher, pins, kit, school),
            kit=kit,
            dispatcher=dispatcher,
            pins=pins,
            record=self._remember,
        )
        self.door.open(pipeline)
        settle_memory()

    def _remember(self, answer: Answer) -> None:
        self.door.recorder.record(answer)
        self.door.metrics.count(answer)

    def _local_models(self, configuration: Configuration) -> LocalModels:
        contexts: dict[str, int] = {}
        for expert in configuration.experts.experts:
            if expert.provider == "local":
                contexts[expert.model] = max(contexts.get(expert.model, 0), expert.context)
        options = {model: ServerOptions(context=context) for model, context in contexts.items()}
        return LocalModels(models_folder(self.settings), self.settings.config.parent, options)

    def _state(self) -> Iterable[Metric]:
        recorder = self.door.recorder
        yield GaugeMetricFamily("coterie_in_work", "Requests in work.", value=self.door.in_work)
        yield GaugeMetricFamily("coterie_records_waiting", "Records not yet written.", value=recorder.waiting)
        yield CounterMetricFamily("coterie_records_written", "Records written.", value=recorder.written)
        yield CounterMetricFamily("coterie_records_dropped", "Records lost.", value=recorder.dropped)
        yield CounterMetricFamily("coterie_record_failures", "Failed writes.", value=recorder.failed_writes)
        if self._opened is not None:
            yield from residency_state(self._opened.groups)
            yield from learning_state(self._opened.feed)
        if self.door.current is not None:
            yield from dispatch_state(self.door.current.dispatcher)
            read = CounterMetricFamily("coterie_queries_read", "Queries read, by encoder.", labels=["encoder"])
            for encoder, count in self.door.current.read().items():
                read.add_metric([encoder], count)
            yield read


def _planner(
    configuration: Configuration,
    columns: Columns,
    readers: Mapping[str, Reader],
    dispatcher: Dispatcher,
    pins: Pins,
    kit: Kit,
    school: School,
) -> Planner:
    return Planner(
        columns=columns,
        readers=readers,
        dispatcher=dispatcher,
        lengths=Lengths(columns, configuration.habits),
        pins=pins,
        kit=kit,
        random_=random.Random(),
        grounder=_grounder(configuration, columns, kit.library),
        school=school,
    )


def _grounder(configuration: Configuration, columns: Columns, library: Library | None) -> Grounder | None:
    """None where the file names no documents."""
    knowing = configuration.knowing
    if knowing is None or library is None:
        return None
    profiles = {expert.name: expert.profile or expert.name for expert in configuration.experts.experts}
    return Grounder(library, knowing.gate, columns=columns, profiles=profiles, passages=knowing.passages)


async def _desks(configuration: Configuration, opened: Opened, breakers: Breakers) -> dict[str, Desk]:
    """A desk for each expert that can be asked."""
    seating = await opened.groups.seating(configuration.experts, configuration.pool, opened.workshop)
    desks: dict[str, Desk] = {}
    for member in configuration.pool.present:
        expert = member.expert
        lane = Lane(expert, turnstile=seating.seats.get(expert.name), rates=rates_of(expert, opened.shared))
        desks[expert.name] = Desk(expert, await build_client(member, opened.workshop), lane)
    seating.open({name: desk.lane for name, desk in desks.items()}, breakers.resting)
    return desks


def settle_memory() -> None:
    """Take what has been loaded out of garbage collection, which would otherwise walk it all many times a minute.

    Requests leave few cycles behind, so that collecting seldom costs no memory; it used to cost every hundredth
    request a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
