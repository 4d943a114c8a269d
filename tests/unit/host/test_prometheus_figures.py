"""The exporter's counters of what was due and never sent."""

from __future__ import annotations

from samples import SECOND, started, update

from ovtui.host.prometheus import PrometheusCollector
from ovtui.records.events import LoadEnded
from ovtui.settings.schema.settings import Settings


def test_upper_limits_on_percentiles_are_told_in_seconds() -> None:
    figures = PrometheusCollector("box1")
    settings = Settings(slo="p99<20ms,inference.p50<=5ms,p50>1us,throughput>3/s,max<1s")
    figures._digest.feed(update(None, *started(settings), now_s=3))
    found = {family.name: family for family in figures.collect()}
    told = [(sample.labels, sample.value) for sample in found["ovtui_slo_limit_seconds"].samples]
    where = {"host": "box1", "session": "s1"}
    assert told == [
        ({"limit": "p99<20ms", "latency": "response", "quantile": "0.99", **where}, 0.02),
        ({"limit": "inference.p50<=5ms", "latency": "inference", "quantile": "0.5", **where}, 0.005),
    ]


def test_before_the_session_is_known_there_are_no_series() -> None:
    assert list(PrometheusCollector().collect()) == []


def test_requests_never_sent_are_counted_by_reason() -> None:
    figures = PrometheusCollector()
    ended = LoadEnded(t_ns=2 * SECOND, engine=1, reason="stopped", submitted=5, unsent=7)
    figures._digest.feed(update(None, *started(Settings(rate=10.0)), ended, now_s=3, submitted=5, shed=4))
    found = {family.name: family for family in figures.collect()}
    assert [sample.value for sample in found["ovtui_requests_shed"].samples] == [4]
    assert [sample.value for sample in found["ovtui_requests_unsent"].samples] == [7]
    assert "load was changed" in found["ovtui_requests_shed"].documentation
