"""The child that loads libraries and asks loaders, with libraries made for it: what each gives, how each fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ovtui.host.asked_processes import Asked, ask_all
from ovtui.host.doctor.probed import Probed
from ovtui.records.doctor_probe import Question

MakeLibrary = Callable[[str], str]
"""From C to the path of a library."""
LEVEL_ZERO = """
int zeInit(unsigned flags) { return %s; }
int zeDriverGet(unsigned *count, void **drivers) { *count = 2; return 0; }
"""
OPENCL = """
#include <string.h>
typedef unsigned u; typedef unsigned long z;
int clGetPlatformIDs(u room, void **found, u *count) { %s *count = 1; found[0] = (void *)1; return 0; }
int clGetPlatformInfo(void *p, u what, z room, char *text, z *got) { strcpy(text, "A platform"); return 0; }
int clGetDeviceIDs(void *p, unsigned long type, u room, void **found, u *count) {
    %s
    *count = 2; found[0] = (void *)1; found[1] = (void *)2; return 0;
}
int clGetDeviceInfo(void *d, u what, z room, char *text, z *got) {
    strcpy(text, what == 0x102D ? "24.35" : d == (void *)1 ? "One" : "Two \\x1b[2J"); return 0;
}
"""


@pytest.fixture
def library(tmp_path: Path) -> MakeLibrary:
    def made(source: str) -> str:
        code, path = tmp_path / "made.c", tmp_path / "libmade.so.1"
        code.write_text(source)
        subprocess.run(["gcc", "-w", "-shared", "-fPIC", "-o", str(path), str(code)], check=True)
        return str(path)

    return made


def _asked(task: str, *targets: str, limit_s: float = 60.0) -> Probed:
    question = Question(parent_pid=os.getpid(), task=task, targets=list(targets))  # type: ignore[arg-type]
    command = [sys.executable, "-m", "ovtui.host.doctor.library_child"]
    asked = Asked("child", command, msgspec.json.encode(question), limit_s)
    return Probed.of(ask_all([asked])["child"])


def _told(probed: Probed) -> list[tuple[str, bool | None, str, list[str]]]:
    assert probed.answer is not None
    assert probed.answer.ending == "answered", probed.answer.stderr
    return [(each.name, each.fine, each.text, each.values) for each in probed.steps if each.fine is not None]


def test_level_zero_counts_drivers(library: MakeLibrary) -> None:
    path = library(LEVEL_ZERO % "0")
    assert _told(_asked("level-zero", path)) == [
        ("load", True, "", [path]),
        ("platforms", True, "", ["driver 1", "driver 2"]),
    ]


def test_level_zero_gives_its_code(library: MakeLibrary) -> None:
    (_, asked) = _told(_asked("level-zero", library(LEVEL_ZERO % "0x78000001")))
    assert asked == ("platforms", False, "zeInit error 0x78000001", [])


@pytest.mark.parametrize(
    ("platforms", "devices", "told"),
    [
        ("", "", (True, "", ["A platform: One, Two \x1b[2J"])),
        ("", "return -1;", (True, "", ["A platform: no device"])),
        ("return -1001;", "", (False, "clGetPlatformIDs error -1001", [])),
    ],
)
def test_opencl_platforms(
    library: MakeLibrary, platforms: str, devices: str, told: tuple[bool, str, list[str]]
) -> None:
    (_, asked, *_) = _told(_asked("opencl", library(OPENCL % (platforms, devices))))
    assert asked == ("platforms", *told)


def test_opencl_tells_the_version_of_each_devices_driver(library: MakeLibrary) -> None:
    assert _told(_asked("opencl", library(OPENCL % ("", ""))))[2:] == [
        ("versions", True, "", ["One: 24.35", "Two \x1b[2J: 24.35"])
    ]


def test_a_library_that_lacks_what_is_asked_of_it(library: MakeLibrary) -> None:
    (_, (name, fine, text, _)) = _told(_asked("opencl", library("int nothing;")))
    assert (name, fine) == ("platforms", False)
    assert "clGetPlatformIDs" in text


def test_a_library_that_is_missing_or_none(tmp_path: Path) -> None:
    none = tmp_path / "libnone.so"
    none.write_text("no library")
    told = _told(_asked("load", "libnothing.so.9", str(none)))
    assert told[0][:3] == ("load", False, "libnothing.so.9: cannot open shared object file: No such file or directory")
    assert told[1][1] is False


def test_nodes_are_opened(tmp_path: Path) -> None:
    node = tmp_path / "renderD128"
    node.touch()
    told = _told(_asked("open", str(node), str(tmp_path / "gone")))
    assert told == [("open", True, "", []), ("open", False, "No such file or directory", ["2"])]


def test_a_crash_is_told_with_the_step_and_the_driver_s_last_words(library: MakeLibrary) -> None:
    source = '#include <stdio.h>\n#include <stdlib.h>\nint zeInit(unsigned f) { puts("bad"); fflush(stdout); abort(); }'
    probed = _asked("level-zero", library(source))
    assert probed.fate == "crashed with SIGABRT while asking libmade.so.1 for its drivers"
    assert probed.last_words == "bad"  # what a driver prints on stdout is no step


def test_a_hang_is_cut_off(library: MakeLibrary) -> None:
    source = "#include <unistd.h>\nint zeInit(unsigned f) { for (;;) sleep(100); }"
    probed = _asked("level-zero", library(source), limit_s=3.0)
    assert probed.is_late
    assert probed.ended_as == "no answer in 3 s"
