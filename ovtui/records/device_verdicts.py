"""What each device of the machine makes of a model: does it compile, does it form batches; and how that is known.

A process of the engine's kind tells it of one device, step after step, a line of JSON for each (`Step`): of a process
that crashes or hangs what came before stands (engine/model/device_trial_child.py; host/device_trials.py asks)."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.model_content import OperationCount
from ovtui.settings.schema.settings import Settings

EXPLICIT_BATCH = 4
"""B that is asked of BATCH:CPU(B)."""
CHEAP_BYTES = 512_000_000
"""Weights of a model that is compiled without being asked for."""

Certainty = Literal["verified", "deduced", "unknown"]
"""verified: a compiled model showed it. deduced: it follows from the model and OpenVINO's rules, or from what another
compile showed. unknown: nothing tells."""


class TrialQuestion(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    """With shapes, where ovtui found some."""
    device: str
    """A kind or one device: 'GPU', 'GPU.1'."""
    compile_anyway: bool
    """Whatever the model weighs."""
    parent_pid: int


class Batching(msgspec.Struct, frozen=True, kw_only=True):
    """Whether requests of the model share batches on a device string."""

    device: str
    """'GPU' batches by itself, with THROUGHPUT; 'BATCH:CPU(4)' is told to."""
    batches: bool | None
    """None: unknown."""
    size: int | None
    """B that was formed; None where it was not seen."""
    certainty: Certainty
    why: str | None
    """Why nothing batches, or why that is unknown, as a phrase."""
    shared_inputs: list[str] = []
    """Inputs of which all members of a batch get one request's value: wrong results."""


class DeviceVerdict(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    full_name: str | None
    present: bool | None
    """None: it gave no answer."""
    why: str | None
    """Why it is not there, or why it told no more: 'no answer in 10 s', as a phrase."""
    unlisted: list[OperationCount] | None
    """Operations that query_model does not list for the device. That is a hint: devices run operations that they do not
    list, and fail with some that they list. None: it was not asked, or failed."""
    compiles: bool | None
    """As a compile that was tried showed; None where none was."""
    compile_ms: float | None
    compile_why: str | None
    """Why it does not, or why none was tried, as a phrase."""
    optimal_batch_size: int | None
    """OPTIMAL_BATCH_SIZE, as a GPU answers for this model."""
    batching: list[Batching]
    """By itself, and told to by BATCH."""


class Found(msgspec.Struct, frozen=True, tag=True):
    """The devices of the kind that was asked for. Of several the first is told of in what follows."""

    names: list[str]
    full_name: str
    why: str
    """Why there is none, as a phrase."""


class Queried(msgspec.Struct, frozen=True, tag=True):
    unlisted: list[OperationCount] | None


class Began(msgspec.Struct, frozen=True, tag=True):
    """What the process does until its next line; where none comes, that is what it hung or died of."""

    doing: str


class Compiles(msgspec.Struct, frozen=True, tag=True):
    compiles: bool | None
    ms: float | None
    why: str


class Optimal(msgspec.Struct, frozen=True, tag=True):
    size: int | None


class Batches(msgspec.Struct, frozen=True, tag=True):
    batching: Batching


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The model or the device cannot be used at all."""

    why: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """Nothing follows."""


Step = Found | Queried | Began | Compiles | Optimal | Batches | Refused | Done
