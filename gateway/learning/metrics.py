"""What Prometheus is told of learning. Counts nothing itself."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.learning.feed import Feed

POLICY = ["policy"]


def learning_state(feed: Feed) -> Iterable[Metric]:
    """Nothing where no policy learns."""
    if not feed.correctors:
        return
    answers = GaugeMetricFamily("coterie_learning_answers", "Judged answers learned from, by weight.", labels=POLICY)
    regions = GaugeMetricFamily("coterie_learning_regions", "Regions with corrections of their own.", labels=POLICY)
    paused = GaugeMetricFamily("coterie_learning_paused", "1 where what was learned has not paid.", labels=POLICY)
    surplus = GaugeMetricFamily(
        "coterie_learning_surplus", "Worth of answers above the best single expert's bound, at most.", labels=POLICY
    )
    spent = GaugeMetricFamily("coterie_learning_spent_usd", "Dollars that exploring cost today.", labels=POLICY)
    decided = CounterMetricFamily("coterie_learning_decided", "Decisions that feedback may correct.", labels=POLICY)
    explored = CounterMetricFamily("coterie_learning_explored", "Of these, made to learn from.", labels=POLICY)
    for one in feed.correctors:
        learned, name = one.learned, [one.name]
        answers.add_metric(name, learned.answers)
        regions.add_metric(name, learned.regions)
        paused.add_metric(name, float(learned.paused))
        surplus.add_metric(name, learned.surplus)
        spent.add_metric(name, one.spending.today_usd)
        decided.add_metric(name, one.decided)
        explored.add_metric(name, one.explored)
    yield from (answers, regions, paused, surplus, spent, decided, explored)
    yield CounterMetricFamily("coterie_learning_failures", "Failed readings of feedback.", value=feed.failures)
    yield CounterMetricFamily("coterie_learning_unusable", "Opinions that teach nothing.", value=feed.unusable)
