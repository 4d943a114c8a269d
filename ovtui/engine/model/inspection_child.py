"""Tells of a model in a process of its own: `python -m ovtui.engine.model.inspection_child`, the question as JSON on
stdin, the answer as JSON on stdout: an Inspection, or a Refusal and the exit code for it (host/inspector.py asks)."""

from __future__ import annotations

import os
import sys

import msgspec

from ovtui.engine.process_start import answer_pipe, die_with_parent, ignore_interrupts
from ovtui.records.inspection import MISUSED, NOT_READ, Question, Refusal


def main() -> None:
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    answer_fd = answer_pipe()
    from ovtui.engine.errors import SetupError, UsageError, detail_of, reason_of

    try:
        import openvino as ov

        from ovtui.engine.model.inspection import inspect_model

        code, answer = 0, msgspec.json.encode(inspect_model(ov.Core(), question.settings))
    except SetupError as error:
        code = MISUSED if isinstance(error, UsageError) else NOT_READ
        answer = msgspec.json.encode(Refusal(str(error), detail_of(error)))
    except (RuntimeError, MemoryError) as error:
        code = NOT_READ
        answer = msgspec.json.encode(Refusal(f"{question.settings.model}: {reason_of(error)}", detail_of(error)))
    with os.fdopen(answer_fd, "wb") as pipe:
        pipe.write(answer)
    # No teardown: it can block in OpenVINO.
    os._exit(code)


if __name__ == "__main__":
    main()
