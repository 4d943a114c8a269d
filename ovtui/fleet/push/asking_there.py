"""A question to the Python of a box: the text of `there/`, a request, and what its answer means."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from ovtui.fleet.box import BoxError, FaultKind
from ovtui.fleet.on_box.script import quoted
from ovtui.fleet.push import there
from ovtui.fleet.push.there.answering import MARK
from ovtui.fleet.reach.line import Line
from ovtui.settings.shown_text import shown

_PARTS = ("folders", "processes", "installing", "removing", "answering")
"""In the order in which each needs the ones before."""
_OF_OVTUI = re.compile(r"^from ovtui\.[^\n(]*(?:\([^)]*\))?\n", re.MULTILINE)
_END = "OVTUI_END_OF_PROGRAM"
_MOST_CHARS = 600
_KINDS: tuple[FaultKind, ...] = ("full-disk", "no-python", "refused")


Size = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
T = TypeVar("T")


@cache
def program() -> str:
    """One program without imports of ovtui."""
    folder = Path(there.__file__).parent
    texts = [(folder / f"{name}.py").read_text(encoding="utf-8") for name in _PARTS]
    return "\n".join(_OF_OVTUI.sub("", text) for text in texts)


def script_for(python: str, request: dict[str, Any]) -> str:
    """A script in POSIX sh for the box."""
    return _script(python, request, program())


def shown_script(python: str, request: dict[str, Any]) -> str:
    """As `script_for`, with PROGRAM in the place of the program, which is long and always the same."""
    return _script(python, request, "PROGRAM")


def _script(python: str, request: dict[str, Any], text: str) -> str:
    command = quoted([python, "-I", "-", json.dumps(request)])
    return f"umask 077\nexec {command} <<'{_END}'\n{text}\n{_END}\n"


async def ask_there(line: Line, python: str, request: dict[str, Any], *, whole_s: float) -> dict[str, Any]:
    """Raises BoxError."""
    answer = await line.run(script_for(python, request), silence_s=whole_s, whole_s=whole_s)
    lines = [each for each in answer.stdout.decode(errors="replace").splitlines() if each.startswith(MARK)]
    try:
        found = json.loads(lines[-1].removeprefix(MARK)) if lines else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        said = [each for each in answer.stderr.splitlines() if each.strip()]
        told = f": {shown(said[-1])[:_MOST_CHARS]}" if said else ""
        raise BoxError("failed", f"its Python ended with {answer.status} and gave no answer{told}")
    if "error" in found:
        kind: FaultKind = next((each for each in _KINDS if each == found.get("kind")), "failed")
        raise BoxError(kind, shown(str(found["error"]))[:_MOST_CHARS])
    return found


def as_kind(found: dict[str, Any], kind: type[T]) -> T:
    """The answer as it should be. Raises BoxError for any other."""
    try:
        return msgspec.convert(found, kind)
    except (msgspec.ValidationError, RecursionError):
        raise BoxError("failed", "its Python gave an answer of another kind: look at what is installed there") from None
