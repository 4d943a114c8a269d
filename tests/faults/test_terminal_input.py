"""Bytes that are no keys, typed into the real program."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.program import Program, ovtui

DEMO = Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui"
HELP = re.compile(r"─ Help ─")
_NOISE = bytes(random.Random(16).choice(range(0x80, 0x100)) for _ in range(20_000))


@dataclass(frozen=True)
class Typed(Fault):
    reads: tuple[bytes, ...] = ()
    """What is typed, with a pause for the program to read it in between."""


def row(case: str, *reads: bytes) -> Typed:
    return Typed(case, "ignored; the next key counts", None, "terminal and start", reads)


FAULTS = [
    row("a letter of a Latin-1 terminal is typed", "é".encode("latin-1")),
    row("a character of UTF-8 is cut short", "€".encode()[:2]),
    row("a character of UTF-8 comes in two reads", "€".encode()[:2], "€".encode()[2:]),
    row("continuation bytes without a beginning are typed", b"\x80\xbf\x80"),
    row("overlong and impossible bytes of UTF-8 are typed", b"\xc0\xaf\xe0\x80\xaf\xf5\x80\x80\x80\xfe\xff"),
    row("half a surrogate in UTF-8 is typed", b"\xed\xa0\x80"),
    row("a byte that is no UTF-8 comes inside an escape sequence", b"\x1b[\xff1;5\xe9C"),
    row("a byte that is no UTF-8 comes inside a paste", b"\x1b[200~pasted \xe9\xff\x1b[201~"),
    row("NUL and 8-bit control characters are typed", b"\x00\x9b\x9b1A\x00"),
    row("all bytes from 0x80 to 0xff are typed", bytes(range(0x80, 0x100))),
    row("a line makes 20,000 bytes of noise", _NOISE),
    row("a key with the number of no character is sent", b"\x1b[1114112u\x1b[55296u\x1b[99999999999999999999u"),
    row("the mouse is reported far outside of the screen", b"\x1b[<0;99999;99999M\x1b[<35;70000;1M\x1b[<0;0;0M"),
    row("a size is written as input that the terminal does not have", b"\x1b[48;60000;60000;0;0t\x1b[48;0;0;0;0t"),
]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One dashboard for all rows, over a recording."""
    folder = str(tmp_path_factory.mktemp("home"))
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    env = dict.fromkeys(names, folder) | {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    with Program(ovtui("replay", str(DEMO)), env, 80, 24) as program:
        program.wait_for("q quit")
        yield program


@pytest.mark.parametrize("fault", FAULTS, ids=id_of)
def test_bytes_that_are_no_keys_are_ignored(replayed: Program, fault: Typed) -> None:
    for number, data in enumerate(fault.reads):
        if number:
            opens_and_closes_help(replayed)
        for begin in range(0, len(data), 1000):  # what a pty takes at once
            replayed.type_bytes(data[begin : begin + 1000])
    opens_and_closes_help(replayed)


def opens_and_closes_help(program: Program) -> None:
    program.keys("?")
    program.wait_for(HELP)
    program.keys("escape")
    program.wait_for(lambda text: not HELP.search(text))


def test_after_all_of_it_the_program_leaves_as_ever(replayed: Program) -> None:
    for fault in FAULTS:
        for data in fault.reads:
            replayed.type_bytes(data[:1000])
    replayed.keys("q")
    assert replayed.wait() == 0
    replayed.assert_terminal_restored()
    assert "throughput" in replayed.text
