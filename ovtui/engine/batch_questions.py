"""What is asked of the device that batches once it serves: B where AUTO hides it, and what the batch probe costs."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as op

from ovtui.engine.batch_size_question import BatchSizeQuestion
from ovtui.engine.errors import reason_of
from ovtui.engine.model.batch_evidence import shared_inputs
from ovtui.engine.model.batch_probe import add_probe
from ovtui.engine.model.compile import Compilation, compile_properties
from ovtui.engine.model.hidden_batch import HiddenBatch
from ovtui.engine.model.optimal_batch_child import ask_in_child
from ovtui.records.descriptions import shared_inputs_text
from ovtui.records.events import BatchingLearnt, Note, Severity
from ovtui.records.record import Records
from ovtui.settings.device_names import hides_batch_workers
from ovtui.settings.schema.settings import Settings

_PAIRS, _WARM_UP_PAIRS = 60, 8
_LIMIT_S = 1.0
"""The pairs stop after this time, on a device that the load keeps busy."""
_COLUMNS = 64

LOOK_S = 0.5
"""Between looks at whether B has to be asked."""


class BatchQuestions:
    """Asks on a thread of its own, once, as soon as both the first inference is done and a GPU serves: the stand-in
    and the accelerator's compile are not delayed. The load goes on meanwhile, so nothing here may hold Python's lock
    for long. Callable from any thread."""

    def __init__(
        self, core: ov.Core, engine: int, now_ns: Callable[[], int], publish: Callable[[BatchingLearnt | Note], None],
        *, size: BatchSizeQuestion | None, shared_inputs: Sequence[str] = (),
        measure_probe: bool,
    ) -> None:  # fmt: skip
        """`size` finds out B of the model; None: it is not asked. `shared_inputs`: those that the requests of a batch
        share, should the device batch. `measure_probe`: whether the model has the probe."""
        self._core = core
        self._engine = engine
        self._now_ns = now_ns
        self._publish = publish
        self._size = size
        self._shared_inputs = list(shared_inputs)
        self._measure_probe = measure_probe
        self._first_done = False
        self._device = ""
        self._asked = size is None and not measure_probe
        self._lock = threading.Lock()
        self._kept: list[ov.CompiledModel] = []
        """The compiled nets: dropping one can block, and confuses the batch size of a model being compiled (AUTO)."""

    def first_done(self) -> None:
        self._first_done = True
        self._ask()

    def device_serves(self, execution_devices: Sequence[str]) -> None:
        self._device = next((name for name in execution_devices if name.startswith("GPU")), "")
        self._ask()

    def _ask(self) -> None:
        with self._lock:
            if self._asked or not self._first_done or not self._device:
                return
            self._asked = True
        threading.Thread(target=self._run, name="batch-questions", daemon=True).start()

    def _run(self) -> None:
        """As far as it is known and new, publishes B, then the probe's cost, then B where it had to be asked later."""
        device, cost = self._device, None
        batch = self._settle(device)
        if batch is not None:
            self._publish_learnt(device, batch, None)
        if self._measure_probe:
            try:
                cost = self._probe_cost_us(device)
            except RuntimeError as error:
                self._note("info", f"what the batch probe costs on {device} cannot be measured: {reason_of(error)}")
        if cost is not None:
            self._publish_learnt(device, batch, cost)
        if self._size is not None and batch is None:
            while batch is None:
                time.sleep(LOOK_S)
                batch = self._settle(device)
            self._publish_learnt(device, batch, cost)
        if batch is not None and batch.size > 1 and self._shared_inputs:
            self._note("warning", shared_inputs_text(self._shared_inputs, batch.size))

    def _settle(self, device: str) -> HiddenBatch | None:
        return self._size.settle(device, lambda: self._plain_requests(device)) if self._size is not None else None

    def _publish_learnt(self, device: str, batch: HiddenBatch | None, cost: tuple[float, float, float] | None) -> None:
        low, middle, high = cost or (None, None, None)
        self._publish(
            BatchingLearnt(
                t_ns=self._now_ns(), engine=self._engine, device=device, size=batch.size if batch else None,
                certain=batch is None or batch.certain,
                shared_inputs=self._shared_inputs if batch is not None and batch.size > 1 else [],
                probe_cost_us=middle, probe_cost_low_us=low, probe_cost_high_us=high,
            )
        )  # fmt: skip

    def _note(self, severity: Severity, text: str) -> None:
        self._publish(Note(t_ns=self._now_ns(), severity=severity, text=text, engine=self._engine))

    def _plain_requests(self, device: str) -> int | None:
        """How many requests the device finds optimal for a model that it does not batch."""
        properties = {"PERFORMANCE_HINT": "THROUGHPUT", "ALLOW_AUTO_BATCHING": False}
        try:
            compiled = self._core.compile_model(_small_net(probe=False), device, properties)
            self._kept.append(compiled)
            return int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        except RuntimeError:
            return None

    def _probe_cost_us(self, device: str) -> tuple[float, float, float]:
        """The probe's cost for each run, us: (low, median, high), the 95 % interval around the median. Pairs of runs of
        a small net with and without the probe's nodes, in turns. Raises RuntimeError where it cannot be compiled."""
        requests = []
        for probe in (False, True):
            compiled = self._core.compile_model(_small_net(probe), device, {"PERFORMANCE_HINT": "LATENCY"})
            self._kept.append(compiled)
            requests.append(compiled.create_infer_request())
        plain, probed = requests
        differences_us: list[float] = []
        end_ns = time.monotonic_ns() + int(_LIMIT_S * 1e9)
        for number in range(_WARM_UP_PAIRS + _PAIRS):
            first, second = (plain, probed) if number % 2 else (probed, plain)
            began_ns = time.monotonic_ns()
            first.infer()
            between_ns = time.monotonic_ns()
            second.infer()
            ended_ns = time.monotonic_ns()
            spent = (between_ns - began_ns, ended_ns - between_ns)
            if number >= _WARM_UP_PAIRS:
                differences_us.append((spent[1] - spent[0] if number % 2 else spent[0] - spent[1]) / 1e3)
            if ended_ns > end_ns and len(differences_us) >= _WARM_UP_PAIRS:
                break
        return _median_interval(differences_us)


