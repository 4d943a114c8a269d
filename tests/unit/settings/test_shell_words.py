"""A command that is printed is the one that bash runs, whatever names are in it."""

from __future__ import annotations

import os
import subprocess

from harness import hostile
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.settings.paths import shell_line, shell_path

NAMES = st.binary(min_size=1, max_size=30).map(lambda data: os.fsdecode(data.replace(b"\0", b"")))


def in_bash(command: str) -> list[bytes]:
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, env={"LC_ALL": "C"})
    return done.stdout.split(b"\0")[:-1]


@settings(max_examples=40)
@given(st.lists(NAMES, min_size=1, max_size=5))
def test_bash_gets_the_same_bytes(words: list[str]) -> None:
    line = shell_line(words)
    assert not hostile.bad_signs(line, "")
    assert in_bash(f"printf '%s\\0' {line}") == [os.fsencode(word) for word in words]


def test_a_path_is_no_option() -> None:
    assert in_bash(f"printf '%s\\0' {shell_path(hostile.FILE_NAME)} {shell_path('-rf')}") == [
        os.fsencode(hostile.FILE_NAME), b"./-rf",
    ]  # fmt: skip
