"""The facts that the advice rules use: plain values of the segment in force on the device that serves, so that a test
can make up any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ovtui.metrics.advice.disturbed_seconds import DisturbedSeconds, disturbed_seconds
from ovtui.metrics.batching.batch_assembly import segment_device_key
from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.judgement.steadiness import Steadiness
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.session.session_state import STAND_IN_DEVICES, EngineState, SessionState
from ovtui.records import device_codes
from ovtui.records.events import BatchingPlan, SegmentBegan
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings

TIMER_SHARE = 0.01
"""A smaller share of timer runs does not bend a throughput."""


@dataclass(frozen=True, slots=True)
class DevicePerformance:
    """How one device performed for the engine in force."""

    device: str
    completed: int
    p50_ms: float
    """Median inference latency."""
    throughput: float
    in_flight: tuple[int, int] = (1, 1)
    """The least and the greatest number of requests in flight meanwhile, according to the settings."""
    ran_batches: bool = False
    """True if it ran batches or timer runs, or may have, so that its inference latency includes the wait for them."""
    timer_waits: bool = False
    """True if requests waited for the timer, or may have: then its throughput tells nothing of the device either."""


@dataclass(frozen=True, slots=True)
class AdviceFacts:
    settings: Settings = field(default_factory=Settings)
    device: str = "CPU"
    """The device that was compiled for."""
    serving: tuple[str, ...] = ("CPU",)
    """EXECUTION_DEVICES."""
    nireq: int = 1
    optimal: int = 1
    """OPTIMAL_NUMBER_OF_INFER_REQUESTS of the serving device."""
    batching: BatchingPlan = field(default_factory=BatchingPlan)
    batch_size: int | None = None
    """Requests in a full batch: as seen, as the device that serves told, or as the compiled model has it; never the
    pool's. None if unknown or 1."""
    may_batch_unseen: bool = False
    """True where the device may batch and nothing has told B or that it does not: a lone request may have waited for
    the timer."""
    unknown: int = 0
    """Requests of unknown batch size."""
    shared_inputs: tuple[str, ...] = ()
    """Inputs of which all members of a batch get the value of one request."""
    completed: int = 0
    """Completed requests of this segment. All counts here are of this segment, and where several devices served in it,
    of the one that serves now."""
    batched: int = 0
    """Held ones included."""
    held: int = 0
    """Requests whose batch was full and held until the timer."""
    held_batches: int = 0
    held_wait_ms: float | None = None
    """Mean wait of these requests; None if there are none."""
    timed_out: int = 0
    single: int = 0
    waited_ms: float | None = None
    """Mean wait of a request for a batch or for the timer; None if there were neither batches nor timer runs."""
    lone_run_ms: float | None = None
    """Upper bound of the run time of a lone request on the serving device, from a request that did not wait or from a
    batch; None if every request waited."""
    shortest_ms: float | None = None
    """The shortest inference of a lone request or run of a batch on the serving device, waits included: no lone run
    takes longer. None if there was none."""
    kept_waiting: int = 0
    """Requests submitted more than 1 ms late because no infer request was idle."""
    schedule_error_p99_ms: float | None = None
    """By how much the load thread was late in the open loops of the session; None for a closed loop."""
    throughput: float | None = None
    latency: dict[LatencyKind, Latency] = field(default_factory=dict)
    queue: Queue | None = None
    unserved: int = 0
    """Requests that were due and never sent, once the load has ended; 0 before."""
    steadiness: Steadiness = field(default_factory=lambda: Steadiness((), 0))
    disturbed: DisturbedSeconds | None = None
    """What made inferences take longer for a part of the segment: throttling, or another process."""
    cores: int = 1
    """Cores that the engine may run on."""
    quota_cores: float | None = None
    threads: int | None = None
    """INFERENCE_NUM_THREADS of the CPU; None if it does not serve, or unknown."""
    tuned_for: int | None = None
    """PERFORMANCE_HINT_NUM_REQUESTS of the compiled model; None if it is not set."""
    streams: int | None = None
    """NUM_STREAMS of the serving device."""
    precision: str = ""
    """INFERENCE_PRECISION_HINT of the serving device, as reported after the compile; empty if unknown."""
    capabilities: frozenset[str] = frozenset()
    """OPTIMIZATION_CAPABILITIES of the serving device."""
    compile_ms: float | None = None
    """The longest compile of the engine in force: its own, or the accelerator's behind a stand-in."""
    stand_in: DevicePerformance | None = None
    """The CPU before AUTO's handover."""
    accelerator: DevicePerformance | None = None
    """The device after AUTO's handover."""

    @property
    def timeout_ms(self) -> int:
        return self.settings.batch_timeout_in_force_ms

    @property
    def known(self) -> int:
        """Requests of known batch size."""
        return self.batched + self.timed_out + self.single

    @property
    def timer_share(self) -> float:
        return self.timed_out / self.known if self.known else 0.0

    @property
    def waits_for_batches(self) -> bool:
        """True if latencies include, or may include, waits for a batch or the timer."""
        return self.batched + self.timed_out > 0 or self.may_batch_unseen or (self.batch_size or 1) > 1

    @property
    def collected(self) -> int | None:
        """Requests that come due in one batch timeout, at least 1; None without a rate."""
        rate = self.settings.rate
        return max(int(rate * self.timeout_ms / 1e3), 1) if rate else None

    @property
    def response_p50(self) -> float | None:
        response = self.latency.get("response")
        return response.p50 if response is not None else None

    @property
    def response_p99(self) -> float | None:
        response = self.latency.get("response")
        return response.p99 if response is not None else None

    @property
    def closed_loop(self) -> bool:
        return is_closed_loop(self.settings)

    @property
    def on_cpu(self) -> bool:
        return list(self.serving) in (["CPU"], STAND_IN_DEVICES)

    @property
    def service_ms(self) -> float | None:
        """Mean service time."""
        service = self.latency.get("service")
        return service.mean if service is not None else None

    @property
    def mean_in_flight(self) -> float | None:
        """Mean number of requests that are submitted and not completed, by Little's law: throughput * service time."""
        if self.throughput is None or self.service_ms is None:
            return None
        return self.throughput * self.service_ms / 1e3


