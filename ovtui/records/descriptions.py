"""What events describe: the machine, a model's ports and variables, what is known of its batching."""

from __future__ import annotations

from typing import Literal

import msgspec


class Port(msgspec.Struct, frozen=True):
    name: str
    shape: str
    """In OpenVINO's notation: '[1,3,224,224]', '[?,3,?,?]'."""
    type: str


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    cpu: str
    cores: int
    """Cores that this process may run on, without regard to a container's CPU quota."""
    quota_cores: float | None = None
    """The cgroup's CPU quota in cores; None where there is none."""
    memory_bytes: int
    system: str


class Variable(msgspec.Struct, frozen=True):
    """A variable of a stateful model (ReadValue/Assign): a state that each infer request keeps from one request to the
    next."""

    id: str
    shape: str
    """As a Port's. Of a blob that of its first value: a length that grows is 0."""
    type: str


BatchEvidence = Literal["none", "witness", "probe", "deduced"]
"""How the batch size of each request is found. witness: on a device named directly or by BATCH, by a tensor of which
only a full batch makes a copy. probe: by an output added to the model. deduced: from the times of completions. none:
not at all, because no requests can share a batch or because nothing shows it."""


class BatchingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about automatic batching before the first request."""

    size: int | None = None
    """Requests in a full batch; None where only the first batch will show it. 1: every request runs alone."""
    exact: bool | None = None
    """True when batch ids will be known, False when they are deduced, None when there are none."""
    evidence: BatchEvidence = "none"
    optimal: int | None = None
    """The batch that the device finds best for the model (OPTIMAL_BATCH_SIZE), where it was asked why it batches
    nothing."""
    probe: bool = False
    """The same as evidence "probe": all that recordings told before there was other evidence."""
    why_not: str = ""
    """Reason why requests cannot be batched, or why batches cannot be observed; empty where neither is so."""
    shared_inputs: list[str] = []
    """Inputs of which all members of a batch get the value of one request; empty where nothing batches."""

    def __post_init__(self) -> None:
        if self.probe and self.evidence == "none":
            msgspec.structs.force_setattr(self, "evidence", "probe")
