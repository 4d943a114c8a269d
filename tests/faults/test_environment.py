"""What a process inherits: variables, limits, signals, the mask of its files, its folder."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.program import ovtui

from ovtui.cli import main

RUN = ("run", "-d", "CPU", "-n", "5", "--json", "-")


@dataclass(frozen=True)
class Inherited(Fault):
    before: Callable[[], object] | None = None
    """Done in the new process before the program starts."""
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = RUN
    told: str = ""


def works(case: str, outcome: str, before: Callable[[], object] | None = None, **variables: str) -> Inherited:
    return Inherited(case, outcome, 0, "terminal and start", before, variables)


def refused(case: str, code: int, told: str, before: Callable[[], object], *arguments: str) -> Inherited:
    return Inherited(case, "one sentence", code, "terminal and start", before, {}, arguments or RUN, told)


def _limit(kind: int, value: int) -> Callable[[], object]:
    return lambda: resource.setrlimit(kind, (value, value))


def _ignore(*numbers: signal.Signals) -> Callable[[], object]:
    return lambda: [signal.signal(number, signal.SIG_IGN) for number in numbers]


def _folder_goes() -> None:
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"ovtui-test-{os.getpid()}"
    folder.mkdir()
    os.chdir(folder)
    folder.rmdir()


BLOCKED = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP}
FAULTS = [
    works("SIGCHLD, SIGINT and SIGPIPE ignored", "as ever", _ignore(signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE)),
    works("signals blocked", "as ever", lambda: signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)),
    works("umask 0777", "as ever; files are their owner's", lambda: os.umask(0o777)),
    works("32 descriptors at most", "as ever", _limit(resource.RLIMIT_NOFILE, 32)),
    works("the current folder is gone", "as ever", _folder_goes),
    works("PYTHONWARNINGS=error and PYTHONOPTIMIZE=2", "as ever", PYTHONWARNINGS="error", PYTHONOPTIMIZE="2"),
    works("PYTHONINSPECT, PYTHONDEVMODE, PYTHONUNBUFFERED", "as ever; no prompt at the end", PYTHONINSPECT="1",
          PYTHONDEVMODE="1", PYTHONUNBUFFERED="1"),
    works("TMPDIR, HOME and XDG_RUNTIME_DIR that are no folders", "as ever, with a note where recordings go",
          TMPDIR="/dev/null", HOME="/dev/null", XDG_STATE_HOME="", XDG_RUNTIME_DIR="/dev/null"),
    refused("8 descriptors at most", 1, "no host process can be started: Too many open files",
            _limit(resource.RLIMIT_NOFILE, 8)),
    refused("12 descriptors at most", 1, "no engine process can be started: Too many open files",
            _limit(resource.RLIMIT_NOFILE, 12)),
    refused("a file in a folder that is gone", 1, "the current folder has been removed", _folder_goes,
            "run", "--json", "a.json"),
]  # fmt: skip
SHADOWED = Fault(
    "random.py, types.py, numpy.py and ovtui.py in the current folder", "not taken for modules", 0, "terminal and start"
)
CHILD = Fault("an engine killed where SIGCHLD was ignored", "its signal is told", 1, "terminal and start")
MEMORY = Fault("too little memory (ulimit -v, a cgroup)", "one sentence", 1, "terminal and start")
TESTED = FAULTS[:]
FAULTS += [SHADOWED, CHILD, MEMORY]  # type: ignore[list-item]


@pytest.mark.parametrize("fault", TESTED, ids=id_of)
def test_inherited(fault: Inherited, program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> None:
    done = subprocess.run(
        ovtui(*fault.arguments),
        env={**program_env, **fault.variables},
        cwd=tmp_path,
        preexec_fn=fault.before,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == fault.code, done.stderr
    assert "Traceback" not in done.stderr
    assert fault.told in done.stderr
    if fault.code == 0:
        assert '"completed":5' in done.stdout.replace(" ", "")
    else:
        assert done.stderr.count(fault.told) == 1
    for folder in tmp_path.rglob("*"):
        assert folder.is_symlink() or folder.stat().st_mode & 0o400, folder


def test_modules_of_the_current_folder(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("random", "types", "numpy", "openvino", "ovtui", "signal"):
        (folder / f"{name}.py").write_text("raise SystemExit(f'{__name__} of the current folder')\n")
    # As the installed command starts: the current folder is on no path.
    start = ["-P", *ovtui(*RUN)[1:]]
    done = subprocess.run(
        [ovtui()[0], *start], env=program_env, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '"completed":5' in done.stdout.replace(" ", "")


def test_the_signal_of_a_child_is_known(program_env: dict[str, str], no_leftovers: None) -> None:
    script = (
        "import subprocess, sys; from ovtui.cli.process_start import begin; begin();"
        "code = subprocess.run([sys.executable, '-c', 'import os; os.kill(os.getpid(), 9)']).returncode;"
        "sys.exit(code != -9)"
    )
    done = subprocess.run(
        [ovtui()[0], "-c", script],
        env=program_env,
        preexec_fn=_ignore(signal.SIGCHLD),
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr


def test_too_little_memory(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise MemoryError

    monkeypatch.setattr("ovtui.cli.demo.recordings", fails)
    assert main.run(["demo", "--list"]) == 1
    assert capsys.readouterr().err == "ovtui: there is not enough memory for this (ulimit -v, or a cgroup's limit)\n"
