"""How an engine process ended, in words: by evidence (signal, exit code), and by what it printed last, which is only
called an error where it reads like one."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence

_MEANINGS = {
    "SIGSEGV": "invalid memory access in native code",
    "SIGBUS": "invalid memory access in native code",
    "SIGILL": "an instruction that this CPU does not have",
    "SIGFPE": "an arithmetic error in native code",
    "SIGABRT": "it aborted itself",
    "SIGKILL": "killed from outside, or by the kernel for want of memory",
}
_NATIVE_CRASHES = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT")
_ERROR = re.compile(
    r"\b(error|exception|terminate called|what\(\)|fatal|abort(ed)?|assert(ion)?|fail(ed|ure)?|cannot|could not|"
    r"unable to|out of memory|bad_alloc|segmentation fault|stack smashing|corrupted|invalid|undefined symbol)\b|Error:",
    re.IGNORECASE,
)
_COUNT = re.compile(r"^\s*\d+ (warning|error)s?( and \d+ errors?)? generated", re.IGNORECASE)
"""A compiler's last line: it says nothing of why a process died later."""


def signal_name(code: int) -> str:
    """'SIGSEGV' for the exit code -11; '' for one that is no signal's."""
    if code >= 0:
        return ""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def is_error(line: str) -> bool:
    return _ERROR.search(line) is not None and _COUNT.match(line) is None


def choose_words(lines: Sequence[str]) -> str:
    """Of the last lines of output the newest that reads like an error; else the last one, or ''."""
    return next((line for line in reversed(lines) if is_error(line)), lines[-1] if lines else "")


def how_it_ended(name: str, code: int, killed_by: str = "") -> str:
    """'SIGSEGV (11: invalid memory access in native code)', 'exit code 3'. `killed_by`: of EngineExited."""
    if not name:
        return f"exit code {code}"
    meaning = f": killed {killed_by}" if killed_by else f": {_MEANINGS[name]}" if name in _MEANINGS else ""
    return f"{name} ({-code}{meaning})"


def early_crash_text(name: str, code: int) -> str:
    """What is added of an engine that ended before it had read its model: OpenVINO loads every driver then, also of
    devices that nobody named, so a native crash is likely to be one of theirs."""
    if code >= 0 or name not in _NATIVE_CRASHES:
        return ""
    return "; that was before it had read the model, while drivers are loaded: ovtui doctor looks at each of them"


def words_text(words: str) -> str:
    """'; its last error: ...', or '; its last words, no error: ...' where nothing says that they are the reason."""
    if not words:
        return ""
    return f"; its last error: {words}" if is_error(words) else f"; its last words, which name no error: {words}"
