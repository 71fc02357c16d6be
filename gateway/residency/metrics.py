"""What Prometheus reads of the groups. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.residency.groups import Groups

PREFIX = "coterie_residency"


def residency_state(groups: Groups) -> Iterable[Metric]:
    """Loads, evictions and calls of each model, and what moving calls has cost; nothing where there is no group."""
    if not groups.by_name:
        return
    labels = ["group", "model"]
    counters = {
        "loads": CounterMetricFamily(f"{PREFIX}_loads", "Times a model was loaded.", labels=labels),
        "evictions": CounterMetricFamily(f"{PREFIX}_evictions", "Times a model gave way to another.", labels=labels),
        "failures": CounterMetricFamily(f"{PREFIX}_failures", "Loads that failed.", labels=labels),
        "calls": CounterMetricFamily(f"{PREFIX}_calls", "Calls that a model has begun to answer.", labels=labels),
    }
    resident = GaugeMetricFamily(f"{PREFIX}_resident", "1 where the model is loaded.", labels=labels)
    hits = GaugeMetricFamily(f"{PREFIX}_hit_share", "Share of calls that needed no load.", labels=["group"])
    moved = CounterMetricFamily(f"{PREFIX}_moved", "Calls that went to a second choice.", labels=["group"])
    lost = CounterMetricFamily(f"{PREFIX}_lost", "Expected quality that cost, in answers.", labels=["group"])
    for name, group in groups.by_name.items():
        for model, slot in group.slots.items():
            for what, family in counters.items():
                family.add_metric([name, model], getattr(slot, what))
            resident.add_metric([name, model], slot.loaded())
        hits.add_metric([name], group.hit_share)
        moved.add_metric([name], group.moved)
        lost.add_metric([name], group.lost)
    yield from (*counters.values(), resident, hits, moved, lost)
