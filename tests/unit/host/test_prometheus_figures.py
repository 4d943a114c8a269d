"""The exporter's counters of what was due and never sent."""

from __future__ import annotations

from samples import SECOND, started, update

from ovtui.host.prometheus import PrometheusCollector
from ovtui.records.events import LoadEnded
from ovtui.settings.schema.settings import Settings


def test_requests_never_sent_are_counted_by_reason() -> None:
    figures = PrometheusCollector()
    ended = LoadEnded(t_ns=2 * SECOND, engine=1, reason="stopped", submitted=5, unsent=7)
    figures._digest.feed(update(None, *started(Settings(rate=10.0)), ended, now_s=3, submitted=5, shed=4))
    found = {family.name: family for family in figures.collect()}
    assert [sample.value for sample in found["ovtui_requests_shed"].samples] == [4]
    assert [sample.value for sample in found["ovtui_requests_unsent"].samples] == [7]
    assert "load was changed" in found["ovtui_requests_shed"].documentation
