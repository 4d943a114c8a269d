"""The native stacks of a process, by gdb or eu-stack where one is installed. Either stops the process while it reads,
some tenths of a second where it has no debug information to look up, so that they are read on request only."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from ovtui.settings.shown_text import shown

LIMIT_S = 20.0
FRAMES = 40
MOST_BYTES = 4 << 20
PTRACE_SCOPE = "proc/sys/kernel/yama/ptrace_scope"
_GDB_LINE = re.compile(r"^#(\d+)\s+(?:0x[0-9a-f]+ in )?(.*)$")
_GDB_THREAD = re.compile(r"^Thread \d+ \(.*?\b(?:LWP|process) (\d+)\)")
_EU_THREAD = re.compile(r"^TID (\d+):")
_EU_LINE = re.compile(r"^#(\d+)\s+0x[0-9a-f]+\s*(.*)$")
_REFUSED = re.compile(r"ptrace: (.*)|Could not attach to process|Operation not permitted|dwfl_linux_proc_attach")


@dataclass(frozen=True, slots=True)
class NativeStacks:
    frames: dict[int, list[str]] = field(default_factory=dict)
    """By thread, the innermost first."""
    by: str = ""
    problem: str = ""
    """Why there are none, with what to type."""
    held_s: float | None = None
    """The longest that the process can have stood still."""


def native_stacks(pid: int, root: Path = Path("/"), limit_s: float = LIMIT_S) -> NativeStacks:
    """Takes up to `limit_s`."""
    program = shutil.which("eu-stack") or shutil.which("gdb")
    if program is None:
        return NativeStacks(problem="native stacks need eu-stack or gdb: apt install elfutils, or apt install gdb")
    name = Path(program).name
    if refusal := refusal_text(name, pid, root):
        return NativeStacks(by=name, problem=refusal)
    began_s = time.monotonic()
    text, problem = _run(_command(program, pid), pid, limit_s)
    frames = parse_eu_stack(text) if name == "eu-stack" else parse_gdb(text)
    held_s = time.monotonic() - began_s
    if frames:
        return NativeStacks(frames, name, "", held_s)
    if _REFUSED.search(text):
        problem = f"{name} may not look into process {pid}; as root: {_typed(name, pid)}"
    return NativeStacks(by=name, problem=problem or f"{name} printed no stacks", held_s=held_s)


def refusal_text(name: str, pid: int, root: Path = Path("/")) -> str:
    """Why the kernel lets no debugger of this user look into a process; '' where it does. An engine lets its host's
    debugger (records.stack_dump), which Yama allows up to scope 1."""
    if os.geteuid() == 0:
        return ""
    try:
        scope = int((root / PTRACE_SCOPE).read_text())
    except (OSError, ValueError):
        return ""
    if scope < 2:
        return ""
    rule = f"{PTRACE_SCOPE} is {scope}"
    if scope == 2:
        return f"native stacks are for root alone here (/{rule}): sudo {_typed(name, pid)}"
    return f"nobody may attach a debugger until the next boot (/{rule})"


def _typed(name: str, pid: int) -> str:
    return f"eu-stack -p {pid}" if name == "eu-stack" else f"gdb -p {pid} -batch -ex 'thread apply all bt'"


def _command(program: str, pid: int) -> list[str]:
    if program.endswith("eu-stack"):
        return [program, "-n", str(FRAMES), "-p", str(pid)]
    settings = ["set auto-load off", "set debuginfod enabled off", "set pagination off", "set print thread-events off"]
    early = [word for each in settings for word in ("-iex", each)]
    return [program, "-nx", "-batch", *early, "-p", str(pid), "-ex", f"thread apply all bt {FRAMES}"]


def _run(command: list[str], pid: int, limit_s: float) -> tuple[str, str]:
    """What it printed, and what was wrong. A debugger that takes too long is killed, with all that it started, and the
    process goes on."""
    # No symbols over the network: that takes minutes.
    env = {**os.environ, "DEBUGINFOD_URLS": "", "LC_ALL": "C.UTF-8"}
    was_stopped = _is_stopped(pid)
    problem = ""
    with tempfile.TemporaryFile() as output:
        try:
            debugger = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True
            )
        except OSError as error:
            return "", f"{Path(command[0]).name} cannot be started: {error.strerror}"
        try:
            debugger.wait(limit_s)
        except subprocess.TimeoutExpired:
            problem = f"{Path(command[0]).name} took over {limit_s:.0f} s and was ended"
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(debugger.pid, signal.SIGKILL)
            debugger.wait()
        if problem and not was_stopped:
            # It may stop only later, of what the debugger has left: once its call into a driver returns.
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)
        output.seek(0)
        return output.read(MOST_BYTES).decode(errors="replace"), problem


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "T"
    except (OSError, IndexError):
        return False


def parse_gdb(text: str) -> dict[int, list[str]]:
    """By thread. gdb wraps nothing in batch mode, but prints the thread that it stopped once more before all."""
    return _parse(text, _GDB_THREAD, _GDB_LINE)


def parse_eu_stack(text: str) -> dict[int, list[str]]:
    return _parse(text, _EU_THREAD, _EU_LINE)


def _parse(text: str, thread: re.Pattern[str], line: re.Pattern[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    frames: list[str] | None = None
    for each in text.splitlines():
        if head := thread.match(each):
            frames = found.setdefault(int(head[1]), [])
        elif frames is not None and (frame := line.match(each)) and int(frame[1]) == len(frames) < FRAMES:
            frames.append(_function(frame[2]))
    return {tid: _without_runs(frames) for tid, frames in found.items() if frames}


def _without_runs(frames: list[str]) -> list[str]:
    """A library without symbols gives ten frames that say the same."""
    runs = [(name, len(list(same))) for name, same in groupby(frames)]
    return [f"{name} ({count} frames)" if count > 1 else name for name, count in runs]


def _function(text: str) -> str:
    """'clFinish' of 'clFinish () from /usr/lib/libOpenCL.so.1', with the library where the function has no name."""
    name, _, library = text.partition(" from ")
    name = re.sub(r" \(.*", "", name).strip() or "??"
    # Where eu-stack finds no symbol it prints nothing, and gdb two question marks.
    return shown(f"{name} in {Path(library.strip()).name}" if name == "??" and library else name)[:160]
