"""`ovtui fleet hosts` and `ovtui fleet prometheus-targets --ask`, as a person runs them, over real sshds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.program import ovtui
from harness.ssh_boxes import Boxes
from harness.sshd import SSHD

pytestmark = pytest.mark.skipif(SSHD is None, reason="there is no sshd")


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[Boxes]:
    with Boxes(tmp_path, ["b1", "b2", "b3"], ovtui=None) as made:
        yield made


def run(boxes: Boxes, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ovtui("fleet", *words), env=boxes.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def says(boxes: Boxes, name: str, *sessions: dict[str, str]) -> None:
    """From now on, a box's ovtui tells of these sessions."""
    path = boxes[name].bin / "ovtui"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(sessions)}\nEND\n")
    path.chmod(0o755)


def test_hosts_tells_where_each_is_and_how_it_is_reached(boxes: Boxes, tmp_path: Path) -> None:
    inventory = tmp_path / "lab.ini"
    inventory.write_text(
        "[gpu]\nb1\nb2 ansible_ssh_common_args='-o Compression=yes' ansible_password=x\n[npu]\nb3 ansible_user=ann\n"
    )
    done = run(boxes, "hosts", "--hosts", str(inventory), "--host", "elsewhere:2222")
    assert done.returncode == 0, done.stderr
    rows = [line.split(maxsplit=6) for line in done.stdout.splitlines()]
    assert rows[0] == ["BOX", "ADDRESS", "PORT", "USER", "GROUPS", "OVER", "FOR"]
    assert [row[:3] for row in rows[1:]] == [
        *([name, "127.0.0.1", str(boxes[name].port)] for name in ("b1", "b2", "b3")),
        ["elsewhere", "elsewhere", "2222"],
    ]  # fmt: skip
    assert [row[4] for row in rows[1:]] == ["gpu", "gpu", "npu", "–"]
    assert [row[5] for row in rows[1:]] == ["asyncssh", "ssh", "asyncssh", "asyncssh"]
    assert "ansible_ssh_common_args" in rows[2][6]
    assert rows[3][3] == "ann"
    assert done.stderr == "ovtui: b2: ovtui never uses the password in ansible_password; it logs in with keys\n"
    told = json.loads(run(boxes, "hosts", "--hosts", str(inventory), "--only", "npu", "--json").stdout)
    assert [(box["name"], box["port"], box["user"], box["groups"]) for box in told] == [
        ("b3", boxes["b3"].port, "ann", ["npu"])
    ]
    wrong = run(boxes, "hosts", "--host", "-oProxyCommand=touch /tmp/x")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("ovtui: --host: '-oProxyCommand=touch /tmp/x' begins with '-'")


def test_targets_of_what_runs_and_a_box_that_cannot_be_asked_keeps_its_own(boxes: Boxes, tmp_path: Path) -> None:
    out = tmp_path / "targets.json"
    words = ("prometheus-targets", "--hosts", str(boxes.hosts_file()), "--ask", "--out", str(out))
    says(
        boxes, "b1", {"session": "s1", "prometheus": "0.0.0.0:9470"}, {"session": "s2", "prometheus": "127.0.0.1:9471"}
    )
    says(boxes, "b2", {"session": "s3", "prometheus": "127.0.0.1:9464"})
    says(boxes, "b3")
    done = run(boxes, *words)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == "ovtui: b3: no session serves metrics there: start one with --prometheus 0.0.0.0:9464\n"
    first = json.loads(out.read_text())
    assert [(each["labels"]["host"], each["targets"]) for each in first] == [
        ("b1", ["127.0.0.1:9470", "127.0.0.1:9471"]), ("b2", ["127.0.0.1:9464"]),
    ]  # fmt: skip
    boxes["b2"].stop()
    says(boxes, "b1")
    (boxes["b3"].bin / "ovtui").unlink()
    done = run(boxes, *words)
    assert done.returncode == 1
    assert [each["targets"] for each in json.loads(out.read_text())] == [["127.0.0.1:9464"]]
    told = dict(line.removeprefix("ovtui: ").split(": ", 1) for line in done.stderr.splitlines())
    assert told["b2"].endswith("; what the file has of it stays")
    assert "no ovtui" in told["b3"]
    both = run(boxes, *words, "--port", "9464")
    assert both.returncode == 2
    assert "--ask finds the ports by itself" in both.stderr
