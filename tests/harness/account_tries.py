"""Tries in which engine, host or view is killed at a moment of its life, and what every surface then says of the
requests: due = submitted + shed + unsent, submitted = completed + unfinished."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from harness import leftovers
from harness.memory_cgroup import MemoryCgroup
from harness.program import Program, ovtui
from harness.signals import wait_for_handlers

from ovtui.cli.replay import digest_of, open_recording
from ovtui.host import session_socket
from ovtui.host.client import AttachedSession
from ovtui.host.client_protocol import Status
from ovtui.host.session_query import status_of
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.schema import Requests, Result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.session_file.reader import SessionFileError
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

RATE = 200.0
LOADS = {"open": ("--rate", f"{RATE:g}"), "closed": (), "shedding": ("--rate", "3000", "--backlog", "40")}
DEVICES = ("CPU", "BATCH:CPU(4)", "GPU", "AUTO:GPU,CPU")
MOMENTS = ("start", "compile", "load", "swap", "refused swap", "drain")
VICTIMS = ("engine", "host", "view")
SIGNALS = ("SIGKILL", "SIGSEGV", "SIGABRT", "SIGSTOP", "memory")
CGROUP = "cgroup"
"""As a signal: the kernel kills for want of memory in a control group."""
ENDINGS = ("q", "ctrl+c", "SIGTERM", "stop", "-t", "-n")
"""How a session ends that nobody kills."""
LIMIT_S = 60.0
_MODULES = {"engine": "ovtui.engine", "host": "ovtui.host", "view": "ovtui"}
_COUNT = re.compile(r"([\d,]+)\s+(due|submitted|completed|errors|lost|shed|unsent|unfinished)\b")


@dataclass(frozen=True)
class Try:
    screen: bool
    load: str
    device: str
    moment: str
    victim: str = ""
    """'' where nobody is killed."""
    how: str = ""
    ending: str = "-t"
    after_s: float = 0.0
    """From the moment to the kill."""

    def __str__(self) -> str:
        what = f"{self.how} of the {self.victim} {self.after_s:.3f} s after" if self.victim else f"{self.ending} at"
        return f"{'screen' if self.screen else 'run'}, {self.load}, {self.device}: {what} {self.moment}"


def some_try(rng: random.Random, devices: tuple[str, ...] = DEVICES, signals: tuple[str, ...] = SIGNALS) -> Try:
    moment = rng.choice(MOMENTS)
    spread_s = {"start": 0.5, "compile": 0.8, "load": 1.0, "swap": 1.2, "refused swap": 0.8, "drain": 0.05}[moment]
    killed = rng.random() < 0.8
    screen = rng.random() < 0.5
    endings = ("q", "ctrl+c", "SIGTERM", "stop") if screen else ("ctrl+c", "SIGTERM", "stop", "-t", "-n")
    return Try(
        screen, rng.choice(list(LOADS)), rng.choice(devices), moment,
        rng.choice(VICTIMS) if killed else "", rng.choice(signals) if killed else "", rng.choice(endings),
        round(rng.random() * spread_s, 3),
    )  # fmt: skip


class Trial:
    """One try, in a folder and an environment of its own, whose XDG_RUNTIME_DIR this process has, too."""

    def __init__(self, one: Try, env: Mapping[str, str], folder: Path) -> None:
        self.one, self.env, self.folder = one, env, folder
        self.recording, self.json, self.output = folder / "s.ovtui", folder / "out.json", folder / "out.txt"
        self.problems: list[str] = []
        self.code: int | None = None
        self._group: MemoryCgroup | None = None
        self.oom_killed = 0
        """How many processes the kernel has killed for want of memory."""

    def run(self) -> list[str]:
        """Does it; returns what is wrong, in words. Raises OSError where it needs a control group, and none can be
        made."""
        if self.one.how != CGROUP:
            return self._run()
        with MemoryCgroup(f"ovtui-{self.env[leftovers.MARK]}") as self._group:
            problems = self._run()
            self.oom_killed = self._group.killed
            return problems

    def _in_group(self, command: list[str]) -> list[str]:
        return command if self._group is None else self._group.command(command)

    def _run(self) -> list[str]:
        one = self.one
        model = "demo-mlp" if "GPU" in one.device else "demo-cnn"
        arguments = [model, "-d", one.device, "--nireq", "8", *LOADS[one.load], "--record", str(self.recording)]
        if one.device == "GPU":
            arguments += ["--hint", "LATENCY"]  # a batch of 256 takes half a minute there
        if one.ending == "-n":
            # The simulated GPU on a busy machine serves one or two a second, and 500 would take minutes.
            arguments += ["-n", "500", "-t", "8"]
        elif not one.screen:
            dies = one.how in ("SIGKILL", "SIGSEGV", "SIGABRT", CGROUP) or (not one.victim and one.ending != "-t")
            arguments += ["-t", "30" if dies else "3"]
        if one.screen:
            with Program(self._in_group(ovtui(*arguments)), self.env, 100, 50) as program:
                self._follow(program.process, program)
                self.output.write_text(program.text)
                if self.code is not None and self.code >= 0:
                    try:
                        program.assert_terminal_restored()
                    except AssertionError as error:
                        self.problems.append(str(error).splitlines()[0])
        else:
            with self.output.open("wb") as output:
                command = self._in_group(ovtui("run", *arguments, "--json", str(self.json)))
                with subprocess.Popen(
                    command, env=dict(self.env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
                ) as process:
                    self._follow(process, None)
        self._look_for_leftovers()
        self._check_surfaces()
        return self.problems

    # What is done

    def _follow(self, view: subprocess.Popen[bytes], program: Program | None) -> None:
        try:
            reached = self._reach(view)
            if reached and self.one.moment in ("swap", "refused swap"):
                self._change()
            if reached and self.one.moment == "drain":
                view.send_signal(signal.SIGINT)
            time.sleep(self.one.after_s)
            if self.one.victim:
                self._kill()
            self._end(view, program)
            self.code = view.wait(LIMIT_S)
            if program is not None:
                program.wait()
        except subprocess.TimeoutExpired:
            said = program.text if program is not None else self.output.read_text()[-2000:]
            self.problems += ["the view did not end", *map(_state_of, self._processes()), said]
            view.kill()
        for process in self._processes():  # none stays stopped
            _signal(process, signal.SIGCONT)

    def _reach(self, view: subprocess.Popen[bytes]) -> bool:
        """Waits for the moment; False where the session ended before it."""
        wait_for_handlers(view.pid)  # before that the interpreter answers
        if self.one.moment == "start":
            return True
        end_s = time.monotonic() + LIMIT_S
        while time.monotonic() < end_s and view.poll() is None:
            if self.one.moment == "compile":
                if self._named("engine"):
                    return True
            elif any(status is not None and status.submitted > 8 for status in map(_status, self._sessions())):
                return True
            time.sleep(0.01)
        return False

    def _change(self) -> None:
        """A change that needs another engine; a refused one that none can be compiled for."""
        refused = self.one.moment == "refused swap"
        for name in self._sessions():
            try:
                session = AttachedSession(name)
            except OSError:
                continue
            end_s, settings = time.monotonic() + LIMIT_S, None
            while settings is None and time.monotonic() < end_s:
                settings = next((e.settings for e in session.poll().events if hasattr(e, "settings")), None)
            assert isinstance(settings, Settings)
            changed = {"device": "NO.SUCH"} if refused else {"nstreams": "2"}
            session.apply(with_changes(settings, changed))
            session.detach(hangup=False)

    def _kill(self) -> None:
        for process in self._named(self.one.victim):
            if self._group is not None:
                self._group.kill(process.pid)
            elif self.one.how == "memory":
                try:
                    there = process.memory_info().vms
                    resource.prlimit(process.pid, resource.RLIMIT_AS, (there + (1 << 20), there + (1 << 20)))
                except (OSError, psutil.Error):
                    continue
            else:
                number = getattr(signal, self.one.how)
                _signal(process, number)
                if number in (signal.SIGSEGV, signal.SIGABRT):
                    time.sleep(0.05)
                    _signal(
                        process, number
                    )  # LLVM, which the simulated GPU has, handles the first; a real fault recurs
        if self.one.how == "SIGSTOP":
            time.sleep(0.5)
            for process in self._named(self.one.victim):
                _signal(process, signal.SIGCONT)

    def _end(self, view: subprocess.Popen[bytes], program: Program | None) -> None:
        """Ends the session in its way, where it has not ended."""
        ending = self.one.ending
        if self.one.moment == "drain" or view.poll() is not None:
            return
        if self.one.victim and not self.one.screen:
            return  # it ends by itself
        if ending == "q" and program is not None:
            program.type("q")
        elif ending == "stop":
            for name in self._sessions():
                subprocess.run(
                    ovtui("stop", name), env=dict(self.env), capture_output=True, check=False, timeout=LIMIT_S
                )
            if program is not None and view.poll() is None:
                program.type("q")
        elif ending in ("ctrl+c", "SIGTERM"):
            view.send_signal(signal.SIGINT if ending == "ctrl+c" else signal.SIGTERM)

    def _processes(self) -> list[psutil.Process]:
        return leftovers.marked(self.env[leftovers.MARK])

    def _named(self, victim: str) -> list[psutil.Process]:
        return [process for process in self._processes() if leftovers.module_of(process) == _MODULES[victim]]

    def _sessions(self) -> list[str]:
        try:
            return session_socket.session_names()
        except OSError:
            return []

    # What is looked at

    def _look_for_leftovers(self) -> None:
        alive = leftovers.wait_for_end(self._processes(), LIMIT_S)
        for process in alive:
            if process.is_running():
                self.problems.append(f"left behind: {leftovers.module_of(process)}")
                process.kill()
        host_killed = self.one.victim == "host"  # its socket goes with the next command
        left = [] if host_killed else [path.name for path in Path(self.env["XDG_RUNTIME_DIR"]).rglob("*.sock")]
        if left:
            self.problems.append(f"sockets left: {left}")
        text = self.output.read_text()
        if "Traceback" in text and (self.one.victim, self.one.how) != ("view", "memory"):
            self.problems.append(f"a traceback: {text[text.index('Traceback') :][-2000:]}")

    def _check_surfaces(self) -> None:
        found: dict[str, dict[str, int | None]] = {}
        text = self.output.read_text()
        if "submitted" in text and re.search(r"^requests ", text, re.MULTILINE):
            found["summary"] = counts_of_text(text)
        if self.json.exists():
            found["json"] = json.loads(self.json.read_text())["requests"]
        read = read_recording(self.recording)
        if read is not None:
            found["recording"] = counts_of(read.requests)
            found["its summary"] = counts_of_text("\n".join(summary_lines(read)))
            found["its report"] = counts_of_text(render_markdown(build_report(read, {})), submitted=False)
        for name, counts in found.items():
            self.problems += [f"{name}: {wrong}" for wrong in wrong_sums(counts)]
        intact = self.one.victim != "host" and self.one.how not in ("memory",)
        if intact and "json" in found and "recording" in found:
            for key in ("due", "submitted", "completed", "shed", "unsent", "unfinished", "lost"):
                if found["json"][key] != found["recording"][key]:
                    self.problems.append(f"{key}: JSON {found['json'][key]}, recording {found['recording'][key]}")


def wrong_sums(counts: Mapping[str, int | None]) -> list[str]:
    """Where the sums do not come out."""
    get = dict(counts)
    wrong = []
    submitted, completed, unfinished = get.get("submitted"), get["completed"], get["unfinished"]
    if submitted is not None and submitted != (completed or 0) + (unfinished or 0):
        wrong.append(f"submitted {submitted} is not completed {completed} + unfinished {unfinished}")
    if submitted is not None and get["due"] is not None:
        due, shed, unsent = get["due"], get["shed"], get["unsent"]
        if due != submitted + (shed or 0) + (unsent or 0):
            wrong.append(f"due {due} is not submitted {submitted} + shed {shed} + unsent {unsent}")
    if get["due"] is None or get["unsent"] is None:
        wrong.append("what was due is not known")
    return wrong


def counts_of(requests: Requests) -> dict[str, int | None]:
    names = ("due", "submitted", "completed", "errors", "lost", "shed", "unsent", "unfinished")
    return {name: getattr(requests, name) for name in names}


def counts_of_text(text: str, *, submitted: bool = True) -> dict[str, int | None]:
    """Of the summary's line of requests, wrapped or not, or of the report's. What is 0 is not named there."""
    line = next(re.finditer(r"^\W*requests (.*?)^\W*throughput", text.replace("\r", ""), re.DOTALL | re.MULTILINE))[1]
    found: dict[str, int | None] = {name: int(count.replace(",", "")) for count, name in _COUNT.findall(line)}
    if not submitted:
        completed, of = re.search(r"([\d,]+) of ([\d,]+)", line).groups()  # type: ignore[union-attr]
        found["completed"], found["due"] = int(completed.replace(",", "")), int(of.replace(",", ""))
        found["submitted"] = found["due"] - (found.get("shed") or 0) - (found.get("unsent") or 0)
    for name in ("shed", "unsent", "unfinished", "lost"):
        found.setdefault(name, 0)
    found.setdefault("due", found["submitted"])
    return found


def read_recording(path: Path) -> Result | None:
    """The result of a recording, however it ended; None where there is none."""
    if not path.exists() or not path.stat().st_size:
        return None
    try:
        recording = open_recording(str(path))
    except Exception as error:  # a session that was killed while it made the file
        if isinstance(error, SessionFileError) or "not a session" in str(error) or "empty" in str(error):
            return None
        raise
    try:
        return build_result(digest_of(recording))
    finally:
        recording.close()


def _status(name: str) -> Status | None:
    try:
        return status_of(name)
    except OSError:
        return None


def _state_of(process: psutil.Process) -> str:
    """What a process does, for one that has not ended."""
    try:
        names = Path(f"/proc/{process.pid}/task").iterdir()
        waits = Counter(f"{(task / 'comm').read_text().strip()}:{(task / 'wchan').read_text()}" for task in names)
        name, used = leftovers.module_of(process), process.cpu_times()
        return f"{name} {process.pid} {process.status()} {used.user:.1f} s {used.system:.1f} s {dict(waits)}"
    except (OSError, psutil.Error):
        return f"{process.pid} has ended"


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
