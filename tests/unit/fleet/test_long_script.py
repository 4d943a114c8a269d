"""A script of many KB gets to the shell whole, however it is cut on its way."""

from __future__ import annotations

import subprocess

from ovtui.fleet.reach.scripts import BEGINS, wrapped


def test_what_comes_late_is_not_taken_by_what_watches_the_line() -> None:
    lines = "".join(f"line {number}\n" for number in range(4000))
    data = wrapped(f"cat <<'END' | cksum\n{lines}END\n")
    shell = subprocess.Popen(["sh", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert shell.stdin is not None
    assert shell.stdout is not None
    for at in range(0, len(data), 1000):
        shell.stdin.write(data[at : at + 1000])
        shell.stdin.flush()
    printed = shell.stdout.read().removeprefix(BEGINS)
    shell.stdin.close()
    assert shell.wait() == 0
    assert printed == subprocess.run(["cksum"], input=lines.encode(), capture_output=True, check=True).stdout
