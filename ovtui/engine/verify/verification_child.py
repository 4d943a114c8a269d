"""Verifies in a process of its own: `python -m ovtui.engine.verify.verification_child`, the question as JSON on stdin,
a line of JSON for each step on stdout (records/verification.py); host/verifier.py asks. It may crash, hang, or be
killed."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import msgspec

from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent
from ovtui.records.verification import VerifyQuestion, VerifyRefused, VerifyStep


def main() -> None:
    question = from_json(msgspec.json.Decoder(VerifyQuestion), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    with contextlib.suppress(OSError):  # where memory runs out, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")
    answer_fd = answer_pipe()

    def tell(step: VerifyStep) -> None:
        line = memoryview(to_json(step) + b"\n")
        while line:
            line = line[os.write(answer_fd, line) :]

    from ovtui.engine.errors import SetupError, UsageError, as_setup_error, detail_of, reason_of

    try:
        import openvino as ov

        from ovtui.engine.verify.verification import Verifier

        tell(Verifier(ov.Core(), question, tell).run())
    except (SetupError, UnicodeDecodeError) as caught:
        error = as_setup_error(caught, question.settings.model)
        tell(VerifyRefused(str(error), detail_of(error), isinstance(error, UsageError)))
    except (RuntimeError, MemoryError) as caught:
        tell(VerifyRefused(f"{question.settings.model}: {reason_of(caught)}", detail_of(caught)))
    # No teardown: it can block in OpenVINO.
    os._exit(0)


if __name__ == "__main__":
    main()
