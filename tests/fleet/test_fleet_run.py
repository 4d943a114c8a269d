"""`ovtui fleet run` on 20 boxes behind real sshds, five of which are faulty; on a box that hangs or loses its power;
ended by ctrl+c; its controller killed and gone on with."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import box_faults
from harness.bad_line import BadLine
from harness.fake_ovtui import running, sessions_begun, write_fake_ovtui
from harness.ssh_boxes import PROGRAMS, Boxes
from harness.sshd import SSHD

OVTUI = str(PROGRAMS / "ovtui")
_LONG = ("demo-mlp", "-d", "CPU", "-t", "300", "--jobs", "2")
_MINE = ("demo-mlp", "-d", "CPU", "-n", "60", "--rate", "20", "--jobs", "1", "--name", "mine")
pytestmark = pytest.mark.skipif(not SSHD, reason="there is no sshd")


@pytest.fixture
def fleet(tmp_path: Path) -> Callable[..., Boxes]:
    return lambda *names, **more: Boxes(tmp_path, names, **more)


def _run(boxes: Boxes, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OVTUI, "fleet", *words], env=boxes.env, text=True, capture_output=True, check=False)


@contextlib.contextmanager
def _begun(boxes: Boxes, *words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [OVTUI, "fleet", "run", "--hosts", str(boxes.hosts_file()), *words], env=boxes.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def _read_until(process: subprocess.Popen[str], *texts: str) -> list[str]:
    """Lines of its stderr, until each of these texts was in one."""
    assert process.stderr is not None
    missing, lines = set(texts), []
    for line in process.stderr:
        lines.append(line.rstrip())
        missing -= {text for text in missing if text in line}
        if not missing:
            return lines
    raise AssertionError(f"{missing} not in {lines}")


GOOD = tuple(f"box{number}" for number in range(1, 16))


@pytest.mark.parametrize(
    "real",
    [pytest.param(("box1", "box3"), id="2-real"), pytest.param(GOOD, id="15-real", marks=pytest.mark.by_hand)],
)
def test_20_boxes_of_which_5_are_faulty_are_15_results_and_5_sentences(
    fleet: Callable[..., Boxes], tmp_path: Path, real: tuple[str, ...]
) -> None:
    """Those named run a real session, the others of the 15 a fake one; two are behind bad lines."""
    good = list(GOOD)
    fake = str(write_fake_ovtui(tmp_path / "fake_ovtui", length_s=0.0))
    with (
        fleet(*good, "dead", "other-key", "hangs", "empty", "full", ovtui=fake) as boxes,
        BadLine(boxes["box1"].port) as first, BadLine(boxes["box2"].port, seed=2) as second,
        box_faults.full_disk(boxes["full"]),
    ):  # fmt: skip
        for name in real:
            (boxes[name].bin / "ovtui").unlink()
            (boxes[name].bin / "ovtui").symlink_to(OVTUI)
        boxes.write_ssh_files({"box1": first.port, "box2": second.port, "dead": box_faults.dead_port()})
        box_faults.change_host_key(boxes, "other-key")
        box_faults.hang_after_login(boxes["hangs"])
        box_faults.remove_ovtui(boxes["empty"])
        done = _run(
            boxes, "run", "--hosts", str(boxes.hosts_file()), "demo-mlp", "-d", "CPU", "-n", "20", "--jobs", "4",
            "--json", str(boxes.home / "result.json"),
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        result = json.loads((boxes.home / "result.json").read_text())
        outcomes = {box["name"]: box["outcome"] for box in result["boxes"]}
        assert {name for name, outcome in outcomes.items() if outcome == "done"} == set(good), done.stderr
        assert {name for name, outcome in outcomes.items() if outcome == "failed"} == set(outcomes) - set(good)
        for name, text in (
            ("dead", "nothing listens"), ("other-key", "key"), ("hangs", "8 s: it hangs"),
            ("empty", "ovtui fleet push"), ("full", "disk is full"),
        ):  # fmt: skip
            told = [line for line in done.stderr.splitlines() if line.startswith(f"{name}: ")]
            assert len(told) == (2 if name == "hangs" else 1), told  # it is tried again
            assert text in told[-1]
        for name in good:
            box = next(each for each in result["boxes"] if each["name"] == name)
            assert box["result"]["requests"]["completed"] == (20 if name in real else 812)
            assert Path(box["recording"]).read_bytes()[:15] == (b"SQLite format 3" if name in real else bytes(15))
            assert name in done.stdout
            assert box_faults.processes_of(boxes[name]) == []
            assert not (boxes[name].home / ".local/state/ovtui/fleet").exists()
            assert running(boxes[name].home) == []
        assert first.carried > 10_000


def test_a_box_that_hangs_is_told_and_waited_for_and_one_that_lost_its_power_is_given_up(
    fleet: Callable[..., Boxes], tmp_path: Path
) -> None:
    fake = str(write_fake_ovtui(tmp_path / "fake_ovtui", length_s=60.0, every_s=0.5))
    words = ("demo-mlp", "-d", "CPU", "-n", "20", "--patience", "20s", "--no-screen")
    with fleet("hangs", "lost", "fine", ovtui=fake) as boxes, _begun(boxes, *words) as process:
        _read_until(process, "hangs: serving on CPU", "lost: serving on CPU", "fine: serving on CPU")
        box_faults.signal_box(boxes["hangs"], signal.SIGSTOP)
        box_faults.signal_box(boxes["lost"], signal.SIGKILL)
        lines = _read_until(process, "hangs: silent", "lost: nothing listens", "hangs: it has sent nothing for 8 s")
        assert not any(line.startswith("fine: ") for line in lines)
        (boxes["fine"].home / ".fake" / "end").touch()
        (boxes["hangs"].home / ".fake" / "end").touch()
        box_faults.signal_box(boxes["hangs"], signal.SIGCONT)
        stdout, stderr = process.communicate()
        assert process.returncode == 1
        assert "hangs: done" in stderr
        assert "fine: done" in stderr
        told = [line for line in stderr.splitlines() if line.startswith("lost: ")][-1]
        assert "ovtui fleet resume" in told
        assert stdout.splitlines()[-1] == "2 of 3 boxes: 2 not compared; 1 failed"
        assert [sessions_begun(boxes[name].home) for name in ("hangs", "fine")] == [1, 1]


def test_ctrl_c_leaves_nothing_running_on_any_box_and_keeps_what_was_measured(fleet: Callable[..., Boxes]) -> None:
    with (
        fleet("b1", "b2", "b3") as boxes,
        _begun(boxes, *_LONG) as process,
    ):
        lines = _read_until(process, "serving on CPU")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
        assert process.returncode == 130, stderr
        first = next(line.split(":")[0] for line in lines if "serving on CPU" in line)
        assert f"{first}: done" in stderr
        assert "Traceback" not in stderr
        assert stdout.splitlines()[-1].startswith(("1 of 3 boxes", "2 of 3 boxes"))
        for box in boxes.boxes.values():
            assert box_faults.processes_of(box) == []
            assert not (box.home / ".local/state/ovtui/fleet").exists()


def test_a_controller_that_was_killed_is_gone_on_with_and_loses_no_run(fleet: Callable[..., Boxes]) -> None:
    with fleet("b1", "b2") as boxes:
        with _begun(boxes, *_MINE) as process:
            _read_until(process, "serving on CPU")
            process.kill()
            process.communicate()
        first = _run(boxes, "show", "mine", "--json", "-")
        assert first.returncode == 1
        assert {box["outcome"] for box in json.loads(first.stdout)["boxes"]} == {"failed"}
        done = _run(boxes, "resume", "--json", "-")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)["boxes"]
        assert [box["result"]["requests"]["completed"] for box in found] == [60, 60]
        for box in found:
            assert Path(box["recording"]).exists()
        for each in boxes.boxes.values():
            assert box_faults.processes_of(each) == []
        assert _run(boxes, "show", "mine").returncode == 0


def test_a_model_of_this_machine_is_sent_once(fleet: Callable[..., Boxes], tmp_path: Path) -> None:
    fake = str(write_fake_ovtui(tmp_path / "fake_ovtui", length_s=0.0))
    (tmp_path / "it's a model.xml").write_text('<?xml version="1.0"?><net name="n" version="11"></net>')
    (tmp_path / "it's a model.bin").write_bytes(bytes(300_000))
    with fleet("b1", ovtui=fake) as boxes:
        words = ("run", "--host", "b1", str(tmp_path / "it's a model.xml"), "-n", "1")
        for _ in range(2):
            done = _run(boxes, *words)
            assert done.returncode == 0, done.stderr
        assert running(boxes["b1"].home) == []
        preset = next((boxes["b1"].home / ".fake").glob("s-*/preset.toml")).read_text()
        path = Path(preset.split('model = "')[1].split('"')[0])
        assert path.with_suffix(".bin").stat().st_size == 300_000
        before = path.stat().st_mtime_ns
        assert _run(boxes, *words).returncode == 0
        assert path.stat().st_mtime_ns == before
        shown = _run(boxes, *words, "--dry-run").stdout
        assert f"models/{path.parent.name}" in shown
        assert "b1: by asyncssh" in shown


def test_no_room_here_in_the_middle_of_a_recording_is_a_sentence_and_resume_fetches_the_rest(
    fleet: Callable[..., Boxes], tmp_path: Path
) -> None:
    fake = str(write_fake_ovtui(tmp_path / "fake_ovtui", length_s=0.0, recording_bytes=1_500_000))
    with fleet("b1", ovtui=fake) as boxes:
        words = [OVTUI, "fleet", "run", "--host", "b1", "demo-mlp", "-n", "1"]
        script = f"ulimit -f 1000; exec {shlex.join(words)}"  # half of it
        done = subprocess.run(["sh", "-c", script], env=boxes.env, text=True, capture_output=True, check=False)
        assert done.returncode == 1
        told = [line for line in done.stderr.splitlines() if line.startswith("b1: ")][-1]
        assert "cannot be written here" in told
        assert "ovtui fleet resume" in told
        assert running(boxes["b1"].home) == []
        [part] = boxes.home.rglob("b1.ovtui.part")
        assert 0 < part.stat().st_size < 1_500_000
        done = _run(boxes, "resume", "--json", "-")
        assert done.returncode == 0, done.stderr
        [found] = json.loads(done.stdout)["boxes"]
        assert Path(found["recording"]).read_bytes() == bytes(1_500_000)
        assert sessions_begun(boxes["b1"].home) == 1
