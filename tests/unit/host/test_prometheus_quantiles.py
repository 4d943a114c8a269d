"""What Prometheus works out of the latency histograms agrees with the requests, whatever their distribution; and the
series stay while the range of latencies grows."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from samples import records, started, update

from ovtui.host.prometheus import PrometheusCollector
from ovtui.host.prometheus_metrics import metrics_table
from ovtui.records.record import Records

DOCS = Path(__file__).parents[3] / "docs"
COUNT = 20_000
Draw = Callable[[np.random.Generator], np.ndarray]
DISTRIBUTIONS: dict[str, Draw] = {
    "hardly varies": lambda rng: 1.0 + rng.normal(0, 1e-4, COUNT),
    "just above a border": lambda rng: 1.0001 + rng.uniform(0, 1e-4, COUNT),
    "log-normal": lambda rng: 5.0 * rng.lognormal(0, 0.5, COUNT),
    "two modes": lambda rng: np.where(rng.random(COUNT) < 0.7, 0.4, 1000.0) * rng.lognormal(0, 0.02, COUNT),
    "sawtooth of the batch timer": lambda rng: 2.0 + rng.uniform(0, 1000.0, COUNT),
    "heavy tail": lambda rng: 0.02 * (1 + rng.pareto(1.5, COUNT)),
    "microseconds": lambda rng: 0.003 + rng.exponential(0.002, COUNT),
}


def served(ms: np.ndarray, segment: int = 1) -> Records:
    return records(1000 + np.arange(len(ms)), service_ms=ms, segment=segment)


def fed(rows: Records, collector: PrometheusCollector | None = None) -> PrometheusCollector:
    collector = collector or PrometheusCollector()
    begin = () if collector._digest.session_state.segment else started(device="CPU", execution=["CPU"])
    collector._digest.feed(update(rows, *begin, now_s=60, submitted=len(rows), finished=True))
    return collector


def buckets(collector: PrometheusCollector) -> dict[str, float]:
    """Count by `le` of the response latency, from the text that is scraped."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return {
        sample.labels["le"]: sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
        if sample.name == "ovtui_request_latency_seconds_bucket" and sample.labels["latency"] == "response"
    }


def histogram_quantile(q: float, cumulated: dict[str, float]) -> float:
    """As Prometheus computes it (promql/quantile.go): linear within the bucket, from 0 in the first."""
    ordered = sorted((float(le), count) for le, count in cumulated.items())
    rank = q * ordered[-1][1]
    at = next(i for i, (_, count) in enumerate(ordered) if count >= rank)
    if math.isinf(ordered[at][0]):
        return ordered[at - 1][0]
    begin, before = ordered[at - 1] if at else (0.0, 0.0)
    return begin + (ordered[at][0] - begin) * (rank - before) / (ordered[at][1] - before)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_histogram_quantile_is_within_a_tenth_of_the_requests(name: str) -> None:
    rows = served(DISTRIBUTIONS[name](np.random.default_rng(1)))
    collector = fed(rows)
    kept = rows.copy()
    collector._digest.mark_left_out(kept)
    taken_s = np.sort((kept["done_ns"] - kept["due_ns"])[kept["flags"] == 0] / 1e9)
    found = buckets(collector)
    assert found["+Inf"] == len(taken_s)
    for q in (0.5, 0.9, 0.99):
        assert histogram_quantile(q, found) == pytest.approx(taken_s[math.ceil(q * len(taken_s)) - 1], rel=0.1)
    for le, count in found.items():  # exact, as far as a border is one of the digest's own
        assert count == np.count_nonzero(taken_s < float(le) * (1 - 1e-8))


def test_borders_stay_and_counts_never_fall_while_the_range_grows() -> None:
    rng = np.random.default_rng(2)
    collector = fed(served(3 * rng.lognormal(0, 0.1, 500)))
    before = buckets(collector)
    assert len(before) <= 3 * 8 + 2, "no series beyond the octaves in use"
    for scale in (1000.0, 0.01, 3.0):
        now = buckets(fed(served(scale * rng.lognormal(0, 0.1, 500)), collector))
        assert before.keys() <= now.keys()
        assert all(now[le] >= count for le, count in before.items())
        before = now
    assert buckets(PrometheusCollector()) == {}


def test_the_docs_name_each_metric_that_is_exposed() -> None:
    text = (DOCS / "sessions.md").read_text(encoding="utf-8").replace("\\|", "|")
    for name, kind, meaning in metrics_table():
        assert f"| `{name}` | {kind} | {meaning} |" in text
    assert "`host`" in text
    families = list(fed(served(np.ones(10))).collect())
    assert all({"host", "session"} <= sample.labels.keys() for family in families for sample in family.samples)
    exposed = {
        family.name + ("_total" if family.type == "counter" else "_info" if family.type == "info" else "")
        for family in families
    }
    assert exposed == {name.partition("{")[0] for name, _, _ in metrics_table()}
