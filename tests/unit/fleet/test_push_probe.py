"""What a box has that ovtui could be put into."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.push.probe import FoundPython, ProbedBox, probe_script, probed_box, usable_pythons

BOX = Box(name="one")


def _python(path: str = "/usr/bin/python3.12", version: tuple[int, int, int] = (3, 12, 3), **more: Any) -> FoundPython:
    given = {
        "bits": 64, "free_threaded": False, "implementation": "cpython", "libc": "glibc 2.39", "has_venv": True, **more,
    }  # fmt: skip
    return FoundPython(path=path, version=version, **given)


def _probed(*pythons: FoundPython, machine: str = "x86_64", system: str = "Linux", musl: bool = False) -> ProbedBox:
    return ProbedBox(system, machine, musl, pythons)


def _usable(*pythons: FoundPython, **more: Any) -> list[str]:
    return [python.path for python, _ in usable_pythons(BOX, _probed(*pythons, **more))]


def test_the_script_finds_the_python_that_runs_this() -> None:
    box = Box(name="one", python=sys.executable)
    done = subprocess.run(["sh", "-s"], input=probe_script(box).encode(), capture_output=True, check=False)
    probed = probed_box(b"Welcome to this box!\n" + done.stdout)
    assert [python.version for python in probed.pythons] == [sys.version_info[:3]]
    assert Path(probed.pythons[0].path).resolve() == Path(probed.pythons[0].path)
    ((_, target),) = usable_pythons(box, probed)
    assert target.python == sys.version_info[:2]


def test_the_script_passes_over_what_fails_or_is_no_python(tmp_path: Path) -> None:
    programs = {"python3.13": "exit 3", "python3": f'exec {sys.executable} "$@"', "python3.12": "echo hello"}
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        ["sh", "-s"], input=probe_script(BOX).encode(), capture_output=True, env=environment, check=False
    )
    assert sys.version_info[:3] in [python.version for python in probed_box(done.stdout).pythons]


def test_the_systems_own_comes_before_what_may_go_and_what_is_not_tested() -> None:
    found = _usable(
        _python("/usr/bin/python3.15", (3, 15, 0)), _python("/home/a/.pyenv/bin/python3.13", (3, 13, 0)), _python(),
        _python("/usr/bin/python3.11", (3, 11, 2)), _python("/opt/conda/bin/python3.12", (3, 12, 9)),
    )  # fmt: skip
    assert found == [
        "/usr/bin/python3.12", "/usr/bin/python3.11", "/home/a/.pyenv/bin/python3.13", "/usr/bin/python3.15",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pythons", "more", "told"),
    [
        ([], {}, "no Python was found on it; ovtui needs one from 3.11 on"),
        ([_python("/usr/bin/python3.9", (3, 9, 2))], {}, "Python 3.9.2 is too old: '/usr/bin/python3.9'"),
        ([_python(bits=32)], {}, "a program of 32 bits"),
        ([_python(free_threaded=True)], {}, "free-threaded, for which OpenVINO has no wheels"),
        ([_python(implementation="pypy")], {}, "pypy is not CPython"),
        ([_python(has_venv=False)], {}, "lacks its module venv"),
        ([_python(libc="")], {"musl": True}, "its C library is musl"),
        ([], {"musl": True}, "its C library is musl"),
        ([_python(libc="other 9")], {}, "its C library is not glibc"),
        ([_python()], {"machine": "riscv64"}, "it is of riscv64; there are wheels of OpenVINO for x86-64 and arm64"),
        ([_python()], {"system": "Darwin"}, "it runs Darwin; ovtui runs on Linux"),
    ],
)
def test_why_no_python_will_do(pythons: list[FoundPython], more: dict[str, Any], told: str) -> None:
    with pytest.raises(BoxError) as raised:
        _usable(*pythons, **more)
    assert told in raised.value.text
    assert raised.value.kind == "no-python"


def test_a_glibc_python_on_a_machine_that_has_musl_too() -> None:
    assert _usable(_python(), musl=True) == ["/usr/bin/python3.12"]


def test_a_path_of_the_inventory_that_is_none() -> None:
    with pytest.raises(BoxError, match="ovtui_python of the inventory"):
        usable_pythons(Box(name="one", python="/opt/$(reboot)"), _probed())
    assert "look '/opt/$(reboot)'" in probe_script(Box(name="one", python="/opt/$(reboot)"))


def test_arm() -> None:
    (_, target), *_ = usable_pythons(BOX, _probed(_python(), machine="aarch64"))
    assert target.name == "cp312-aarch64-glibc2.39"


@pytest.mark.parametrize("printed", [b"", b"\xff", b"ovtui-probe uname Linux x86_64\n", b"hello\n" * 9])
def test_a_shell_that_ends_early(printed: bytes) -> None:
    with pytest.raises(BoxError, match="does not run a script"):
        probed_box(printed)


def test_lines_that_are_no_answer_are_passed_over() -> None:
    fine = msgspec.json.encode(_python()).decode()
    lines = ["uname Linux x86_64", "python {", "python [1]", f"python {fine}", "end"]
    assert probed_box("".join(f"ovtui-probe {line}\n" for line in lines).encode()).pythons == (_python(),)
