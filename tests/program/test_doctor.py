"""`ovtui doctor` as a person starts it: on this machine, on the simulated GPU, with drivers that crash and hang, and on
folders that stand for machines."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from harness.doctor_machine import RENDER, FakeMachine, failed, openvino_steps
from harness.fixture_types import Headless, RigEnv, StartProgram

from ovtui.records.doctor import Chain, DoctorReport, from_json

ABORTS = """
#include <stdio.h>
#include <stdlib.h>
__attribute__((constructor)) static void loaded(void) { fprintf(stderr, "cannot map the registers\\n"); abort(); }
"""
ENDS = """
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) { _exit(0); }
"""
HANGS = """
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) { for (;;) sleep(100); }
"""

MOST_ASKED = 8


def test_a_machine_without_accelerators_is_healthy(
    headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    none = tmp_path / "vendors"
    none.mkdir()
    done, report = _until_answered(headless, program_env | {"OCL_ICD_VENDORS": str(none)}, "CPU")
    assert (done.returncode, report.healthy, done.stderr) == (0, True, "")
    assert _chain(report, "CPU").works
    assert report.openvino is not None
    assert [chain.device for chain in report.chains if chain.present] == ["CPU"]


@pytest.mark.rig
def test_the_simulated_gpu_works(headless: Headless, rig_env: RigEnv) -> None:
    done, report = _until_answered(headless, rig_env(), "GPU")
    assert done.returncode == 0
    chain = _chain(report, "GPU")
    assert (chain.works, chain.first_cause) == (True, None)
    assert {link.name: link.mark for link in chain.links}["driver"] == "fine"


def test_a_driver_that_crashes_is_a_finding(headless: Headless, program_env: dict[str, str], tmp_path: Path) -> None:
    icd = _driver(tmp_path, ABORTS)
    done = headless("doctor", env=program_env | {"OCL_ICD_VENDORS": str(icd.parent)})
    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    assert "libbad.so crashed with SIGABRT when it is loaded" in told
    assert 'it says "cannot map the registers"' in told
    assert f"type sudo mv {icd} {icd}.off" in told
    assert "GPU's driver crashed with SIGABRT while asking the GPU plugin for its devices (follows from driver)" in told
    assert "✓ CPU works" in told


@pytest.mark.rig
def test_a_run_that_such_a_driver_ends_points_to_the_doctor(
    headless: Headless, rig_env: RigEnv, tmp_path: Path
) -> None:
    """OpenVINO loads it for the CPU, too."""
    icd = _driver(tmp_path, ABORTS)
    done = headless("run", "demo-matmul", "-d", "CPU", "-n", "5", env=rig_env() | {"OCL_ICD_VENDORS": str(icd.parent)})
    assert done.returncode == 1
    assert "engine 1 died with SIGABRT" in done.stderr
    assert "ovtui doctor looks at each of them" in done.stderr


def test_a_driver_that_hangs_is_cut_off(headless: Headless, program_env: dict[str, str], tmp_path: Path) -> None:
    icd = _driver(tmp_path, HANGS)
    done = headless("doctor", "--json", env=program_env | {"OCL_ICD_VENDORS": str(icd.parent)})
    assert done.returncode == 1
    (cause,) = from_json(done.stdout.encode()).causes
    assert (cause.device, cause.link, cause.cause) == ("GPU", "driver", "driver-hangs")
    assert re.search(r"no answer in [\d.]+ s", cause.text)  # 4 s, and less where the program starts slowly


def test_a_driver_that_ends_the_process_is_a_finding(
    headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    icd = _driver(tmp_path, ENDS)
    done = headless("doctor", "--json", env=program_env | {"OCL_ICD_VENDORS": str(icd.parent)})
    assert done.returncode == 1
    (cause,) = from_json(done.stdout.encode()).causes
    assert (cause.link, cause.cause) == ("driver", "driver-crashes")
    assert "libbad.so ended the process when it is loaded" in cause.text


@pytest.mark.parametrize("line", [b"lib\xff\xfe.so\n", b"lib\0.so\n"])
def test_a_damaged_list_of_drivers_is_read(
    headless: Headless, program_env: dict[str, str], tmp_path: Path, line: bytes
) -> None:
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors/damaged.icd").write_bytes(line)
    done = headless("doctor", "--json", env=program_env | {"OCL_ICD_VENDORS": str(tmp_path / "vendors")})
    assert (done.returncode, done.stderr) == (0, "")
    assert from_json(done.stdout.encode()).healthy


def test_a_pipe_in_place_of_a_file_is_not_waited_for(
    headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    machine = FakeMachine(tmp_path / "machine")
    machine.has_gpu()
    machine.write_scripts()
    machine.remove("/etc/group")
    os.mkfifo(machine.root / "etc/group")
    done = headless("doctor", env=program_env | {"OVTUI_MACHINE_ROOT": str(machine.root)})
    assert done.returncode == 0


def test_a_root_that_is_no_folder_is_a_usage_error(
    headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    done = headless("doctor", env=program_env | {"OVTUI_MACHINE_ROOT": str(tmp_path / "none")})
    assert done.returncode == 2
    assert "which is no folder" in done.stderr


def test_children_are_scripts_on_a_folder_that_stands_for_a_machine(
    headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    machine = FakeMachine(tmp_path / "machine")
    machine.has_gpu()
    machine.be_in_groups(machine.other_gid)
    machine.write("/etc/group", f"render:x:{machine.gid}:\n")
    machine.answer("open", *failed("open", RENDER, "Permission denied", "13"))
    machine.gpu_is_lost()
    machine.write_scripts()
    done = headless("doctor", env=program_env | {"OVTUI_MACHINE_ROOT": str(machine.root)})
    assert done.returncode == 1
    assert "✗ GPU         ana is not in group render (render 0660)" in done.stdout
    assert "  type        sudo usermod -aG render ana" in done.stdout


def test_marks_are_ascii_where_the_locale_has_no_more(
    headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    machine = FakeMachine(tmp_path / "machine")
    machine.has_gpu()
    machine.gpu_is_lost()
    machine.write_scripts()
    done = headless("doctor", env=program_env | {"OVTUI_MACHINE_ROOT": str(machine.root), "LC_ALL": "C"})
    assert done.stdout.isascii()
    assert "\nx  GPU" in done.stdout
    assert "\nok CPU         works" in done.stdout


def test_the_page_of_the_dashboard(start: StartProgram, program_env: dict[str, str], tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path / "machine")
    machine.has_gpu()
    machine.be_in_groups(machine.other_gid)
    machine.write("/etc/group", f"render:x:{machine.gid}:\n")
    del machine.answers["open"]
    machine.gpu_is_lost()
    machine.write_scripts()
    program = start("demo-matmul", "-d", "CPU", env=program_env | {"OVTUI_MACHINE_ROOT": str(machine.root)})
    program.wait_for("K doctor")
    program.keys("K")
    program.wait_for("type        sudo usermod -aG render ana")
    machine.be_in_groups(machine.gid)
    machine.answer("GPU", *openvino_steps("GPU", ["0"], "Intel(R) Arc(TM) A770"))
    machine.write_scripts()
    program.keys("r")
    program.wait_for("✓ GPU         works")
    program.keys("escape")
    program.wait_for("K doctor")
    program.keys("q")
    assert program.wait() == 0


def _driver(folder: Path, source: str) -> Path:
    """The .icd file of a library that is made of this source."""
    code, library = folder / "bad.c", folder / "libbad.so"
    code.write_text(source)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(code)], check=True)
    icd = folder / "vendors" / "bad.icd"
    icd.parent.mkdir()
    icd.write_text(f"{library}\n")
    return icd


def _until_answered(
    headless: Headless, env: dict[str, str], device: str
) -> tuple[subprocess.CompletedProcess[str], DoctorReport]:
    """The doctor waits 4 s for a device, and says that it does not know where a busy machine took longer."""
    for _ in range(MOST_ASKED):
        done = headless("doctor", "--json", env=env)
        report = from_json(done.stdout.encode())
        if _chain(report, device).works is not None:
            break
    return done, report


def _chain(report: DoctorReport, device: str) -> Chain:
    return next(chain for chain in report.chains if chain.device == device)
