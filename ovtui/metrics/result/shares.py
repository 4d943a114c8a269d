"""What a device served, what the requests of a data shape were like: their groups in the Result."""

from __future__ import annotations

from typing import Literal

from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.group_figures import share_of
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.queries.power import device_power
from ovtui.metrics.queries.shapes import shape_rows
from ovtui.metrics.result import schema
from ovtui.metrics.result.batching import batching_result
from ovtui.metrics.result.energy import sources_result
from ovtui.records.device_codes import UNKNOWN, name_of


def device_key(code: int) -> str:
    """The key of a device in the JSON: its name as everywhere, and 'unknown' where tables show '–'."""
    return "unknown" if code == UNKNOWN else name_of(code)


def by_device(digest: Digest) -> dict[str, schema.DeviceShare]:
    completed, engine = digest.run.completed, digest.session_state.engine
    segment = digest.session_state.segment
    return {
        device_key(code): schema.DeviceShare(
            requests=group.completed,
            errors=group.errors,
            share=share_of(group.completed, completed),
            throughput=group.throughput if group.completed > 1 else None,
            latency_ms=latencies_result(group.latency),
            batching=batching_result(group, engine, segment),
            energy=sources_result(device_power(digest, code)),
        )
        for code, group in sorted(digest.devices.items())
    }


def by_shape(digest: Digest) -> list[schema.ShapeShare]:
    completed = digest.run.completed
    return [
        schema.ShapeShare(
            shape=row.shape,
            items=row.items,
            requests=row.figures.completed,
            errors=row.figures.errors,
            share=share_of(row.figures.completed, completed),
            first_ms=row.figures.first_ms,
            latency_ms=latencies_result(row.figures.latency),
        )
        for row in shape_rows(digest)
    ]


def items_are(digest: Digest) -> Literal["known", "deduced"] | None:
    if digest.run.items_per_request is None:
        return None
    compiled = [engine.compiled for engine in digest.session_state.engines.values() if engine.compiled is not None]
    return "deduced" if any(each.items_deduced for each in compiled) else "known"


def latencies_result(found: dict[LatencyKind, Latency]) -> schema.Latencies:
    return schema.Latencies(
        inference=latency_result(found["inference"]),
        service=latency_result(found["service"]),
        response=latency_result(found["response"]),
    )


def latency_result(latency: Latency) -> schema.LatencyMs:
    return schema.LatencyMs(
        count=latency.count,
        min=latency.min,
        p50=latency.p50,
        p90=latency.p90,
        p95=latency.p95,
        p99=latency.p99,
        p999=latency.p999,
        max=latency.max,
        mean=latency.mean,
    )
