"""Settings of batching."""

from __future__ import annotations

from typing import Annotated, Literal

from ovtui.settings.schema.field_spec import Effect, FieldSpec

AutoBatchingChoice = Literal["default", "yes", "no"]
ProbeChoice = Literal["auto", "yes", "no"]
DEFAULT_TIMEOUT_MS = 1000
"""OpenVINO's default AUTO_BATCH_TIMEOUT."""

BatchSize = Annotated[
    int,
    FieldSpec(
        flags=("--batch-size", "-b"),
        metavar="N",
        help="Reshape the model to this batch, in the dimensions that are the batch's (N of --layout); 0 keeps the "
        "model's own.",
        effect=Effect.RECOMPILE,
        unset_text="the model's",
        group="Batching",
        label="batch size",
        key="b",
        minimum=0,
        maximum=65535,
    ),
]
AutoBatching = Annotated[
    AutoBatchingChoice,
    FieldSpec(
        flags=("--auto-batching",),
        help="Let OpenVINO batch requests automatically (ALLOW_AUTO_BATCHING).",
        effect=Effect.RECOMPILE,
        applies_to="GPU under the throughput hint",
        group="Batching",
        label="auto batching",
        key="a",
        property="ALLOW_AUTO_BATCHING",
    ),
]
BatchTimeoutMs = Annotated[
    int | None,
    FieldSpec(
        flags=("--batch-timeout",),
        metavar="MS",
        help="How long a request may wait for its batch to fill (AUTO_BATCH_TIMEOUT); empty keeps OpenVINO's "
        f"{DEFAULT_TIMEOUT_MS}.",
        effect=Effect.RECOMPILE,
        unset_text=f"{DEFAULT_TIMEOUT_MS} ms",
        applies_to="BATCH, and a GPU that batches",
        example="100",
        group="Batching",
        label="batch timeout",
        key="o",
        unit="ms",
        minimum=1,
        maximum=3_600_000,
        step=10,
        property="AUTO_BATCH_TIMEOUT",
    ),
]
Dispatch = Annotated[
    Literal["auto", "fifo", "grouped"],
    FieldSpec(
        flags=("--dispatch",),
        help="Which idle infer request is started next: first in first out, or all of one batch group before the next; "
        "auto groups on explicit BATCH devices.",
        effect=Effect.LIVE,
        applies_to="BATCH, and a GPU that batches",
        group="Batching",
        key="i",
    ),
]
Probe = Annotated[
    ProbeChoice | bool,
    FieldSpec(
        flags=("--probe",),
        help="Add an output to the model that shows how many requests ran in a batch; auto: where nothing cheaper "
        "shows it, as under AUTO, MULTI and HETERO; no: there it is deduced from the times of completions.",
        effect=Effect.RECOMPILE,
        applies_to="models with a batch dimension",
        group="Batching",
        label="batch probe",
    ),
]
