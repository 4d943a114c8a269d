"""Tries a model on one device in a process of its own: `python -m ovtui.engine.model.device_trial_child`, the question
as JSON on stdin, a line of JSON for each step on stdout (records/device_verdicts.py). It may crash, hang, or be killed:
what it has told stands. Nothing is inferred, and no setting but the model's own goes to the compile: no cache is
filled."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.device_verdicts import (
    CHEAP_BYTES,
    EXPLICIT_BATCH,
    Batches,
    Batching,
    Began,
    Certainty,
    Compiles,
    Done,
    Found,
    Optimal,
    Queried,
    Refused,
    Step,
    TrialQuestion,
)
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent

if TYPE_CHECKING:
    import openvino as ov

    from ovtui.records.model_content import OperationCount

_NICE = 5
_ALLOWED = "its shapes allow it, only a compile shows it"
_HIDES_B = "its compiled model does not tell B"
_SLOW_MS = 10_000
"""After a compile of this time no second one is made for BATCH."""
_MOST_MEMORY_SHARE = 4
"""A compile may take several times the weights: it is tried where this many fit in the memory that is left."""


class Trial:
    """Of one device; `tell` takes each step as soon as it is known."""

    def __init__(self, question: TrialQuestion, tell: Callable[[Step], None]) -> None:
        self._question = question
        self.tell = tell
        self._kept: list[ov.CompiledModel] = []
        """Never torn down, which can block."""

    def run(self) -> None:
        """Raises SetupError, and what OpenVINO raises."""
        import openvino as ov

        from ovtui.engine.devices import why_no_accelerator
        from ovtui.engine.named_devices import devices_of, full_name

        core = ov.Core()
        names = devices_of(core, self._question.device)
        if not names:
            self.tell(Found(names=[], full_name="", why=why_no_accelerator(self._question.device)))
            return
        device = names[0]
        self.tell(Found(names=names, full_name=full_name(core, device), why=""))
        self.tell(Began("reading the model"))
        model = self._read(core)
        self._foretell(model, device, None)
        why = "" if self._question.compile_anyway else _why_expensive(model)
        if why:
            self.tell(Compiles(None, None, why))
            return
        self.tell(Began("asking which operations it lists"))
        self.tell(Queried(_unlisted(core, model, device)))
        optimal = None
        if device.startswith("GPU"):
            self.tell(Began("asking for OPTIMAL_BATCH_SIZE"))
            optimal = self._optimal(core, model, device)
            self._foretell(model, device, optimal)
        self._compile(core, model, device, optimal)

    def _read(self, core: ov.Core) -> ov.Model:
        """As it would run; with open shapes where it would not. Raises SetupError."""
        from ovtui.engine.model import read_model
        from ovtui.engine.model.open_shapes import OpenShapes

        try:
            return read_model.read_model(core, self._question.settings)
        except OpenShapes:
            return read_model.read_as_set(core, self._question.settings)

    def _optimal(self, core: ov.Core, model: ov.Model, device: str) -> int | None:
        from ovtui.engine.model.hidden_batch import optimal_batch

        size = optimal_batch(core, model, device)
        self.tell(Optimal(size))
        return size

    def _compile(self, core: ov.Core, model: ov.Model, device: str, optimal: int | None) -> None:
        from ovtui.engine.errors import reason_of

        self.tell(Began("compiling"))
        began_ns = time.monotonic_ns()
        try:
            compiled = core.compile_model(model, device, {"PERFORMANCE_HINT": "THROUGHPUT"})
        except RuntimeError as error:
            self.tell(Compiles(False, None, reason_of(error)))
            return
        self._kept.append(compiled)
        ms = (time.monotonic_ns() - began_ns) / 1e6
        self.tell(Compiles(True, ms, ""))
        own = self._by_itself(model, compiled, device, optimal)
        self.tell(Batches(own))
        explicit = f"BATCH:{device}({EXPLICIT_BATCH})"
        why = _why_not(model, explicit)
        if own.batches:
            self.tell(Batches(_batching(explicit, True, None, "deduced")))
        elif model.get_variables() or model.get_sinks():
            self.tell(Batches(_batching(explicit, False, None, "deduced", why)))
        elif ms > _SLOW_MS:
            known = False if why else None
            slow = why or f"not tried: one compile took {ms / 1e3:.0f} s"
            self.tell(Batches(_batching(explicit, known, None, "deduced" if why else "unknown", slow)))
        else:
            self.tell(Began(f"compiling for {explicit}"))
            self.tell(Batches(self._told_to(core, model, explicit, why)))

    def _by_itself(self, model: ov.Model, compiled: ov.CompiledModel, device: str, optimal: int | None) -> Batching:
        from ovtui.engine.model.batch_evidence import full_batch, shared_inputs
        from ovtui.engine.model.hidden_batch import MAX_UNBATCHED

        why = _why_not(model, device)
        if not device.startswith("GPU"):
            return _batching(device, False, None, "deduced", _never(device))
        size = full_batch(compiled)
        if size > 1:
            return _batching(device, True, size, "verified", shared=shared_inputs(compiled, size))
        if size == 0:
            known = False if why else None
            return _batching(device, known, None, "deduced" if why else "unknown", why or _HIDES_B)
        if not why and optimal is not None and optimal <= MAX_UNBATCHED:
            why = _too_small(optimal)
        return _batching(device, False, 1, "verified", why or _maybe_why(model))

    def _told_to(self, core: ov.Core, model: ov.Model, device: str, why: str) -> Batching:
        from ovtui.engine.errors import reason_of
        from ovtui.engine.model.batch_evidence import full_batch, shared_inputs

        try:
            compiled = core.compile_model(model, device)
        except RuntimeError as error:
            return _batching(device, False, None, "verified", why or reason_of(error))
        self._kept.append(compiled)
        size = full_batch(compiled)
        if size == 0:
            known = False if why else None
            return _batching(device, known, None, "deduced" if why else "unknown", why or _HIDES_B)
        if size == 1:
            return _batching(device, False, 1, "verified", why or _maybe_why(model))
        return _batching(device, True, size, "verified", shared=shared_inputs(compiled, size))

    def _foretell(self, model: ov.Model, device: str, optimal: int | None) -> None:
        """By the model's shapes and OPTIMAL_BATCH_SIZE alone: what stands where no compile comes to its end. That the
        shapes allow batches does not make any."""
        from ovtui.engine.model.hidden_batch import MAX_UNBATCHED

        for each in (device, f"BATCH:{device}({EXPLICIT_BATCH})"):
            own = each == device
            why = _never(device) if own and not device.startswith("GPU") else _why_not(model, each)
            if not why and own and optimal is not None and optimal <= MAX_UNBATCHED:
                why = _too_small(optimal)
            if why:
                self.tell(Batches(_batching(each, False, None, "deduced", why)))
            else:
                self.tell(
                    Batches(_batching(each, None, None, "unknown", "its shapes allow it, only a compile shows it"))
                )


def _never(device: str) -> str:
    return f"{device} never does, only a GPU batches by itself"


def _too_small(optimal: int) -> str:
    from ovtui.engine.model.hidden_batch import MAX_UNBATCHED

    return f"it finds no batch above {MAX_UNBATCHED} worth it for this model (OPTIMAL_BATCH_SIZE {optimal})"


def _batching(
    device: str, batches: bool | None, size: int | None, certainty: Certainty, why: str = "",
    shared: Sequence[str] = (),
) -> Batching:  # fmt: skip
    return Batching(
        device=device, batches=batches, size=size, certainty=certainty, why=why or None, shared_inputs=list(shared)
    )


def _why_not(model: ov.Model, device: str) -> str:
    from ovtui.engine.model.batch_probe import HOLDS_STATE, why_not_batchable

    if model.get_variables():
        return HOLDS_STATE
    return why_not_batchable(model, implicit=not device.startswith("BATCH"))


def _maybe_why(model: ov.Model) -> str:
    """Of a model that is not batched although it fulfils the conditions that are known: what is likely the reason."""
    likely = _why_not(model, "GPU") or _lost_batch(model)
    if likely:
        return f"the compiled model shows B = 1, perhaps because {likely}"
    return "the compiled model shows B = 1: OpenVINO finds no batch dimension that it can follow through the model"


def _lost_batch(model: ov.Model) -> str:
    """How a batch of EXPLICIT_BATCH does not come out of the model in front, as a phrase; empty where it does."""
    import openvino as ov

    from ovtui.engine.errors import SetupError, reason_of
    from ovtui.engine.model.batch_size import set_batch_size
    from ovtui.engine.model.ports import port_name, port_shape

    batched = model.clone()
    try:
        set_batch_size(batched, EXPLICIT_BATCH, "")
    except (SetupError, RuntimeError) as error:
        return f"a batch of {EXPLICIT_BATCH} does not fit it: {reason_of(error).rstrip('.')}"
    for port in batched.outputs:
        shape = port.partial_shape
        if shape.rank.is_static and len(shape) and shape[0] != ov.Dimension(EXPLICIT_BATCH):
            return f"with a batch of {EXPLICIT_BATCH} its output {port_name(port)} is {port_shape(port)}"
    return ""


def _unlisted(core: ov.Core, model: ov.Model, device: str) -> list[OperationCount] | None:
    """Operations that query_model does not list, by type; None where it fails."""
    from ovtui.engine.model.model_content import operation_counts

    try:
        listed = set(core.query_model(model, device))
    except (RuntimeError, TypeError):
        return None
    return operation_counts(
        Counter(node.get_type_name() for node in model.get_ops() if node.get_friendly_name() not in listed)
    )


def _why_expensive(model: ov.Model) -> str:
    """Why the model is compiled only where that is asked for, as a phrase; empty where it is not."""
    from ovtui.engine.free_memory import memory, size_text
    from ovtui.engine.model.model_content import constant_bytes

    size = constant_bytes(model)
    if size > CHEAP_BYTES:
        return f"not tried, with weights of {size_text(size)}: --time-limit SECONDS tries it"
    found = memory()
    if found is not None and size * _MOST_MEMORY_SHARE > found.free:
        return f"not tried: weights of {size_text(size)}, and {size_text(found.free)} of memory are left"
    return ""


def main() -> None:
    question = from_json(msgspec.json.Decoder(TrialQuestion), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    os.nice(_NICE)
    with contextlib.suppress(OSError):  # where memory runs out, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")
    answer_fd = answer_pipe()

    def tell(step: Step) -> None:
        os.write(answer_fd, to_json(step) + b"\n")

    from ovtui.engine.errors import SetupError, reason_of

    try:
        Trial(question, tell).run()
    except SetupError as error:
        tell(Refused(str(error)))
    except (RuntimeError, TypeError, ValueError, MemoryError, OSError) as error:
        tell(Refused(reason_of(error)))
    tell(Done())
    # No teardown: it can block in OpenVINO.
    os._exit(0)


if __name__ == "__main__":
    main()
