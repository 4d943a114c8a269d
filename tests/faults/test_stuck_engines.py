"""An engine that does not answer is diagnosed: on the screen, by `ovtui stuck`, before it is killed, in a replay."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, RigEnv, StartProgram
from harness.program import LIMIT_S, Program, ovtui
from harness.reading import completed
from harness.signals import stop

from ovtui.records.stack_dump import ASKED

ROWS = "processes and accounts"
FAULTS = [
    Fault("`ovtui stuck` while all engines go on", "where each stands", 0, ROWS),
    Fault("`ovtui stuck` while an engine is stopped", "is stopped (SIGSTOP); kill -CONT 1234", 1, ROWS),
    Fault("`ovtui stuck` while the host is stopped", "what /proc tells of host and engine", 1, ROWS),
    Fault(
        "a GPU that hangs in an inference", "in infer() of request 1,234 for 2.0 s: sleeps", None,
        ROWS,
    ),
    Fault("an extension of OpenVINO hangs with Python's lock held", "holds Python's lock in native code", None, ROWS),
    Fault("a compile that hangs", "compiling for GPU for 12.0 s: no thread computes", None, ROWS),
    Fault("an engine is killed by a person", "SIGKILL (9: killed by a person or ...)", 1, ROWS),
    Fault("thousands of SIGUSR1 to an engine under load", "no request is lost, none fails", 0, ROWS),
]  # fmt: skip


def engine_of(pid: int) -> psutil.Process:
    found = [process for process in psutil.Process(pid).children(recursive=True) if "ovtui.engine" in process.cmdline()]
    return found[0]


def stuck(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ovtui("stuck", *words), env=dict(env), capture_output=True, text=True, timeout=60, check=False
    )


def serving(start: StartProgram, *words: str, env: Mapping[str, str] | None = None) -> tuple[Program, psutil.Process]:
    program = start("demo-matmul", "-d", "CPU", *words, env=env, columns=160, rows=50)
    program.wait_for(lambda text: completed(text) > 20)
    return program, engine_of(program.process.pid)


@pytest.mark.parametrize("fault", FAULTS[:3], ids=id_of)
def test_ovtui_stuck(start: StartProgram, program_env: dict[str, str], fault: Fault) -> None:
    _, engine = serving(start, "--rate", "200")
    host = engine.parent()
    assert host is not None
    if "an engine is stopped" in fault.case:
        stop(engine.pid)
        told = stuck(program_env)
        assert f"is stopped (SIGSTOP)\ntype       kill -CONT {engine.pid}\n" in told.stdout
        assert "none: its process is stopped" in told.stdout
        engine.send_signal(signal.SIGCONT)
    elif "the host is stopped" in fault.case:
        stop(host.pid)
        told = stuck(program_env)
        assert f"host (process {host.pid}): does not go on" in told.stdout
        assert f"kill -CONT {host.pid}" in told.stdout
        assert f"engine 1 (process {engine.pid})" in told.stdout
        assert "ovtui/engine/engine.py" in told.stdout  # it answers by its Python stacks, without its host
        assert "what /proc tells" in told.stderr
        host.send_signal(signal.SIGCONT)
    else:
        told = stuck(program_env)
        assert re.search(r"now        works, [\d,]+ requests? came back", told.stdout)
        assert "main thread\n" in told.stdout
    assert told.returncode == fault.code


def test_the_answer_as_json(start: StartProgram, program_env: dict[str, str]) -> None:
    _, engine = serving(start, "--nireq", "1")
    told = stuck(program_env, "--json")
    answer = json.loads(told.stdout)
    (found,) = answer["diagnoses"]
    assert (found["engine"], found["pid"], found["stuck"], found["phase"]) == (1, engine.pid, False, "load")
    assert found["threads"][0]["tid"] == engine.pid
    assert any(each["is_main"] for each in found["python"])
    schema = json.loads(stuck(program_env, "--json-schema").stdout)
    assert set(found) <= set(schema["$defs"]["Diagnosis"]["properties"])


def test_no_session_and_a_wrong_one(program_env: dict[str, str]) -> None:
    told = stuck(program_env)
    assert (told.returncode, told.stdout) == (1, "")
    assert stuck(program_env, "nonsuch").returncode == 1
    assert stuck(program_env, "--nonsuch").returncode == 2


def test_the_page(start: StartProgram) -> None:
    program, engine = serving(start, "--rate", "200")
    program.keys("F")
    program.wait_for(f"engine 1 (process {engine.pid}): goes on")
    stop(engine.pid)
    program.keys("r")
    program.wait_for(f"kill -CONT {engine.pid}")
    program.keys("escape")
    program.wait_for(re.compile(r"STALLED.*F shows all", re.DOTALL))
    engine.send_signal(signal.SIGCONT)
    program.wait_for(lambda text: "F shows all" not in text)  # the list of events goes on telling of it


@pytest.mark.rig
def test_a_gpu_that_hangs(rig_env: RigEnv, start: StartProgram, headless: Headless, tmp_path: Path) -> None:
    controls = tmp_path / "controls"
    controls.mkdir()
    env, file = {**rig_env(), "CLGPU_CTL": str(controls)}, str(tmp_path / "a.ovtui")
    program = start("demo-matmul", "-d", "GPU", "--nireq", "1", "--record", file, env=env, columns=160, rows=50)
    program.wait_for(lambda text: completed(text) > 20)
    (controls / "run_us").write_text(str(int(LIMIT_S * 1e6)))
    # Not asked for: the watch has it looked at.
    said = program.wait_for(re.compile(r"STALLED.*no thread\s+computes", re.DOTALL))
    assert "(deduced)" in said
    told = stuck(env)
    assert told.returncode == 1
    assert re.search(r"was        in infer\(\) of request [\d,]+ for [\d.]+ s\n", told.stdout)
    program.keys("ctrl+c")
    program.wait_for("waiting for")
    program.keys("ctrl+c")
    program.wait()
    events = subprocess.run(ovtui("report", file), env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "no thread computes" in (tmp_path / "a.md").read_text(), events


@pytest.mark.rig  # which has a compiler
def test_an_extension_that_hangs_with_pythons_lock_held(
    program_env: dict[str, str], start: StartProgram, tmp_path: Path
) -> None:
    source, library = tmp_path / "hangs.c", tmp_path / "libhangs.so"
    source.write_text(
        "#include <unistd.h>\n__attribute__((constructor)) static void hang(void) { for (;;) pause(); }\n"
    )
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    program = start("run", "demo-matmul", "-d", "CPU", "-t", "1", "--extensions", str(library))
    program.wait_for("reading the model")
    end_s = time.monotonic() + LIMIT_S
    while "holds Python's lock" not in (told := stuck(program_env)).stdout:
        assert time.monotonic() < end_s, told
    assert re.search(r"now        holds Python's lock in native code, in load_extensions \(.*:\d+\)\n", told.stdout)
    assert re.search(r"\d+ +python +sleeps +0.00 +pause ", told.stdout)
    assert told.returncode == 1
    program.send_signal(signal.SIGINT)
    program.wait()


@pytest.mark.rig
def test_a_compile_that_hangs(rig_env: RigEnv, start: StartProgram) -> None:
    env = rig_env(build_ms=int(LIMIT_S * 1e3))
    program = start("run", "demo-matmul", "-d", "GPU", "-t", "1", env=env)
    program.wait_for(re.compile(r"compiling for GPU, \d"))  # `run` says so while it waits
    end_s = time.monotonic() + LIMIT_S
    while "does not go on" not in (told := stuck(env)).stdout:
        assert time.monotonic() < end_s, told
    assert re.search(r"was        compiling for GPU for [\d.]+ s\n", told.stdout)
    assert "compile_model (ovtui/engine/model/compile.py" in told.stdout
    assert told.returncode == 1
    program.send_signal(signal.SIGINT)
    program.wait()


def test_an_engine_that_a_person_kills(program_env: dict[str, str]) -> None:
    with Program(ovtui("run", "demo-matmul", "-d", "CPU", "--nireq", "1"), program_env) as program:
        program.wait_for("completed")
        engine_of(program.process.pid).kill()
        text = program.wait_for("died with SIGKILL")
        assert "by a person or a program other than ovtui" in " ".join(text.split())
        assert program.wait() == 1


def test_thousands_of_signals_lose_no_request(program_env: dict[str, str], tmp_path: Path) -> None:
    result = tmp_path / "a.json"
    words = ("run", "demo-matmul", "-d", "CPU", "--rate", "500", "--nireq", "4", "-n", "3000", "--json", str(result))
    with Program(ovtui(*words), program_env) as program:
        program.wait_for("completed")
        engine, sent = engine_of(program.process.pid), 0
        while sent < 5000 and program.process.poll() is None:
            try:
                os.kill(engine.pid, ASKED)
            except ProcessLookupError:
                break
            sent += 1
            time.sleep(0.0005)
        assert program.wait() == 0
    assert sent > 1000
    requests = json.loads(result.read_text())["requests"]
    assert (requests["submitted"], requests["completed"], requests["errors"]) == (3000, 3000, 0)
