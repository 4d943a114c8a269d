"""Fixtures of all tests: the environment of the programs they start, the programs, the simulated GPU, real models."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from harness import gpu_sim, leftovers, wheels
from harness.fixture_types import Headless, RigEnv, StartOverSsh, StartProgram, StartTmux
from harness.program import Program, ovtui
from harness.soak import RESULT_VARIABLE
from harness.sshd import SSHD, Sshd
from harness.tmux import Tmux
from hypothesis import HealthCheck, settings

# No deadlines, and no complaint about slow draws: on a busy machine an example may take any time.
settings.register_profile("ovtui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ovtui")

IN_CI = os.environ.get("CI") == "true"
END_LIMIT_S = 45.0
"""How long host and engine may take to go after their view: a batch timer and a compile can hold an engine up."""


LONG = {
    "test_accounts.py", "test_advice_on_rig.py", "test_auto_outcomes.py", "test_batches_on_rig.py", "test_bundle.py",
    "test_energy.py", "test_handover.py", "test_overload.py", "test_packaging.py", "test_presets.py",
    "test_recipes.py", "test_stuck_engines.py", "test_trials_on_cpu.py",
}  # fmt: skip
"""Files with tests of 10 s and more each."""
GARBAGE_MB = 150
_KEPT_MB = pytest.StashKey[int]()
"""What this process had when garbage was last looked for."""
SOAK_MINUTES = 4.0
"""90 s of warm-up, or longer on a busy machine, and 2.5 minutes that are measured."""
_soak: list[tuple[subprocess.Popen[bytes], tempfile.TemporaryDirectory[str]]] = []


def pytest_configure() -> None:
    """Programs are started with the signals that a login shell leaves them, also where the tests themselves run under
    nohup or in the background of a script, where some are ignored, and that is inherited.

    Garbage is looked for less often (and in _let_go): with Python's own thresholds that took a third of the time of a
    dashboard's test, whose heap has all tests in it (47 tests: 6.5 s of 20.4 s; with these 1.3 s of 13.5 s)."""
    gc.set_threshold(50_000, 10, 10)
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL),
                          (signal.SIGQUIT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL)):  # fmt: skip
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_sessionstart(session: pytest.Session) -> None:
    """In CI a soak runs beside the tests, once for all workers; tests/faults/test_soak.py looks at what it found."""
    if not IN_CI or RESULT_VARIABLE in os.environ or session.config.option.lf or session.config.option.collectonly:
        return
    folder = tempfile.TemporaryDirectory(prefix="soak-")
    result = Path(folder.name) / "result.json"
    os.environ[RESULT_VARIABLE] = str(result)
    script = Path(__file__).parent / "long" / "soak.py"
    command = [sys.executable, str(script), "--minutes", str(SOAK_MINUTES), "--result", str(result)]
    log = (Path(folder.name) / "log.txt").open("wb")
    _soak.append((subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log), folder))


def pytest_sessionfinish() -> None:
    while _soak:
        process, folder = _soak.pop()
        process.terminate()
        process.wait()
        folder.cleanup()
        del os.environ[RESULT_VARIABLE]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first, what looks at the soak last. With `--dist worksteal` a worker takes the tests from
    the end of another's list: one of 15 to 25 s that stood there began last, and the other two workers had nothing
    more to do for as long."""

    def place(item: pytest.Item) -> int:
        return 2 if item.path.name == "test_soak.py" else int(item.path.name not in LONG)

    if os.environ.get("OVTUI_BY_HAND") != "yes":
        by_hand = [item for item in items if item.get_closest_marker("by_hand")]
        config.hook.pytest_deselected(items=by_hand)
        items[:] = [item for item in items if item not in by_hand]
    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI everything must run: there a skip is a failure."""
    report = yield
    if call.when == "teardown":
        _let_go(item.session)
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true takes for a failure: {reason}"
    return report


def _let_go(session: pytest.Session) -> None:
    """Frees what the tests before have left, once that is much: a dashboard is few objects and 10 MB."""
    # A dashboard freezes the heap 3 s after its start, and what is frozen is never freed: up to 3.8 GB.
    gc.unfreeze()
    if _memory_mb() > session.stash.get(_KEPT_MB, 0) + GARBAGE_MB:
        gc.collect()
        session.stash[_KEPT_MB] = _memory_mb()


def _memory_mb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20


