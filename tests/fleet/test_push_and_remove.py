"""`ovtui fleet push` and `remove` to a real sshd, of a box that has Python and no ovtui, with small wheels in the place
of large ones. The real ones: tests/long/fleet_push.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.ssh_boxes import PROGRAMS, Boxes
from harness.sshd import SSHD
from harness.stand_in_wheels import PROGRAM, make_wheel, stand_in_wheelhouse

from ovtui import __version__

pytestmark = pytest.mark.skipif(SSHD is None, reason="no sshd")


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[Boxes]:
    with Boxes(tmp_path, ["bare"], ovtui=None) as made:
        inventory = made.home / "hosts"
        inventory.write_text(f"bare ovtui_python={sys.executable}\n")
        yield made


def _fleet(boxes: Boxes, *words: str) -> subprocess.CompletedProcess[str]:
    named = ["--hosts", str(boxes.home / "hosts")]
    command = [str(PROGRAMS / "ovtui"), "fleet", *words, *named, "--ssh-config", str(boxes.home / ".ssh/config")]
    return subprocess.run(command, capture_output=True, text=True, env=boxes.env, check=False)


def test_brought_changed_used_and_taken_away(boxes: Boxes, tmp_path: Path) -> None:
    wheels = stand_in_wheelhouse(tmp_path / "wheels")
    bare, push = boxes["bare"], ("push", "--wheelhouse", str(wheels))
    data = bare.home / ".local/share/ovtui/fleet"

    dry = _fleet(boxes, *push, "--dry-run")
    assert (dry.returncode, "sends openvino-2026.4.1-py3-none-any.whl" in dry.stdout) == (0, True), dry.stderr
    assert list(bare.home.iterdir()) == []

    first = _fleet(boxes, *push, "--link", "--json")
    assert first.returncode == 0, first.stderr
    ((told,),) = (json.loads(first.stdout)["boxes"],)
    assert (told["name"], told["error"], told["pushed"]["openvino"]) == ("bare", None, "2026.4.1")
    assert bare.run([str(bare.home / ".local/bin/ovtui"), "--version"]).stdout == f"ovtui {__version__}\n"
    assert data.stat().st_mode & 0o777 == 0o700

    again = _fleet(boxes, *push)
    assert (again.returncode, "0.0 MB  is there already" in again.stdout) == (0, True), again.stdout

    # What runs out of the first goes on while the second takes its place, and a broken one takes none.
    session = subprocess.Popen([data / "venv/bin/ovtui", "600"], stdout=subprocess.PIPE, env=bare.env)
    try:
        assert session.stdout is not None
        assert session.stdout.readline() == b"works\n"
        before = (data / "venv").readlink()
        make_wheel(wheels, "ovtui", __version__, requires=("openvino>=2099", "numpy"), program="ovtui:main")
        broken = _fleet(boxes, *push)
        assert (broken.returncode, "could not put the wheels in place" in broken.stderr) == (1, True), broken.stderr
        assert "openvino>=2099" in broken.stderr
        assert (data / "venv").readlink() == before
        stand_in_wheelhouse(wheels, program=PROGRAM + "# changed\n")
        second = _fleet(boxes, *push)
        assert (second.returncode, "sessions still run out of the ovtui" in second.stderr) == (0, True), second.stderr
        assert (data / "venv").readlink() != before
        assert (data / before / "bin/ovtui").exists()
        assert session.poll() is None

        refused = _fleet(boxes, "remove")
        assert (refused.returncode, "--force stops what runs first" in refused.stderr) == (1, True)
        recording = bare.home / ".local/state/ovtui/fleet/20260101-000000-abc/recording.ovtui"
        recording.parent.mkdir(parents=True)
        recording.write_text("measured")
        forced = _fleet(boxes, "remove", "--force")
        assert (forced.returncode, "never fetched, so kept" in forced.stderr) == (0, True), forced.stderr
        assert session.wait() == -15
    finally:
        session.kill()
        session.wait()
    assert not data.exists()
    assert not os.path.lexists(bare.home / ".local/bin/ovtui")
    assert recording.exists()
    assert _fleet(boxes, "remove", "--recordings").returncode == 0
    assert not recording.exists()


def test_sentences(boxes: Boxes, tmp_path: Path) -> None:
    push = ("push", "--wheelhouse", str(stand_in_wheelhouse(tmp_path / "wheels")))
    (boxes.home / "hosts").write_text("bare ovtui_python=/nowhere/python\n")
    done = _fleet(boxes, *push)
    assert (done.returncode, done.stdout) == (1, "")
    assert "bare: '/nowhere/python' (ovtui_python of the inventory) is no Python there" in done.stderr
    wrong = _fleet(boxes, *push, "--with", "sweeps")
    assert (wrong.returncode, "did you mean sweep?" in wrong.stderr) == (2, True)
