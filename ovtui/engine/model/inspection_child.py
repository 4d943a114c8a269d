"""Tells of a model in a process of its own: `python -m ovtui.engine.model.inspection_child`, the question as JSON on
stdin, the answer as JSON on stdout: an Inspection, or a Refusal and the exit code for it (host/inspector.py asks)."""

from __future__ import annotations

import os
import sys

import msgspec

from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.inspection import MISUSED, NOT_READ, Question, Refusal
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent


def main() -> None:
    question = from_json(msgspec.json.Decoder(Question), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    answer_fd = answer_pipe()
    from ovtui.engine.errors import SetupError, UsageError, as_setup_error, detail_of, reason_of

    try:
        import openvino as ov

        from ovtui.engine.model.inspection import inspect_model

        code, answer = 0, to_json(inspect_model(ov.Core(), question.settings))
    except (SetupError, UnicodeDecodeError) as caught:
        error = as_setup_error(caught, question.settings.model)
        code = MISUSED if isinstance(error, UsageError) else NOT_READ
        answer = to_json(Refusal(str(error), detail_of(error)))
    except (RuntimeError, MemoryError) as caught:
        code = NOT_READ
        answer = to_json(Refusal(f"{question.settings.model}: {reason_of(caught)}", detail_of(caught)))
    with os.fdopen(answer_fd, "wb") as pipe:
        pipe.write(answer)
    # No teardown: it can block in OpenVINO.
    os._exit(code)


if __name__ == "__main__":
    main()
