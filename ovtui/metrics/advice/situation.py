"""What the rules look at: plain values of the segment in force, so that a test can make any situation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ovtui.metrics.batching.batch_assembly import segment_device_key
from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.judgement.steadiness import Steadiness
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.session.session_state import EngineState, SessionState
from ovtui.records import device_codes
from ovtui.records.events import BatchingPlan
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings


@dataclass(frozen=True, slots=True)
class DevicePerformance:
    """What a device did for the engine in force."""

    device: str
    completed: int
    p50_ms: float
    """Of inference."""
    throughput: float
    in_flight: tuple[int, int] = (1, 1)
    """The fewest and the most requests in flight meanwhile, by the settings."""
    ran_batches: bool = False
    """It ran batches, or waited for them: its inference latency has that wait in it."""


@dataclass(frozen=True, slots=True)
class AdviceFacts:
    settings: Settings = field(default_factory=Settings)
    device: str = "CPU"
    """As compiled."""
    serving: tuple[str, ...] = ("CPU",)
    """EXECUTION_DEVICES."""
    nireq: int = 1
    optimal: int = 1
    """OPTIMAL_NUMBER_OF_INFER_REQUESTS of what serves."""
    batching: BatchingPlan = field(default_factory=BatchingPlan)
    batch_size: int | None = None
    """B, where it is known or has been seen; None where it is not."""
    completed: int = 0
    """In this segment, as all counts here."""
    batched: int = 0
    timed_out: int = 0
    single: int = 0
    waited_ms: float | None = None
    """Mean wait of a request for a batch to fill, or for the timer; None where neither came into play."""
    lone_run_ms: float | None = None
    """An upper bound of what a lone request runs on what serves; None where nothing tells."""
    kept_waiting: int = 0
    """Left over 1 ms late for want of an idle infer request."""
    throughput: float | None = None
    latency: dict[LatencyKind, Latency] = field(default_factory=dict)
    queue: Queue | None = None
    unserved: int = 0
    """Once the load has ended: requests that were due and never sent."""
    steadiness: Steadiness = field(default_factory=lambda: Steadiness((), 0))
    cores: int = 1
    """That the engine may run on."""
    quota_cores: float | None = None
    threads: int | None = None
    """INFERENCE_NUM_THREADS of the CPU, where it serves; None where that is not known."""
    tuned_for: int | None = None
    """PERFORMANCE_HINT_NUM_REQUESTS of the compiled model; None where it is not set."""
    streams: int | None = None
    """NUM_STREAMS of the device that serves."""
    precision: str = ""
    """INFERENCE_PRECISION_HINT of the device that serves, as it came out; empty where it is not known."""
    capabilities: frozenset[str] = frozenset()
    """OPTIMIZATION_CAPABILITIES of the device that serves."""
    compile_ms: float | None = None
    """The longest compile of the engine in force: its own, or the accelerator's behind a stand-in."""
    stand_in: DevicePerformance | None = None
    """The CPU before AUTO's handover."""
    accelerator: DevicePerformance | None = None
    """What serves since."""

    @property
    def timeout_ms(self) -> int:
        return self.settings.batch_timeout_in_force_ms

    @property
    def known(self) -> int:
        """Requests of which it is known how they ran."""
        return self.batched + self.timed_out + self.single

    @property
    def timer_share(self) -> float:
        return self.timed_out / self.known if self.known else 0.0

    @property
    def closed_loop(self) -> bool:
        return is_closed_loop(self.settings)

    @property
    def on_cpu(self) -> bool:
        return self.serving in (("CPU",), ("(CPU)",))

    @property
    def service_ms(self) -> float | None:
        """Mean."""
        service = self.latency.get("service")
        return service.mean if service is not None else None

    @property
    def mean_in_flight(self) -> float | None:
        """Requests submitted and not back, on average, by Little's law: throughput times service time."""
        if self.throughput is None or self.service_ms is None:
            return None
        return self.throughput * self.service_ms / 1e3


