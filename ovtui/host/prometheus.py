"""`python -m ovtui.host.prometheus WIRE_FD LISTENER_FD`: a session's figures at /metrics, until the session ends."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import ThreadingHTTPServer

from prometheus_client import CollectorRegistry, MetricsHandler
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from ovtui.host.client import InheritedSession, wait_for_message
from ovtui.host.prometheus_buckets import BucketBorders
from ovtui.host.prometheus_metrics import (
    BOUND,
    BOUND_HELP,
    BOUND_LABELS,
    INFO,
    INFO_HELP,
    INFO_LABELS,
    JOULES,
    JOULES_HELP,
    LATENCY,
    LATENCY_HELP,
    LATENCY_LABELS,
    LIMIT,
    LIMIT_HELP,
    LIMIT_LABELS,
    MACHINE,
    MACHINE_HELP,
    MACHINE_LABELS,
    METRICS,
    POWER_LABELS,
    WATTS,
    WATTS_HELP,
    machine_readings,
)
from ovtui.metrics.digest import Digest
from ovtui.metrics.energy.source_names import key_of
from ovtui.metrics.latency.samples import KINDS
from ovtui.metrics.queries.power import run_power
from ovtui.metrics.result.shares import device_key

POLL_S = 0.5
_HELD = {"held": 1.0, "missed": 0.0, "unknown": float("nan")}


class PrometheusCollector:
    """Owner of the digest: the polling thread, which feeds it under the lock. Scrapes, on HTTP threads, read under the
    same lock. `host`: the label of each sample; this machine's name where none is given."""

    def __init__(self, host: str = "") -> None:
        self._host = host or socket.gethostname()
        self._lock = threading.Lock()
        self._digest = Digest()
        self._borders = BucketBorders()

    def follow(self, session: InheritedSession) -> None:
        """Polls the session until its host is gone."""
        while True:
            update = session.poll()
            with self._lock:
                self._digest.feed(update)
            if update.host_gone or update.host.ended:
                return
            wait_for_message(session, POLL_S)

    def collect(self) -> Iterator[Metric]:
        """Nothing before the session has told its name, so that no series begins without it."""
        with self._lock:
            began = self._digest.session_state.session
            families = list(self._families()) if began else []
        where = {"host": self._host, "session": began.session if began else ""}
        for family in families:
            for sample in family.samples:
                sample.labels.update(where)
            yield family

    def _families(self) -> Iterator[Metric]:
        snapshot = self._digest.snapshot()
        for spec in METRICS:
            labels = [spec.label] if spec.label else None
            kind = CounterMetricFamily if spec.type == "counter" else GaugeMetricFamily
            family = kind(spec.name.removesuffix("_total"), spec.help, labels=labels)
            by_label = spec.values if isinstance(spec.values, Mapping) else {"": spec.values}
            for label, value in by_label.items():
                family.add_metric([label] if labels else [], value(self._digest, snapshot))
            yield family
        limits = GaugeMetricFamily(LIMIT, LIMIT_HELP, labels=LIMIT_LABELS)
        for verdict in snapshot.slo:
            limits.add_metric([str(verdict.limit)], _HELD[verdict.verdict])
        yield limits
        bounds = GaugeMetricFamily(BOUND, BOUND_HELP, labels=BOUND_LABELS)
        for limit in (verdict.limit for verdict in snapshot.slo):
            if limit.q is not None and not limit.is_floor:
                bounds.add_metric([str(limit), limit.latency, f"{limit.q / 100:.9g}"], limit.bound / 1e3)
        yield bounds
        yield from self._power()
        machine = GaugeMetricFamily(MACHINE, MACHINE_HELP, labels=MACHINE_LABELS)
        for name, reading in machine_readings(snapshot).items():
            machine.add_metric([name], reading)
        yield machine
        yield self._latencies()
        yield self._info()

    def _power(self) -> Iterator[Metric]:
        watts = GaugeMetricFamily(WATTS, WATTS_HELP, labels=POWER_LABELS)
        joules = GaugeMetricFamily(JOULES, JOULES_HELP, labels=POWER_LABELS)
        for source in run_power(self._digest).sources:
            if source.watts is not None:
                watts.add_metric([key_of(source.name)], source.watts)
            if source.joules_per_inference is not None:
                joules.add_metric([key_of(source.name)], source.joules_per_inference)
        yield watts
        yield joules

    def _latencies(self) -> Metric:
        family = HistogramMetricFamily(LATENCY, LATENCY_HELP, labels=LATENCY_LABELS)
        settled = {code: group.settled for code, group in sorted(self._digest.devices.items())}
        for histograms in settled.values():
            self._borders.include(histograms.values())
        for code, histograms in settled.items():
            for kind in KINDS:
                buckets, sum_ms = self._borders.cumulated(histograms[kind]), histograms[kind].sum_ms
                family.add_metric([kind, device_key(code)], buckets, sum_value=sum_ms / 1e3)
        return family

    def _info(self) -> Metric:
        session_state = self._digest.session_state
        engine, session = session_state.engine, session_state.session
        model = engine.model if engine else None
        settings = session_state.settings
        texts = (
            session.session if session else "",
            session.ovtui if session else "",
            model.openvino if model else "",
            model.name if model else "",
            settings.device if settings else "",
            ",".join(engine.devices) if engine else "",
            settings.hint if settings else "",
        )
        family = InfoMetricFamily(INFO.removesuffix("_info"), INFO_HELP)
        family.add_metric([], dict(zip(INFO_LABELS, texts, strict=True)))
        return family


def main(wire_fd: int, listener_fd: int) -> None:
    session = InheritedSession(socket.socket(fileno=wire_fd))
    figures, registry = PrometheusCollector(), CollectorRegistry(auto_describe=False)
    registry.register(figures)
    listener = socket.socket(fileno=listener_fd)
    handler = MetricsHandler.factory(registry)
    server = ThreadingHTTPServer(listener.getsockname()[:2], handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    figures.follow(session)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
