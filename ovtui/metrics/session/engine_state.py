"""What is known of one engine: a part of the session's state, folded from the events of that engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ovtui.records.events import (
    AcceleratorChanged,
    BatchingLearnt,
    Compiled,
    DeviceChanged,
    EngineExited,
    FirstInference,
    ModelRead,
)
from ovtui.records.last_words import early_crash_text
from ovtui.settings.schema.settings import Settings


@dataclass(slots=True)
class EngineState:
    number: int
    pid: int
    spawned_ns: int
    settings: Settings
    changes: list[str]
    model: ModelRead | None = None
    compiled: Compiled | None = None
    first: FirstInference | None = None
    devices: list[str] = field(default_factory=list)
    """EXECUTION_DEVICES as last seen."""
    device_changes: list[DeviceChanged] = field(default_factory=list)
    accelerator: AcceleratorChanged | None = None
    """The newest event of the accelerator's compile."""
    accelerator_events: list[AcceleratorChanged] = field(default_factory=list)
    """All events of the accelerator's compile, and the release of the stand-in."""
    batching_learnt: BatchingLearnt | None = None
    """What the device that batches told once it served."""
    state_tokens: int | None = None
    """The length of a stateful model's state, as last told."""
    exited: EngineExited | None = None
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    """Properties of the compiled model, by device: its own under the device that it was compiled for, and those of the
    devices inside it."""

    @property
    def full_batch(self) -> int | None:
        """B: how many requests of the compiled model make a full batch; None where nothing batches, or it is not known
        (yet). Never the number of requests in the pool."""
        size = (self.compiled.batching.size if self.compiled else None) or 0
        if size < 2 and self.batching_learnt is not None:
            size = self.batching_learnt.size or 0
        return size if size > 1 else None

    @property
    def full_batch_is(self) -> Literal["known", "deduced"] | None:
        """Deduced where it is the device's answer and its memory may have made it smaller; None where it is unknown."""
        if self.full_batch is None:
            return None
        told = self.compiled is not None and (self.compiled.batching.size or 0) > 1
        return "known" if told or (self.batching_learnt is not None and self.batching_learnt.certain) else "deduced"

    @property
    def shared_inputs(self) -> list[str]:
        """Inputs of which all members of a batch get the value of one request."""
        planned = self.compiled.batching.shared_inputs if self.compiled else []
        return planned or (self.batching_learnt.shared_inputs if self.batching_learnt else [])

    @property
    def early_crash(self) -> str:
        """What is added to how it died; empty where it had read its model."""
        if self.exited is None or self.model is not None:
            return ""
        return early_crash_text(self.exited.signal, self.exited.code)

    @property
    def compile_began_ns(self) -> int:
        """When compile_model was called, on the session's clock."""
        if self.compiled is None:
            return self.spawned_ns
        if self.compiled.began_ns is not None:
            return self.compiled.began_ns
        return self.compiled.t_ns - int(self.compiled.compile_ms * 1e6)