def advice_facts(digest: Digest) -> AdviceFacts | None:
    """None before the first segment. Costs about a millisecond."""
    story = digest.story
    segment, engine = story.segment, story.engine
    if segment is None or engine is None or engine.compiled is None:
        return None
    tally = digest.segments.get(segment.segment) or Tally()
    shares = tally.batches()
    said = _reported_properties(engine)
    machine = story.session.machine if story.session else None
    stand_in, accelerator = _before_and_after_handover(digest, engine)
    return AdviceFacts(
        settings=segment.settings,
        device=engine.compiled.device,
        serving=tuple(engine.devices),
        nireq=segment.nireq,
        optimal=_optimal(engine),
        batching=engine.compiled.batching,
        batch_size=tally.largest_batch or _planned_batch_size(engine.compiled.batching),
        completed=tally.completed,
        batched=shares.batched,
        timed_out=shares.timed_out,
        single=shares.single,
        waited_ms=shares.cost_ms,
        lone_run_ms=_lone_run_ms(tally, segment.segment, engine),
        kept_waiting=tally.kept_waiting,
        throughput=tally.throughput,
        latency=tally.latency(digest.warm_up_rule),
        queue=digest.queue(),
        unserved=digest.unserved_at_end,
        steadiness=digest.steadiness(),
        cores=machine.cores if machine is not None else 1,
        quota_cores=machine.quota_cores if machine is not None else None,
        threads=_number(said.get("INFERENCE_NUM_THREADS")) if engine.devices == ["CPU"] else None,
        tuned_for=_number(engine.compiled.properties.get("PERFORMANCE_HINT_NUM_REQUESTS")) or None,
        streams=_number(said.get("NUM_STREAMS")),
        precision=said.get("INFERENCE_PRECISION_HINT", ""),
        capabilities=_capabilities(story, engine),
        compile_ms=_longest_compile(engine),
        stand_in=stand_in,
        accelerator=accelerator,
    )


def _lone_run_ms(tally: Tally, segment: int, engine: EngineState) -> float | None:
    if len(engine.devices) != 1:
        return None
    return tally.waiting.lone_run_times().get(segment_device_key(segment, device_codes.code_of(engine.devices)))


def _planned_batch_size(plan: BatchingPlan) -> int | None:
    return plan.size if plan.size is not None and plan.size > 1 else None


def _optimal(engine: EngineState) -> int:
    """Of the device that serves now; a change of device tells it anew."""
    changed = next((c.optimal_requests for c in reversed(engine.device_changes) if c.optimal_requests), 0)
    return changed or (engine.compiled.optimal_requests if engine.compiled is not None else 1)


def _reported_properties(engine: EngineState) -> dict[str, str]:
    """What the compiled model says of the one device that serves."""
    assert engine.compiled is not None
    if len(engine.devices) != 1:
        return {}
    serving = engine.devices[0].strip("()")
    for name in (serving, serving.partition(".")[0], engine.compiled.device):
        if engine.properties.get(name):
            return engine.properties[name]
    return engine.compiled.properties if engine.compiled.device == serving else {}


def _capabilities(story: SessionState, engine: EngineState) -> frozenset[str]:
    if len(engine.devices) != 1:
        return frozenset()
    serving = engine.devices[0].strip("()")
    listed = story.device_properties.get(serving) or story.device_properties.get(serving.partition(".")[0]) or []
    texts = [reported.value for reported in listed if reported.name == "OPTIMIZATION_CAPABILITIES"]
    return frozenset(word.strip() for text in texts for word in text.replace(",", " ").split())


def _longest_compile(engine: EngineState) -> float | None:
    times_ms = [news.compile_ms for news in engine.accelerator_events if news.compile_ms is not None]
    if engine.compiled is not None:
        times_ms.append(engine.compiled.compile_ms)
    return max(times_ms, default=None)


def _before_and_after_handover(
    digest: Digest, engine: EngineState
) -> tuple[DevicePerformance | None, DevicePerformance | None]:
    """What the stand-in and the accelerator after it did, over the engine's segments."""
    change = next((change for change in reversed(engine.device_changes) if change.before == ["(CPU)"]), None)
    if change is None or change.after == ["CPU"] or len(change.after) != 1:
        return None, None
    nireq = {began.segment: began.nireq for began in digest.story.segments if began.engine == engine.number}
    return tuple(  # type: ignore[return-value]
        _performance(
            device_codes.name_of(code),
            [(nireq[s], tally) for (s, device), tally in digest.parts.items() if s in nireq and device == code],
        )
        for code in (device_codes.STAND_IN, device_codes.code_of(change.after))
    )


def _performance(device: str, segments: Sequence[tuple[int, Tally]]) -> DevicePerformance | None:
    """`segments`: requests in flight, and what the device did meanwhile."""
    whole = Tally()
    for _, tally in segments:
        whole.merge(tally)
    p50_ms = whole.counted_histograms["inference"].percentile(50)
    if p50_ms is None or whole.throughput is None:
        return None
    counts = [nireq for nireq, tally in segments if tally.measured]
    shares = whole.batches()
    return DevicePerformance(
        device,
        whole.measured,
        p50_ms,
        whole.throughput,
        (min(counts), max(counts)),
        ran_batches=shares.batched + shares.timed_out > 0,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
