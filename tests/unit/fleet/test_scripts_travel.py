"""How a script travels: wrapped for `sh -s`, or as words for any login shell."""

from __future__ import annotations

import shutil
import signal
import subprocess

import pytest

from ovtui.fleet.reach.scripts import BEGINS, as_command, wrapped


def started(text: bytes) -> subprocess.Popen[bytes]:
    """`sh -s` as sshd starts it: in a session of its own, its standard input open."""
    shell = subprocess.Popen(
        ["sh", "-s"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert shell.stdin is not None
    shell.stdin.write(text)
    shell.stdin.flush()
    return shell


def ended(text: bytes) -> tuple[int, bytes]:
    with started(text) as shell:
        assert shell.stdout is not None
        said = shell.stdout.read()
        return shell.wait(), said


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        ("echo a; exit 3", 3, b"a\n"),
        ("cat; echo after", 0, b"after\n"),
        ("exit 255", 254, b""),
        ("kill -9 $(sh -c 'echo $PPID')", 137, b""),
        ("cat <<E\n$((1 + 1)) (\nE", 0, b"2 (\n"),
        ("echo end # a comment", 0, b"end\n"),
    ],
)
def test_its_status_and_output_come_while_standard_input_is_open(script: str, status: int, said: bytes) -> None:
    assert ended(wrapped(script)) == (status, BEGINS + said)


def test_half_a_script_does_nothing() -> None:
    whole = wrapped("echo first\necho second")
    shell = started(whole[: whole.index(b"echo second")])
    assert shell.communicate()[0] == b""


def test_a_script_longer_than_a_pipe() -> None:
    script = "".join(f"echo {'x' * 90} {number} >/dev/null\n" for number in range(2_000)) + "echo last"
    assert ended(wrapped(script)) == (0, BEGINS + b"last\n")


def test_when_standard_input_closes_everything_ends() -> None:
    with started(wrapped("trap 'echo caught; exit 9' HUP; echo begun; sleep 1000 & wait; echo never")) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        assert shell.stdout.read(len(BEGINS) + 6) == BEGINS + b"begun\n"
        shell.stdin.close()
        assert shell.stdout.read() == b"caught\n"  # its end: no process holds it any more
        assert shell.wait() == -signal.SIGHUP


@pytest.mark.parametrize("login_shell", ["sh", "bash", "dash", "fish", "tcsh", "zsh", "ksh"])
def test_as_words_for_a_login_shell(login_shell: str) -> None:
    """Those of them that are here."""
    if shutil.which(login_shell) is None:
        login_shell = "sh"
    script = "cat; printf '%s\\n' \"$(echo 'a  \"b\"')\" '!$(x)' `echo \\`echo c\\`` \\\nnext"
    done = subprocess.run([login_shell, "-c", as_command(script)], input=b"given\n", capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b'given\na  "b"\n!$(x)\nc\nnext\n', b"")
