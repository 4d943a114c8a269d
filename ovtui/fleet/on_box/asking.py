"""One question to the ovtui of a box, and what its answer means where it is no answer."""

from __future__ import annotations

from collections.abc import Container, Sequence

from ovtui.fleet.box import Box, BoxError, FaultKind
from ovtui.fleet.on_box.script import NO_OVTUI, run_ovtui
from ovtui.fleet.reach.line import ANSWER_BYTES, Line
from ovtui.records.fleet import INTERRUPTED_CODE, REFUSED_CODES
from ovtui.settings.shown_text import in_quotes, shown_within

WHOLE_S = 120.0
"""Longest time of a question that says nothing while it works."""
_FULL = ("no space left on device", "disk quota exceeded")
_REFUSED_WRITES = ("read-only file system", "permission denied")
_UNKNOWN = ("no such command", "no such option", "no command, model file or built-in model")
"""How an ovtui tells that it lacks a command or an option."""
_MOST_CHARACTERS = 600


async def ask_json(
    line: Line,
    box: Box,
    words: Sequence[str],
    *,
    silence_s: float = WHOLE_S,
    statuses: Container[int] = (0,),
    most_bytes: int = ANSWER_BYTES,
) -> bytes:
    """What the box's ovtui prints on stdout for these words. `silence_s`: how long it may work without a word.
    `statuses`: the exit codes that are an answer. Raises BoxError."""
    answer = await line.run(
        run_ovtui(box, words), silence_s=silence_s, whole_s=max(silence_s, WHOLE_S), most_bytes=most_bytes
    )
    if answer.status not in statuses:
        raise error_of(box, answer.status, answer.stderr)
    return answer.stdout


def error_of(box: Box, status: int, stderr: str, what: str = "ovtui there") -> BoxError:
    """What a script means that ended with this exit status. `what`: who speaks where stderr tells nothing."""
    told = last_sentence(stderr)
    if status == 127 and NO_OVTUI in stderr:
        return no_ovtui(box)
    if (kind := writing_fault(stderr)) is not None:
        return kind
    if any(each in stderr.lower() for each in _UNKNOWN):
        return BoxError("old-ovtui", f"its ovtui is of another version ({told}); ovtui fleet push brings this one")
    kinds: dict[int, FaultKind] = {**dict.fromkeys(REFUSED_CODES, "refused"), INTERRUPTED_CODE: "interrupted"}
    if told:
        return BoxError(kinds.get(status, "failed"), told)
    how = (
        f"was ended by signal {status - 128}"
        if 128 < status < 200 and status != INTERRUPTED_CODE
        else f"ended with {status}"
    )
    return BoxError(kinds.get(status, "failed"), f"{what} {how} and said nothing")


def no_ovtui(box: Box) -> BoxError:
    if box.ovtui:
        return BoxError(
            "no-ovtui", f"{in_quotes(box.ovtui)} (ovtui_path of the inventory) is no program there; correct the path"
        )
    return BoxError("no-ovtui", "there is no ovtui on it; ovtui fleet push brings it")


def writing_fault(stderr: str) -> BoxError | None:
    """Where a folder of the box takes no file: its disk is full, or it may not be written to."""
    lower, told = stderr.lower(), last_sentence(stderr)
    if any(each in lower for each in _FULL):
        return BoxError("full-disk", f"its disk is full ({told}); make room there and run it again")
    if any(each in lower for each in _REFUSED_WRITES):
        return BoxError("failed", f"a file cannot be written there ({told})")
    return None


def last_sentence(stderr: str) -> str:
    """The last line that tells something, cleaned and capped, without the name of the program before it."""
    lines = [text for each in stderr.splitlines() if (text := each.strip())]
    text = lines[-1] if lines else ""
    for start in ("ovtui: ", "sh: ", "bash: ", "dash: "):
        text = text.removeprefix(start)
    return shown_within(text, _MOST_CHARACTERS)