def questions_for(
    core: ov.Core, made: Compilation, settings: Callable[[], Settings], engine: int, now_ns: Callable[[], int],
    publish: Callable[[BatchingLearnt | Note], None], newest: Callable[[int], Records], learn: Callable[[int], None],
) -> BatchQuestions:  # fmt: skip
    """What is to be asked of a compiled model. `settings`: those in force; `newest`: the newest records, at most so
    many; `learn` takes B, on the asking thread."""
    model = made.model if hides_batch_workers(made.device) and made.may_batch else None
    compiled_with, probe = settings(), made.evidence == "probe"
    size = None
    if model is not None and not made.expected_batch:
        size = BatchSizeQuestion(
            core, made.compiled, compile_properties(compiled_with, made.device),
            at_once=not probe,
            ask=lambda device: ask_in_child(compiled_with, device, probe=probe),
            newest=newest, timeout_ms=lambda: settings().batch_timeout_in_force_ms, learn=learn,
            complain=lambda text: publish(Note(t_ns=now_ns(), severity="info", text=text, engine=engine)),
        )  # fmt: skip
    return BatchQuestions(
        core, engine, now_ns, publish, size=size,
        shared_inputs=shared_inputs(model) if model is not None else (), measure_probe=probe,
    )  # fmt: skip


def _small_net(probe: bool) -> ov.Model:
    """One row through a ReLU: nearly all of its run is overhead, and the probe's share of it is plain."""
    row = op.parameter([1, _COLUMNS], np.float32, name="row")
    row.set_layout(ov.Layout("NC"))
    model = ov.Model([op.result(op.relu(row))], [row], "probe_cost")
    if probe:
        add_probe(model)
    return model


def _median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """(low, median, high): the 95 % interval of the median by order statistics."""
    ordered = sorted(values)
    reach = 0.98 * math.sqrt(len(ordered))
    middle = (len(ordered) - 1) / 2
    low = ordered[max(int(middle - reach), 0)]
    high = ordered[min(math.ceil(middle + reach), len(ordered) - 1)]
    return low, statistics.median(ordered), high
