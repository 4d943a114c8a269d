"""Huge pages are asked for in the processes that are started meanwhile, unless a person has said otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ovtui.host import huge_pages
from ovtui.host.huge_pages import VARIABLE, asking_for_huge_pages

MARKED = """
kept = bytearray(64 << 20)
with open("/proc/self/smaps") as maps:
    print(sum(line.startswith("VmFlags:") and " hg" in line for line in maps))
"""
"""Prints how many parts of its memory a program has asked to be in huge pages."""


@pytest.fixture
def enabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(huge_pages, "ENABLED", tmp_path / "enabled")
    monkeypatch.setattr(huge_pages, "_glibc_knows", lambda: True)
    (tmp_path / "enabled").write_text("always [madvise] never\n")
    return tmp_path / "enabled"


def test_a_program_started_meanwhile_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with asking_for_huge_pages() as why_not:
        if why_not or "[madvise]" not in huge_pages.ENABLED.read_text():
            pytest.skip(f"they are not for the asking here: {why_not or 'every program has them'}")
        told = subprocess.run([sys.executable, "-c", MARKED], check=True, stdout=subprocess.PIPE)
    assert int(told.stdout) > 0
    assert VARIABLE not in os.environ
    told = subprocess.run([sys.executable, "-c", MARKED], check=True, stdout=subprocess.PIPE)
    assert int(told.stdout) == 0


def test_other_tunables_stay(enabled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "glibc.malloc.check=1")
    with asking_for_huge_pages() as why_not:
        assert os.environ[VARIABLE] == "glibc.malloc.check=1:glibc.malloc.hugetlb=1"
        assert why_not == ""
    assert os.environ[VARIABLE] == "glibc.malloc.check=1"


def test_what_a_person_says_of_them_holds(enabled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "glibc.malloc.hugetlb=0")
    with asking_for_huge_pages() as why_not:
        assert os.environ[VARIABLE] == "glibc.malloc.hugetlb=0"
        assert why_not == "GLIBC_TUNABLES says glibc.malloc.hugetlb=0"


def test_a_system_without_them_is_told(enabled: Path) -> None:
    enabled.write_text("always madvise [never]\n")
    with asking_for_huge_pages() as why_not:
        assert why_not == f"{enabled} says never"
    enabled.unlink()
    with asking_for_huge_pages() as why_not:
        assert why_not == "this system has none"
