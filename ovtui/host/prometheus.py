"""`python -m ovtui.host.prometheus WIRE_FD LISTENER_FD`: a session's figures at /metrics, until the session ends."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import numpy as np
from prometheus_client import CollectorRegistry, MetricsHandler
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from ovtui.host.client import InheritedSession, wait_for_message
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.histogram import Histogram, bucket_edges_ms
from ovtui.metrics.latency.samples import KINDS
from ovtui.metrics.result.build import device_key

POLL_S = 0.5
_HELD = {"held": 1.0, "missed": 0.0, "unknown": float("nan")}
BUCKET_BOUNDS_S = (*(factor * 10.0**power for power in range(-5, 1) for factor in (1.0, 2.5, 5.0)), 10.0, 30.0)
"""10 us to 30 s."""


class PrometheusCollector:
    """Owner of the digest: the polling thread, which feeds it under the lock. Scrapes, on HTTP threads, read under the
    same lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digest = Digest()
        self._upper_s = bucket_edges_ms()[1:] / 1e3

    def follow(self, session: InheritedSession) -> None:
        """Polls the session until its host is gone."""
        while True:
            update = session.poll()
            with self._lock:
                self._digest.feed(update)
            if update.host_gone:
                return
            wait_for_message(session, POLL_S)

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            yield from list(self._families())

    def _families(self) -> Iterator[Metric]:
        digest = self._digest
        snapshot, session_state, run = digest.snapshot(), digest.session_state, digest.run
        for name, help_text, value in (
            ("ovtui_requests_submitted", "Requests submitted.", snapshot.submitted),
            ("ovtui_requests_completed", "Requests that came back, errors included.", snapshot.completed),
            ("ovtui_requests_failed", "Requests that OpenVINO failed.", snapshot.errors),
            ("ovtui_requests_late", "Open loop: requests sent later than they were due.", snapshot.late),
            (
                "ovtui_requests_shed",
                "Open loop: requests never sent, for the backlog was full or the load was changed.",
                snapshot.shed,
            ),
            (
                "ovtui_requests_unsent",
                "Open loop: requests that were due and waited when a load ended.",
                session_state.unsent,
            ),
            ("ovtui_records_lost", "Requests that are in none of the latencies.", snapshot.lost),
            ("ovtui_handovers", "Changes of the device that serves.", _handovers(digest)),
            ("ovtui_engine_starts", "Engine processes started.", len(session_state.engines)),
        ):
            yield CounterMetricFamily(name, help_text, value=value)
        for name, help_text, gauge in (
            ("ovtui_requests_in_flight", "Requests submitted and not back.", snapshot.in_flight),
            ("ovtui_throughput_requests_per_second", "Completions over the last 2 s.", snapshot.throughput or 0.0),
            ("ovtui_serving", "1 while an engine serves.", float(session_state.phase == "serving")),
            (
                "ovtui_segment",
                "Number of the settings in force.",
                session_state.segment.segment if session_state.segment else 0,
            ),
        ):
            yield GaugeMetricFamily(name, help_text, value=gauge)
        limits = GaugeMetricFamily(
            "ovtui_slo_held", "Limits of --slo: 1 held, 0 missed, NaN not known.", labels=["limit"]
        )
        for verdict in snapshot.slo:
            limits.add_metric([str(verdict.limit)], _HELD[verdict.verdict])
        yield limits
        # Counters of the whole session: those that leave out the stand-in once another device serves would fall.
        batched, alone = sum(n for size, n in run.sizes.items() if size > 1), run.sizes.get(1, 0)
        how = CounterMetricFamily(
            "ovtui_batching_requests",
            "Requests by how they ran, where known; AUTO's stand-in's ran alone.",
            labels=["how"],
        )
        shares = run.batches
        for label, count in (
            ("batched", batched - shares.held),
            ("held", shares.held),
            ("timer", run.timed_out),
            ("alone", alone - run.timed_out),
        ):
            how.add_metric([label], count)
        yield how
        yield CounterMetricFamily("ovtui_batches", "Batches that ran.", value=shares.batches)
        yield CounterMetricFamily(
            "ovtui_batches_held",
            "Those of them that were full and yet waited for the batch timer.",
            value=shares.held_batches,
        )
        yield self._latencies()
        yield self._info()

    def _latencies(self) -> Metric:
        family = HistogramMetricFamily(
            "ovtui_request_latency_seconds",
            "inference: OpenVINO's own; service: from submission; response: from when it was due.",
            labels=["latency", "device"],
        )
        for code, group in sorted(self._digest.devices.items()):
            for kind in KINDS:
                histogram = group.settled[kind]
                family.add_metric([kind, device_key(code)], self._buckets(histogram), sum_value=histogram.sum_ms / 1e3)
        return family

    def _buckets(self, histogram: Histogram) -> list[tuple[str, float]]:
        """Cumulative counts for BUCKET_BOUNDS_S. A histogram bucket counts where its upper edge lies: exact within
        0.8 %."""
        below = np.cumsum(histogram.counts)
        counted = np.searchsorted(self._upper_s, np.array(BUCKET_BOUNDS_S) * (1 + 1e-9), side="right") - 1
        counts = np.where(counted >= 0, below[counted], 0)
        found = [(f"{border:g}", float(count)) for border, count in zip(BUCKET_BOUNDS_S, counts.tolist(), strict=True)]
        return [*found, ("+Inf", float(histogram.count))]

    def _info(self) -> Metric:
        session_state = self._digest.session_state
        engine, session = session_state.engine, session_state.session
        model = engine.model if engine else None
        settings = session_state.settings
        return InfoMetricFamily(
            "ovtui_session",
            "What runs.",
            value={
                "session": session.session if session else "",
                "version": session.ovtui if session else "",
                "openvino": model.openvino if model else "",
                "model": model.name if model else "",
                "device": settings.device if settings else "",
                "execution_devices": ",".join(engine.devices) if engine else "",
                "hint": settings.hint if settings else "",
            },
        )


def _handovers(digest: Digest) -> int:
    return sum(len(engine.device_changes) for engine in digest.session_state.engines.values())


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