def advice_facts(digest: Digest) -> AdviceFacts | None:
    """The facts of the segment in force, and where several devices served in it, of the one that serves now (InForce);
    None before the first segment. Costs about a millisecond."""
    session_state = digest.session_state
    segment, engine = session_state.segment, session_state.engine
    if segment is None or engine is None or engine.compiled is None:
        return None
    group = digest.in_force.group
    shares = group.batches
    reported = _reported_properties(engine)
    machine = session_state.session.machine if session_state.session else None
    stand_in, accelerator = _before_and_after_handover(digest, engine)
    return AdviceFacts(
        settings=segment.settings,
        device=engine.compiled.device,
        serving=tuple(engine.devices),
        nireq=segment.nireq,
        optimal=_optimal(engine),
        batching=engine.compiled.batching,
        batch_size=_batch_size(group, engine),
        may_batch_unseen=_may_batch_unseen(group, engine),
        unknown=shares.unknown,
        shared_inputs=tuple(engine.shared_inputs),
        completed=group.completed,
        batched=shares.batched,
        held=shares.held,
        held_batches=shares.held_batches,
        held_wait_ms=shares.held_wait_ms,
        timed_out=shares.timed_out,
        single=shares.single,
        waited_ms=shares.cost_ms,
        lone_run_ms=_of_serving(group.lone_runs_ms(), segment.segment, engine),
        shortest_ms=_of_serving(group.shortest_runs_ms(), segment.segment, engine),
        kept_waiting=group.kept_waiting,
        schedule_error_p99_ms=digest.lag.schedule_p99_ms(),
        throughput=group.throughput,
        latency=group.latency,
        queue=digest.queue(),
        unserved=digest.unserved_at_end,
        steadiness=digest.steadiness(),
        disturbed=_disturbed(digest, segment),
        cores=machine.cores if machine is not None else 1,
        quota_cores=machine.quota_cores if machine is not None else None,
        threads=_number(reported.get("INFERENCE_NUM_THREADS")) if engine.devices == ["CPU"] else None,
        tuned_for=_number(engine.compiled.properties.get("PERFORMANCE_HINT_NUM_REQUESTS")) or None,
        streams=_number(reported.get("NUM_STREAMS")),
        precision=reported.get("INFERENCE_PRECISION_HINT", ""),
        capabilities=_capabilities(session_state, engine),
        compile_ms=_longest_compile(engine),
        stand_in=stand_in,
        accelerator=accelerator,
    )


def _disturbed(digest: Digest, segment: SegmentBegan) -> DisturbedSeconds | None:
    spans = digest.session_state.disturbances.spans
    if not spans:
        return None
    series = digest.seconds.since(segment.t_ns / 1e9)
    newest_s = float(series.t_s[-1]) + 1 if len(series.t_s) else 0.0
    return disturbed_seconds(spans, series, int(newest_s * 1e9))


