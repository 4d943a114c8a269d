"""Boxes of tests leave nothing behind, however the test ends."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from harness import box_faults
from harness.box_processes import processes_at
from harness.fake_ovtui import write_fake_ovtui
from harness.ssh_boxes import PROGRAMS, Boxes
from harness.sshd import SSHD

pytestmark = pytest.mark.skipif(not SSHD, reason="there is no sshd")


def test_what_is_detached_stopped_or_followed_ends_with_its_boxes(tmp_path: Path) -> None:
    fake = str(write_fake_ovtui(tmp_path / "fake_ovtui", length_s=None))
    words = [str(PROGRAMS / "ovtui"), "fleet", "run", "--host", "b1", "demo-mlp", "-n", "9"]

    def broken_off() -> None:
        with Boxes(tmp_path, ["b1"], ovtui=fake) as boxes:
            homes.extend([boxes.home, boxes["b1"].home])
            process = subprocess.Popen(words, env=boxes.env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            begun.append(process)
            assert process.stderr is not None
            while b"serving" not in process.stderr.readline():
                assert process.poll() is None
            box_faults.signal_box(boxes["b1"], signal.SIGSTOP)
            started.append(len(processes_at(homes)))
            raise KeyboardInterrupt

    homes: list[Path] = []
    started: list[int] = []
    begun: list[subprocess.Popen[bytes]] = []
    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert started[0] >= 2
    assert processes_at(homes) == []
    begun[0].communicate()
    assert begun[0].returncode == -signal.SIGKILL
