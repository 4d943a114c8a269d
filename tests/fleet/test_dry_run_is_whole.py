"""`--dry-run` shows every script that a box gets: what comes to a real sshd is held against what was shown."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.fake_ovtui import write_fake_ovtui
from harness.heard_boxes import alike, listen, scripts_heard
from harness.ssh_boxes import PROGRAMS, Boxes
from harness.sshd import SSHD
from harness.stand_in_wheels import stand_in_wheelhouse

from ovtui.fleet.push.asking_there import program
from ovtui.fleet.reach.scripts import HOLD, shown_wrapping

pytestmark = pytest.mark.skipif(not SSHD, reason="there is no sshd")
_HASH = "[0-9a-f]"


@pytest.fixture
def fleet(tmp_path: Path) -> Callable[..., Boxes]:
    return lambda *names, **more: Boxes(tmp_path, names, **more)


def _fleet(boxes: Boxes, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAMS / "ovtui"), "fleet", *words]
    return subprocess.run(command, env=boxes.env, text=True, capture_output=True, check=False, cwd=boxes.home)


def _shown(boxes: Boxes, names: dict[str, str], *words: str) -> set[str]:
    done = _fleet(boxes, *words, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert shown_wrapping().strip() in done.stdout
    assert HOLD in done.stdout
    text = done.stdout.partition("scripts, to sh on ")[2].partition("the system’s ssh")[0]
    return {alike(each, names) for each in re.split("^# .*\n", text, flags=re.MULTILINE)[1:]}


def _heard(folder: Path, names: dict[str, str], sent: dict[str, str]) -> list[str]:
    """`sent`: names of a script that brings a file."""
    return [
        alike(each.replace(program(), "PROGRAM"), {**names, **(sent if ".part" in each else {})})
        for each in scripts_heard(folder)
    ]


_SENT = {f"\\.{_HASH}{{12}}\\.part": ".MARK.part", r"-eq \d+": "-eq SIZE", r"instead of \d+": "instead of SIZE"}


def test_of_a_run_that_is_gone_through_and_of_one_that_is_stopped_before_its_session_is_known(
    fleet: Callable[..., Boxes], tmp_path: Path
) -> None:
    fake = str(write_fake_ovtui(tmp_path / "fake_ovtui", length_s=0.0))
    (tmp_path / "m.xml").write_text('<?xml version="1.0"?><net name="n" version="11"></net>')
    (tmp_path / "m.bin").write_bytes(bytes(1000))
    with fleet("b1", ovtui=fake) as boxes:
        home = re.escape(str(boxes["b1"].home))
        names = {
            rf"{home}/\.local/state/ovtui/fleet": "$STATE", rf"{home}/\.cache/ovtui/fleet/models": "$MODELS",
            r"\b(first|second)\.b1\b": r"\1.BOX", r"\bfake\d+\b": "SESSION", r"\b(first|second)\b": "RUN",
        }  # fmt: skip
        run = ("run", "--host", "b1", str(tmp_path / "m.xml"), "-n", "1", "--name")
        stopped = ("run", "--host", "b1", "demo-mlp", "-n", "1", "--name", "second")
        shown = _shown(boxes, names, *run, "first") | _shown(boxes, names, *stopped)
        listen(boxes["b1"], tmp_path / "heard")
        done = _fleet(boxes, *run, "first")
        assert done.returncode == 0, done.stderr
        (boxes["b1"].home / ".fake" / "hold").touch()
        command = [str(PROGRAMS / "ovtui"), "fleet", *stopped, "--no-screen"]
        with subprocess.Popen(command, env=boxes.env, text=True, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            next(line for line in process.stderr if "b1: starting" in line)
            process.send_signal(signal.SIGINT)
            (boxes["b1"].home / ".fake" / "hold").unlink()
            process.communicate()
        heard = _heard(tmp_path / "heard", names, {**_SENT, r"/m\.(xml|bin)": "/FILE"})
        assert [each for each in heard if each not in shown] == []
        # What is shown and did not come is of a line that broke, of a box without SFTP, and of an end by force.
        unheard = [each for each in shown - set(heard) if each]
        assert len(unheard) <= 10, unheard


def test_of_a_sweep(fleet: Callable[..., Boxes], tmp_path: Path) -> None:
    fake = str(write_fake_ovtui(tmp_path / "fake_ovtui", length_s=0.0))
    with fleet("b1", ovtui=fake) as boxes:
        names = {
            rf"{re.escape(str(boxes['b1'].home))}/\.local/state/ovtui/fleet": "$STATE",
            rf"\bsweep-\d+-\d+-{_HASH}+-(POINT|\d+-\d+-\d+|\*)\.(BOX|b1)\b": "RUN", r"\bfake\d+\b": "SESSION",
        }  # fmt: skip
        sweep = ("sweep", "demo-mlp", "-d", "CPU", "--vary", "nireq=2", "--point", "1s", "--host", "b1")
        shown = _shown(boxes, names, *sweep)
        listen(boxes["b1"], tmp_path / "heard")
        _fleet(boxes, *sweep)
        heard = _heard(tmp_path / "heard", names, {})
        assert len(set(heard)) > 5
        assert [each for each in heard if each not in shown] == []


def test_of_push_and_remove(fleet: Callable[..., Boxes], tmp_path: Path) -> None:
    wheels = stand_in_wheelhouse(tmp_path / "wheels")
    with fleet("bare", ovtui=None) as boxes:
        (boxes.home / "hosts").write_text(f"bare ovtui_python={sys.executable}\n")
        names = {rf"{re.escape(str(boxes['bare'].home))}/\.local/share/ovtui/fleet": "$DATA"}
        sent = {**_SENT, r"/wheels/[\w.-]+\.whl(?=[\s'.])": "/wheels/WHEEL"}
        for words in (("push", "--wheelhouse", str(wheels)), ("remove",)):
            heard_in = tmp_path / f"heard-{words[0]}"
            shown = _shown(boxes, names, *words, "--hosts", "hosts")
            listen(boxes["bare"], heard_in)
            done = _fleet(boxes, *words, "--hosts", "hosts")
            assert done.returncode == 0, done.stderr
            heard = _heard(heard_in, names, sent)
            assert len(set(heard)) >= 3
            assert [each for each in heard if each not in shown] == []
        assert program() in _fleet(boxes, "remove", "--hosts", "hosts", "--dry-run").stdout
