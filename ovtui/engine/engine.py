"""The engine: prepares one compiled model, takes over the stream of requests, makes the load, applies live changes and
halts for the next engine."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterable

import openvino as ov

from ovtui.engine import devices, engine_events, free_memory, property_report
from ovtui.engine.batch_questions import questions_for
from ovtui.engine.chosen_shapes import ChosenShapes, failure_event
from ovtui.engine.device_attribution import device_evidence
from ovtui.engine.device_watch import DeviceWatch
from ovtui.engine.engine_events import SegmentMade
from ovtui.engine.errors import ChangeRejected, SetupError, UsageError, as_setup_error, detail_of, reason_of
from ovtui.engine.host_channel import HostChannel
from ovtui.engine.load.arrivals import due_times, prefetch_trace, trace_text
from ovtui.engine.load.batch_witness import batch_sizes_for
from ovtui.engine.load.closed_loop import QueueBroken
from ovtui.engine.load.deduced_sizes import DeducedSizes
from ovtui.engine.load.dispatch import IdleRequests, idle_requests_for
from ovtui.engine.load.driver import FOREVER, DriverContext, LoadPlan
from ovtui.engine.load.drivers import Drivers
from ovtui.engine.load.held_batches import HeldBatches
from ovtui.engine.load.whole_rounds import rounds_for
from ovtui.engine.model import compile as compiling
from ovtui.engine.model import model_ways, read_model
from ovtui.engine.model.device_properties import refuse_unused_devices
from ovtui.engine.model.element_types import split_bytes_notes
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.engine.state_watch import StateWatch
from ovtui.records.clock import now_ns
from ovtui.records.descriptions import shared_inputs_text
from ovtui.records.engine_protocol import ApplyLive, Halt, Halted, Prepare, TakeOver
from ovtui.records.events import (
    REQUESTS_FAIL,
    Compiled,
    DeviceChanged,
    FirstInference,
    Note,
    Refused,
    Severity,
    TrialMark,
)
from ovtui.records.ring.ring import RingWriter
from ovtui.records.schedules import begins_anew
from ovtui.settings.device_names import hides_batch_workers
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings

MAX_FAILURE_REASONS = 8
"""Different reasons of failed requests that are published as notes; further failures are only counted."""


class Engine:
    """Owner: the load thread, which is the process's main thread. Only `_device_changed` runs on any thread."""

    def __init__(self, channel: HostChannel, ring: RingWriter) -> None:
        self._channel = channel
        channel.prefetch = prefetch_trace
        self._ring = ring
        self._plan = LoadPlan()
        self._loading = False
        self._first: TakeOver | None = None
        """Until the first inference is done that comes before the load and counts as none of it: what begins then."""
        self._reported_reasons: set[str] = set()

    def run_until_killed(self) -> None:
        """Runs until the host kills the process. Returns only when the engine cannot start, after EngineFailed."""
        command = self._channel.next_command()
        assert isinstance(command, Prepare)
        self._number, self._origin_ns, self._spawned_ns = command.engine, command.origin_ns, command.spawned_ns
        self._settings = command.settings
        self._chosen_shapes = ChosenShapes(command.settings, self._publish_note, self._publish_failure)
        try:
            self._prepare()
        except (SetupError, MemoryError, OSError, UnicodeDecodeError) as error:
            self._publish_failure(self._chosen_shapes.explain(as_setup_error(error, self._settings.model)))
            return
        # The loops make no reference cycles, and a collection over numpy's and OpenVINO's objects takes 10 ms and more.
        gc.collect()
        gc.freeze()
        gc.disable()
        while True:
            if self._loading:
                self._load()
            if self._channel.pending or not self._loading:
                self._handle_command()

    def _prepare(self) -> None:
        settings = self._settings
        began_ns = now_ns()
        try:
            self._plan_load(settings)()
        except ChangeRejected as error:
            raise UsageError(str(error)) from None
        core = ov.Core()
        available = devices.read_available_devices(core)
        device, note = devices.choose_device(settings, available)
        if note:
            self._publish_note("warning", note)
        refuse_unused_devices(settings, device, available)
        self._chosen_shapes.plugins = read_model.plugin_builds(core, device)
        made, inputs, content = model_ways.make(
            core, settings, device, available, self._chosen_shapes.read_model,
            lambda model: self._publish_model(model, available, began_ns),
        )  # fmt: skip
        for severity, text in inputs.notes:
            self._publish_note(severity, text)
        self._watch = DeviceWatch(made.compiled, device, available, self._device_changed)
        self._compilation = made
        inputs.own_tensors = devices.virtual_of(made.device) == "" and not made.may_batch
        evidence = device_evidence(settings, device, self._watch.devices, available)
        self._recorder = RequestRecorder(self._ring, device, made.expected_batch, self._first_done, evidence)
        self._recorder.new_shapes = set() if settings.end_rule == "benchmark_app" else content.new_shapes
        group = 1 if hides_batch_workers(device) else made.expected_batch
        self._context = DriverContext(
            made.compiled,
            self._recorder,
            self._channel,
            inputs,
            self._origin_ns,
            self._watch.reader(),
            batch_sizes_for(made.evidence, made.witness, made.expected_batch, made.may_batch),
            self._request_failed,
            self._idle_requests,
            evidence.device_by_kernels if evidence.reads_profiling else None,
            group,
            HeldBatches(settings.batch_timeout_in_force_ms, max(group, 1)),
            DeducedSizes(settings.batch_timeout_in_force_ms, made.expected_batch)
            if made.evidence == "deduced"
            else None,
            bool(self._variables),
            settings.state,
        )
        self._state_watch = StateWatch(
            self._context.preparation, self._variables, self._number, self._now_ns, self._channel.send
        )
        self._batch_questions = questions_for(
            core, made, lambda: self._settings, self._number, self._now_ns, self._channel.send, self._ring.newest,
            self._learn_batch,
        )  # fmt: skip
        self._batch_questions.device_serves(self._watch.devices)
        try:
            self._nireq = self._settings.requests_in_flight or self._optimal_requests()
            self._require_memory(self._nireq)
            self._drivers = Drivers(self._context, made, stateful=bool(self._variables))
            self._driver = self._drivers.make(self._settings, self._nireq)
        except RuntimeError as error:
            raise SetupError(f"{device}: the infer requests cannot be made: {reason_of(error)}") from None
        self._property_reporter = property_report.PropertyReporter(
            core, made.compiled, device, available, self._number, self._origin_ns, self._channel.send
        )
        self._watch.start()
        compiled = Compiled(
            t_ns=self._now_ns(),
            engine=self._number,
            device=device,
            compile_ms=made.compile_ms,
            execution_devices=self._watch.devices,
            optimal_requests=self._optimal_requests(),
            nireq=self._nireq,
            batching=compiling.batching_plan(made),
            properties=compiling.reported_properties(made.compiled, settings, device),
            began_ns=made.began_ns - self._origin_ns,
            request_tokens=inputs.past.request_tokens if self._variables and inputs.past else None,
            sequences=inputs.past.batch if inputs.past else 1,
            peaks_bytes=made.peaks_bytes,
        )
        self._channel.send(content.told_in(compiled))
        for reason in devices.remarks(device, available, self._watch.devices):
            self._publish_note("info", reason)
        if made.shared_inputs:
            self._publish_note("warning", shared_inputs_text(made.shared_inputs, made.expected_batch))
        ignored = property_report.ignored_property_notes(core, settings, device, available)
        for text in (*split_bytes_notes(made.compiled, made.may_batch), *ignored):
            self._publish_note("warning", text)

    def _publish_model(self, model: ov.Model | ov.CompiledModel, available: dict[str, str], began_ns: int) -> None:
        read_ms = (now_ns() - began_ns) / 1e6
        event = read_model.describe_model(model, self._settings, available, read_ms, self._number, self._now_ns())
        event = self._chosen_shapes.told_in(event)
        self._variables = event.variables
        self._channel.send(event)

    def _idle_requests(self, requests: Iterable[int]) -> IdleRequests:
        return idle_requests_for(self._settings, self._compilation.device, self._context.batch_size, requests)

    def _optimal_requests(self) -> int:
        return max(1, int(self._compilation.compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")))

    def _learn_batch(self, size: int) -> None:
        # On the thread that asks.
        if self._context.deduced is not None:
            self._context.deduced.batch = size
        self._recorder.set_batch(size)

    def _load(self) -> None:
        plan = self._plan if self._first is None else LoadPlan(stop_seq=self._recorder.next_seq + 1)
        try:
            reason = self._driver.run(plan)
            if reason is None:
                return
            reason, goes_on = plan.go_on(reason, self._recorder.next_seq)
            if goes_on:
                return
            over_ns = self._now_ns()
            self._driver.drain()
        except QueueBroken:
            self._driver = self._drivers.replace_broken_queue(self._settings, self._nireq)
            return
        if self._first is not None:
            command, self._first = self._first, None
            self._begin(command)
            return
        self._loading = False
        self._chosen_shapes.settle()
        self._state_watch.report()
        self._state_watch.verify(self._context.requests.created)
        ended_ns = self._plan.ended_ns(reason, self._driver.next_due_ns, over_ns)
        if self._plan.rounds is not None:
            ended_ns = self._now_ns()  # as there: with what was in flight
        about = self._number, self._now_ns(), reason, ended_ns
        self._channel.send(engine_events.load_ended(*about, self._driver, self._recorder.submitted))

    def _handle_command(self) -> None:
        command = self._channel.next_command()
        match command:
            case TakeOver():
                self._take_over(command)
            case ApplyLive():
                self._apply_live(command)
            case Halt():
                self._halt(command)
            case Prepare():
                raise ValueError("an engine is prepared once")

    def _take_over(self, command: TakeOver) -> None:
        if command.settings is not None and not self._change(command.settings, command.changes):
            return
        again, labelled = self._recorder.submitted > 0, command.segment == self._recorder.segment
        self._recorder.begin(command.first_seq, command.segment)
        if again:
            self._plan_load(self._settings)()  # the schedule before has gone on without it
        if not self._settings.requests_in_flight and self._optimal_requests() != self._nireq:
            self._resize(self._settings)  # the device has changed while it waited
        self._first = command if not again and self._settings.first_inference_apart else None
        self._begin(command)
        self._loading = True
        if not (again and labelled):
            self._publish_segment(command.segment, command.changes, command.trial)

    def _begin(self, command: TakeOver) -> None:
        """Sets the limits of the load. After a first inference that belongs to none of them they begin once more."""
        plan, next_seq = self._plan, self._recorder.next_seq
        plan.begin(command, self._now_ns(), self._settings.duration_s)
        plan.rounds = rounds_for(self._settings, next_seq - command.sent, self._nireq, self._context.inputs)
        if plan.rounds is not None:
            plan.stop_seq = FOREVER
            self._recorder.set_due_limit(plan.apply_rounds(next_seq))
            return
        if command.requests_left is not None:
            plan.stop_seq = command.first_seq + command.requests_left
        self._recorder.set_due_limit(command.requests_left)

    def _plan_load(self, new: Settings, old: Settings | None = None) -> Callable[[], None]:
        """Reads what the new load needs, and returns a function that puts it in force. The schedule goes on where rate,
        arrival and seed are the same. Raises ChangeRejected when a trace cannot be read."""
        is_new = old is None or begins_anew(old, new)
        due = due_times(new) if is_new and not is_closed_loop(new) else None
        understood = trace_text(new) if due is not None and (old is None or old.arrival != new.arrival) else ""

        def put_in_force() -> None:
            if understood:
                self._publish_note("info", understood)
            if is_new:
                if old is not None:  # what it shed belongs to the segment before
                    self._driver.end_schedule(self._plan, self._now_ns())
                self._plan.schedule, self._plan.due_from_ns = due, None
            self._plan.backlog = new.backlog

        return put_in_force

    def _apply_live(self, command: ApplyLive) -> None:
        if self._change(command.settings, command.changes):
            self._recorder.segment = command.segment
            self._publish_segment(command.segment, command.changes)

    def _change(self, new: Settings, changes: list[str]) -> bool:
        """Applies all of a live change or nothing: a refused one, which is answered, leaves settings, schedule and
        driver as they were."""
        old = self._settings
        try:
            put_load_in_force = self._plan_load(new, old)
            compiling.apply_live(self._compilation.compiled, old, new)
            self._settings = new
            self._context.held.set_timeout(new.batch_timeout_in_force_ms, self._now_ns())
            self._require_memory(new.requests_in_flight)
            self._resize(new)
        except (ChangeRejected, RuntimeError, MemoryError) as error:
            self._settings = old
            reason = str(error) if isinstance(error, ChangeRejected) else reason_of(error)
            t_ns, detail = self._now_ns(), detail_of(error)
            self._channel.send(Refused(t_ns=t_ns, settings=new, changes=changes, reason=reason, detail=detail))
            return False
        put_load_in_force()
        self._plan.change_in_flight(self._nireq, self._recorder.next_seq)
        self._state_watch.report()
        if old.state != new.state:
            self._context.preparation.set_policy(new.state)
        return True

    def _resize(self, new: Settings) -> None:
        """Raises RuntimeError when OpenVINO cannot allocate so many requests."""
        nireq = new.requests_in_flight or self._optimal_requests()
        before = self._driver
        try:
            driver = self._drivers.make(new, nireq)
            if driver is not before:
                before.drain()
                before.end_schedule(self._plan, self._now_ns())
        except QueueBroken:
            driver = self._drivers.replace_broken_queue(new, nireq)
        self._driver, self._nireq = driver, nireq

    def _require_memory(self, nireq: int) -> None:
        """Publishes a note where so many infer requests may not fit. Raises RuntimeError where they cannot."""
        there, inputs = len(self._context.requests.created), self._context.inputs.request_bytes
        if text := free_memory.require(nireq, there, inputs, self._context.compiled):
            self._publish_note("warning", text)

    def _halt(self, command: Halt) -> None:
        self._loading = False
        halted_ns, dropped = self._now_ns(), self._driver.waiting
        if command.over:
            self._driver.count_due(self._plan, halted_ns)
        else:
            self._driver.shed_waiting()  # before Halted: then the host counts how many requests the limit still allows
        self._recorder.set_schedule(None)
        number, driver = self._number, self._driver
        next_seq, next_due_ns = self._recorder.next_seq, driver.next_due_ns
        self._channel.send(Halted(engine=number, next_seq=next_seq, next_due_ns=next_due_ns, dropped=dropped))
        with contextlib.suppress(QueueBroken):  # all of its requests have been recorded
            driver.drain()
        self._state_watch.report()
        self._channel.send(engine_events.drained(number, driver, halted_ns))
        if not command.over:
            driver.end_schedule(self._plan, 0)  # it goes on without this engine, which may be told to take over again

    def _publish_segment(self, segment: int, changes: list[str], trial: TrialMark = "") -> None:
        self._channel.send(
            engine_events.segment_began(
                SegmentMade(segment, changes, trial), self._number, self._now_ns(), self._settings, self._nireq,
                self._driver, self._plan, self._recorder,
            )
        )  # fmt: skip

    def _first_done(self, infer_ms: float) -> None:
        self._chosen_shapes.request_done()
        since_spawn_ms = (now_ns() - self._spawned_ns) / 1e6
        self._channel.send(
            FirstInference(t_ns=self._now_ns(), engine=self._number, since_spawn_ms=since_spawn_ms, infer_ms=infer_ms)
        )
        self._property_reporter.start()
        self._state_watch.start()
        self._batch_questions.first_done()

    def _device_changed(self, before: list[str], after: list[str]) -> None:
        # On the thread that saw the change first.
        self._channel.send(
            DeviceChanged(
                t_ns=self._now_ns(),
                engine=self._number,
                before=before,
                after=after,
                since_compile_ms=(now_ns() - self._compilation.began_ns) / 1e6,
                optimal_requests=self._optimal_requests(),
            )
        )
        self._property_reporter.report_compiled_again()
        self._batch_questions.device_serves(after)

    def _request_failed(self, error: RuntimeError) -> None:
        self._chosen_shapes.request_failed(error)
        reason = reason_of(error)
        if reason not in self._reported_reasons and len(self._reported_reasons) < MAX_FAILURE_REASONS:
            self._reported_reasons.add(reason)
            self._publish_note("error", REQUESTS_FAIL + reason, detail_of(error))

    def _publish_failure(self, error: SetupError) -> None:
        self._channel.send(failure_event(error, self._number, self._now_ns()))

    def _publish_note(self, severity: Severity, text: str, detail: str = "") -> None:
        self._channel.send(Note(t_ns=self._now_ns(), severity=severity, text=text, engine=self._number, detail=detail))

    def _now_ns(self) -> int:
        return now_ns() - self._origin_ns