def _of_serving(by_key: dict[int, float], segment: int, engine: EngineState) -> float | None:
    """The value of the segment on the device that serves; None if several do."""
    if len(engine.devices) != 1:
        return None
    return by_key.get(segment_device_key(segment, device_codes.code_of(engine.devices)))


def _batch_size(group: GroupFigures, engine: EngineState) -> int | None:
    return group.batch_size or (None if group.batches.withdrawn else engine.full_batch)


def _learnt_size(engine: EngineState) -> int | None:
    return engine.batching_learnt.size if engine.batching_learnt is not None else None


def _may_batch_unseen(group: GroupFigures, engine: EngineState) -> bool:
    """Where batching is possible, under AUTO nothing tells B before the first batch or the device's answer; and where
    nothing shows batches, a reason stands in `why_not` although the size is not 1."""
    plan = engine.compiled.batching if engine.compiled is not None else BatchingPlan(size=1)
    if engine.devices == STAND_IN_DEVICES or group.batches.withdrawn or _batch_size(group, engine) is not None:
        return False
    return 1 not in (plan.size, _learnt_size(engine)) and not (plan.evidence == "none" and plan.why_not)


def _optimal(engine: EngineState) -> int:
    """The optimal number of requests of the serving device: the newest one that a change of device reported."""
    changed = next((c.optimal_requests for c in reversed(engine.device_changes) if c.optimal_requests), 0)
    return changed or (engine.compiled.optimal_requests if engine.compiled is not None else 1)


def _reported_properties(engine: EngineState) -> dict[str, str]:
    """The compiled model's properties of the serving device; empty if several serve."""
    assert engine.compiled is not None
    if len(engine.devices) != 1:
        return {}
    serving = engine.devices[0].strip("()")
    for name in (serving, serving.partition(".")[0], engine.compiled.device):
        if engine.properties.get(name):
            return engine.properties[name]
    return engine.compiled.properties if engine.compiled.device == serving else {}


def _capabilities(session_state: SessionState, engine: EngineState) -> frozenset[str]:
    if len(engine.devices) != 1:
        return frozenset()
    serving = engine.devices[0].strip("()")
    by_device = session_state.device_properties
    listed = by_device.get(serving) or by_device.get(serving.partition(".")[0]) or []
    texts = [reported.value for reported in listed if reported.name == "OPTIMIZATION_CAPABILITIES"]
    return frozenset(name for text in texts for name in text.replace(",", " ").split())


def _longest_compile(engine: EngineState) -> float | None:
    times_ms = [event.compile_ms for event in engine.accelerator_events if event.compile_ms is not None]
    if engine.compiled is not None:
        times_ms.append(engine.compiled.compile_ms)
    return max(times_ms, default=None)


def _before_and_after_handover(
    digest: Digest, engine: EngineState
) -> tuple[DevicePerformance | None, DevicePerformance | None]:
    """The performance of the stand-in and of the accelerator after it, over the engine's segments."""
    change = next((change for change in reversed(engine.device_changes) if change.before == STAND_IN_DEVICES), None)
    if change is None or change.after == ["CPU"] or len(change.after) != 1:
        return None, None
    nireq = {began.segment: began.nireq for began in digest.session_state.segments if began.engine == engine.number}
    return tuple(  # type: ignore[return-value]
        _performance(
            device_codes.name_of(code),
            digest.together([part for part in digest.parts if part[0] in nireq and part[1] == code]),
            [nireq[s] for (s, device), part in digest.parts.items() if s in nireq and device == code and part.measured],
            engine,
        )
        for code in (device_codes.STAND_IN, device_codes.code_of(change.after))
    )


def _performance(
    device: str, whole: GroupFigures, in_flight: Sequence[int], engine: EngineState
) -> DevicePerformance | None:
    """`whole`: the figures of the device; `in_flight`: requests in flight meanwhile, of each segment."""
    p50_ms = whole.latency["inference"].p50
    if p50_ms is None or whole.throughput is None:
        return None
    shares = whole.batches
    stand_in = device == STAND_IN_DEVICES[0]
    may = not stand_in and (_may_batch_unseen(whole, engine) or (shares.unknown > 0 and not _is_alone(engine)))
    return DevicePerformance(
        device,
        whole.measured,
        p50_ms,
        whole.throughput,
        (min(in_flight), max(in_flight)),
        ran_batches=may or shares.batched + shares.timed_out > 0,
        timer_waits=may or shares.timed_out > TIMER_SHARE * shares.known,
    )


def _is_alone(engine: EngineState) -> bool:
    """True where nothing batches for certain."""
    return 1 in (engine.compiled.batching.size if engine.compiled is not None else None, _learnt_size(engine))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