@pytest.fixture
def program_env(tmp_path: Path) -> dict[str, str]:
    """A terminal's environment with nothing of this machine's settings in it, marked as this test's."""
    folders = {"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache"}
    env = {name: str(tmp_path / folder) for name, folder in {**folders, "XDG_RUNTIME_DIR": "run"}.items()}
    for folder in env.values():
        Path(folder).mkdir(mode=0o700)
    env |= {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    env["OVTUI_ON_HANGUP"] = "stop"  # no session outlives its test unless the test asks for that
    env[leftovers.MARK] = uuid.uuid4().hex
    return env


@pytest.fixture
def no_leftovers(program_env: dict[str, str]) -> Iterator[None]:
    """Fails where a process or shared memory of the test's programs outlives them."""
    shared_before = leftovers.shared_memory()
    yield
    alive = leftovers.wait_for_end(leftovers.marked(program_env[leftovers.MARK]), END_LIMIT_S)
    names = [" ".join(process.cmdline()) for process in alive if process.is_running()]
    for process in alive:
        process.kill()
    assert not names, f"processes left behind: {names}"
    shared = leftovers.wait_for_shared_memory(shared_before, END_LIMIT_S)
    assert not shared, f"shared memory left behind: {shared}"


@pytest.fixture
def start(program_env: dict[str, str], no_leftovers: None) -> Iterator[StartProgram]:
    """`start('-d', 'CPU', columns=80, rows=24, env=...)`: `ovtui` on a pty, ended with the test."""
    running: list[Program] = []

    def started(
        *arguments: str,
        env: Mapping[str, str] | None = None,
        columns: int = 120,
        rows: int = 40,
        shown: tuple[int, int] | None = None,
        answers: bool = True,
    ) -> Program:
        program = Program(ovtui(*arguments), env or program_env, columns, rows, shown, answers=answers)
        running.append(program)
        return program

    yield started
    for program in running:
        program.close()


@pytest.fixture
def headless(program_env: dict[str, str], no_leftovers: None) -> Headless:
    """`headless('run', '-t', '2')`: `ovtui` without a terminal, to its end."""

    def run(
        *arguments: str, env: Mapping[str, str] | None = None, limit_s: float = 180
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ovtui(*arguments),
            env=env or program_env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )

    return run


@pytest.fixture
def in_tmux(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> Iterator[StartTmux]:
    """`in_tmux('-d', 'CPU', columns=80, rows=24)`: `ovtui` in a tmux of its own."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    servers: list[Tmux] = []

    def started(*arguments: str, env: Mapping[str, str] | None = None, **size: Any) -> Tmux:
        servers.append(Tmux(ovtui(*arguments), env or program_env, tmp_path, **size))
        return servers[-1]

    yield started
    for server in servers:
        server.close()


@pytest.fixture
def over_ssh(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> Iterator[StartOverSsh]:
    """`over_ssh(['ovtui', '-d', 'CPU'], term='xterm')`: a command in a terminal at the far end of a real SSH
    connection."""
    if SSHD is None or shutil.which("ssh") is None:
        pytest.skip("openssh-server and openssh-client are not installed")
    running: list[Program] = []
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    with Sshd(folder) as sshd:

        def started(command: Sequence[str], term: str = "xterm-256color") -> Program:
            env = {"PATH": os.environ["PATH"], "HOME": program_env["HOME"], "TERM": term}
            running.append(Program(sshd.command(command, program_env), env))
            return running[-1]

        yield started
        for program in running:
            program.close()


@pytest.fixture
def rig_env(program_env: dict[str, str], tmp_path: Path) -> RigEnv:
    """`rig_env(build_ms=500)`: program_env with a simulated GPU, whose program builds take that much longer."""
    if not gpu_sim.is_set_up():
        pytest.skip("the simulated GPU is not set up (bash tests/rig/setup.sh)")

    def made(build_ms: int = 0, run_us: int = 0) -> dict[str, str]:
        return {**program_env, **gpu_sim.environment(tmp_path, build_ms, run_us)}

    return made


@pytest.fixture(scope="session")
def onnx_classifier() -> Path:
    """rapidocr's classifier: an ONNX model [?,3,48,192] -> [?,2] that batches."""
    return _model("rapidocr-onnxruntime", "1.4.4", "ch_ppocr_mobile_v2.0_cls_infer.onnx")


@pytest.fixture(scope="session")
def magika_model() -> Path:
    """magika's ONNX model: int32 [1,2048], which does not batch."""
    return _model("magika", "1.0.3", "model.onnx")


@pytest.fixture(scope="session")
def silero_model() -> Path:
    """silero's voice activity detector, an ONNX model: input [?,?] f32, a scalar sr [] i64 that an If asks for, state
    [2,?,128] f32 as input and output. The wheel's silero_vad.onnx OpenVINO 2026.4.1 cannot convert."""
    return _model("silero-vad", "6.2.1", "silero_vad_op18_ifless.onnx")


@pytest.fixture(scope="session")
def wake_word_model() -> Path:
    """The embedding of wake words, a TFLite model [?,76,32,1] whose input's name has a colon."""
    return _model("pyopen-wakeword", "1.1.0", "embedding_model.tflite")


def _model(package: str, version: str, member_end: str) -> Path:
    try:
        return wheels.model_from_wheel(package, version, member_end)
    except RuntimeError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def tokenizers_package() -> Path:
    """The folder that holds the package openvino_tokenizers of the OpenVINO here, not installed; 4 MB."""
    import openvino

    release = str(openvino.__version__).partition("-")[0]
    try:
        return wheels.unpacked("openvino-tokenizers", f"{release}.0")
    except RuntimeError as error:
        pytest.skip(str(error))
