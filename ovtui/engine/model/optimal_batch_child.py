"""Asks a GPU for the batch that it finds best for a model, in a short-lived process beside the engine that makes the
load: `python -m ovtui.engine.model.optimal_batch_child`, the question as JSON on stdin, the number on stdout.

OpenVINO answers OPTIMAL_BATCH_SIZE with Python's lock held: 0.66 s of 0.66 s on the simulated GPU, 1.1 s for an MLP of
800 MB on an H200. Asked in the engine, on whatever thread, that stopped the load thread just after the handover: its
schedule was late by 666 ms (p99), the worst response took 1,091 ms."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec

from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent
from ovtui.settings.schema.settings import Settings

LIMIT_S = 60.0
"""A child that has not answered by then is killed. On two busy cores it takes some seconds."""
_NICE = 5
_DOES_NOT_TELL = "none"
_MODULE = "ovtui.engine.model.optimal_batch_child"


class Question(msgspec.Struct, frozen=True):
    """Which model on which device."""

    settings: Settings
    device: str
    probe: bool
    """The model that runs has the batch probe."""
    parent_pid: int


class NotAnswered(Exception):
    """The child failed or took too long. The text is the reason, as a phrase."""


def ask_in_child(settings: Settings, device: str, *, probe: bool) -> int | None:
    """What hidden_batch.optimal_batch tells of the model of the settings; None where the device does not tell. Blocks
    without Python's lock. For a thread that outlives the call: the child dies with it. Raises NotAnswered."""
    question = Question(settings, device, probe, os.getpid())
    try:
        # Without preexec_fn, Python starts it with vfork: the engine's memory is neither copied nor locked. No
        # descriptor of the engine is inherited: its wire would stay open while the child lives.
        done = subprocess.run(
            [sys.executable, "-m", _MODULE], input=to_json(question), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotAnswered(f"no answer within {LIMIT_S:g} s") from None
    except OSError as error:
        raise NotAnswered(f"no process for it: {error.strerror}") from None
    text = done.stdout.decode(errors="replace").strip()
    if done.returncode:
        raise NotAnswered(text or f"the process that asked ended with code {done.returncode}")
    if text == _DOES_NOT_TELL:
        return None
    try:
        return int(text)
    except ValueError:
        raise NotAnswered("the process that asked gave no number") from None


def _answer(question: Question) -> int | None:
    """Raises SetupError, RuntimeError."""
    import openvino as ov

    from ovtui.engine.model.batch_probe import add_probe
    from ovtui.engine.model.hidden_batch import optimal_batch
    from ovtui.engine.model.read_model import read_model

    core = ov.Core()
    model = read_model(core, question.settings)
    if question.probe:
        add_probe(model)
    return optimal_batch(core, model, question.device)


def main() -> None:
    question = from_json(msgspec.json.Decoder(Question), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    os.nice(_NICE)
    answer_fd = answer_pipe()
    code = 0
    try:
        optimal = _answer(question)
        text = _DOES_NOT_TELL if optimal is None else str(optimal)
    except Exception as error:
        from ovtui.engine.errors import reason_of

        code, text = 1, reason_of(error)
    os.write(answer_fd, text.encode())
    # No teardown: it can block in OpenVINO.
    os._exit(code)


if __name__ == "__main__":
    main()
