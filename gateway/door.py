"""What every endpoint needs of the gateway: who asks, whether there is room, and the pipeline of the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gateway.errors import Forbidden, GatewayError, Overloaded, Unauthorized, Unavailable
from gateway.keys import Keys
from gateway.metrics import Metrics
from gateway.pipeline import Pipeline
from gateway.request_log import RequestLog
from gateway.settings import Settings
from gateway.store.recorder import Recorder


class Door:
    """The pipeline behind it is replaced when the configuration is; until the first one is ready it is closed."""

    def __init__(
        self, settings: Settings, keys: Keys, metrics: Metrics, recorder: Recorder, request_log: RequestLog
    ) -> None:
        self.settings = settings
        self.keys = keys
        self.metrics = metrics
        self.recorder = recorder
        self.request_log = request_log
        self.current: Pipeline | None = None
        self.opened = asyncio.Event()
        self.in_work = 0

    def open(self, pipeline: Pipeline) -> None:
        """Put a pipeline in force; what runs in the one before it comes to its end there."""
        self.current = pipeline
        self.opened.set()

    @property
    def pipeline(self) -> Pipeline:
        if self.current is None:
            raise Unavailable(
                "The gateway is still loading its models; GET /ready says when it is done.", retry_after_s=1
            )
        return self.current

    def tenant_of(self, headers: Mapping[str, str]) -> str:
        """Whose request this is; Unauthorized where keys are asked for and none fits."""
        return self.keys.tenant_of(headers.get("authorization"), headers.get("x-api-key"))

    def check_admin(self, headers: Mapping[str, str]) -> None:
        """Forbidden where no admin key is configured, Unauthorized where it is not the one that was sent."""
        if self.settings.admin_key is None:
            raise Forbidden("There is no admin key; set COTERIE_ADMIN_KEY and start again.")
        if not self.keys.is_admin(headers.get("authorization"), headers.get("x-api-key")):
            raise Unauthorized("This needs the admin key: Authorization: Bearer <COTERIE_ADMIN_KEY>.")

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """A place among the requests in work; Overloaded where there is none."""
        if self.in_work >= self.settings.max_requests:
            raise Overloaded(f"{self.in_work} requests are in work, as many as this gateway takes.", retry_after_s=1)
        self.in_work += 1
        try:
            yield
        finally:
            self.in_work -= 1

    def refused(self, error: GatewayError) -> None:
        """One more request that was refused before anyone was asked."""
        self.metrics.refused.labels(error.code).inc()
