"""Several processes asked at once: how each ends, what is kept of what it prints, and that nothing is left of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ovtui.host import asked_processes
from ovtui.host.asked_processes import Answer, Asked, ask_all


def _python(name: str, code: str, **given: object) -> Asked:
    return Asked(name, [sys.executable, "-c", code], **given)  # type: ignore[arg-type]


def test_each_ending_is_told_apart() -> None:
    answers = ask_all(
        [
            _python("fine", "print(input()[::-1])", stdin=b"abc\n", limit_s=30),
            _python("code", "import sys; sys.exit(3)", limit_s=30),
            _python("crash", "import os; print('so far', flush=True); os.kill(os.getpid(), 11)", limit_s=30),
            _python("hang", "import time; print('began', flush=True); time.sleep(600)", limit_s=1.5),
            Asked("absent", ["/no/such/program"], limit_s=30),
            Asked("absent too", ["/no/such/program"], limit_s=30, ends_itself=True),
        ]
    )
    assert answers["fine"].ending == "answered"
    assert answers["fine"].stdout == b"cba\n"
    assert (answers["code"].ending, answers["code"].code) == ("exit-code", 3)
    assert (answers["crash"].ending, answers["crash"].signal_name) == ("signal", "SIGSEGV")
    assert answers["crash"].stdout == b"so far\n"
    assert answers["crash"].words == "crashed with SIGSEGV"
    assert answers["hang"].ending == "late"
    assert answers["hang"].words == "no answer in 1.5 s"
    assert (answers["absent"].ending, answers["absent"].code) == ("exit-code", 127)
    assert b"No such file" in answers["absent"].stderr
    assert answers["absent too"].words == "could not be started: No such file or directory"


def test_a_limit_is_told_in_tenths() -> None:
    assert Answer("late", limit_s=7.62143).words == "no answer in 7.6 s"
    assert Answer("late", limit_s=4.0).words == "no answer in 4 s"


def test_a_hanging_one_is_killed_with_its_children_and_what_it_printed_is_kept() -> None:
    code = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()"
    answer = ask_all([_python("parent", code, limit_s=3.0)])["parent"]
    assert answer.ending == "late"
    _wait_until_gone(int(answer.stdout))


def test_all_are_killed_once_the_descriptor_can_be_read() -> None:
    stop_fd = os.eventfd(0)
    code = "import time; print('began', flush=True); time.sleep(600)"
    stops = _python("first", code, limit_s=600, on_line=lambda _: os.eventfd_write(stop_fd, 1))
    try:
        answers = ask_all([stops, _python("second", "import time; time.sleep(600)", limit_s=600)], stop_fd)
    finally:
        os.close(stop_fd)
    assert [answer.ending for answer in answers.values()] == ["late", "late"]


def test_a_grandchild_that_holds_the_pipes_holds_up_nothing() -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    answer = ask_all([_python("parent", code, limit_s=60)])["parent"]
    assert answer.ending == "answered"
    _wait_until_gone(int(answer.stdout))


def test_what_is_printed_without_end_is_cut_and_the_process_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_processes, "MAX_OUTPUT_BYTES", 10_000)
    code = "import sys; sys.stdout.write('x' * 900_000); sys.stdout.flush(); sys.exit(5)"
    answer = ask_all([_python("flood", code, limit_s=60)])["flood"]
    assert (answer.ending, answer.code, answer.cut) == ("exit-code", 5, True)
    assert answer.stdout == b"x" * 10_000


def test_one_that_does_not_read_its_stdin_is_no_failure() -> None:
    answer = ask_all([_python("deaf", "print('done')", stdin=b"x" * 3_000_000, limit_s=60)])["deaf"]
    assert answer.ending == "answered"
    assert answer.stdout == b"done\n"


def test_much_stdin_is_fed_while_much_is_printed() -> None:
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    data = os.urandom(700_000)
    answer = ask_all([_python("echo", code, stdin=data, limit_s=60)])["echo"]
    assert answer.stdout == data


def test_without_pidfd_the_end_is_seen_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(pid: int, flags: int = 0) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", refused)
    answer = ask_all([_python("fine", "print(1)", limit_s=60)])["fine"]
    assert answer.stdout == b"1\n"


def test_children_have_the_environment_of_ovtui_and_what_was_given() -> None:
    code = "import os; print(os.environ['LC_ALL'], os.environ['MORE'])"
    answer = ask_all([_python("child", code, environment={"MORE": "given"}, limit_s=60)])["child"]
    assert answer.stdout == b"C.UTF-8 given\n"


def test_two_of_one_name_are_refused_and_nothing_is_left() -> None:
    with pytest.raises(ValueError, match="two processes"):
        ask_all([_python("a", "import time; time.sleep(600)", limit_s=600)] * 2)


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    ask_all([_python("a", "print(1)", limit_s=60), _python("b", "import time; time.sleep(60)", limit_s=0.5)])
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_child_ends_with_whoever_asks(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    child = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    ask = f"ask_all([Asked('a', [sys.executable, '-c', {child!r}], limit_s=600)])"
    code = f"import sys; from ovtui.host.asked_processes import Answer, Asked, ask_all; {ask}"
    asker = subprocess.Popen([sys.executable, "-c", code])
    try:
        _wait(lambda: told.exists() and told.read_text() != "")
    finally:
        asker.kill()
        asker.wait()
    _wait_until_gone(int(told.read_text()))


def _wait_until_gone(pid: int) -> None:
    def gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    _wait(gone)


def _wait(reached: object, limit_s: float = 60.0) -> None:
    end_s = time.monotonic() + limit_s
    while not reached():  # type: ignore[operator]
        assert time.monotonic() < end_s
        time.sleep(0.01)
