"""A box that is asked in the moment between the fork and the exec of the process that begins its run."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.box_processes import end_processes_at
from harness.fake_ovtui import write_fake_ovtui

from ovtui.fleet.box import Box
from ovtui.fleet.on_box import ending, starting

BOX = Box(name="b1")
_BECOMES_OURS = """#!/bin/sh
# What waits for the process waits until it is the one that begins the run.
cd "$HOME/.local/state/ovtui/fleet/r1.b1" && : >go
words() { tr '\\0' ' ' <"/proc/$(cat begun/pid)/cmdline"; }
until words | grep -q " ours /" || [ -z "$(words)" ]; do /usr/bin/sleep 0.02; done
"""


@pytest.fixture
def forked(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    folder = tmp_path / ".local/state/ovtui/fleet/r1.b1"
    (folder / "begun").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    write_fake_ovtui(tmp_path / "bin" / "ovtui")
    (tmp_path / "bin" / "sleep").write_text(_BECOMES_OURS)
    (tmp_path / "bin" / "sleep").chmod(0o755)
    becomes = 'until [ -f go ]; do sleep 0.02; done; exec sh -c "$1" ours "$PWD/recording.ovtui"'
    runs = "until [ -f end ]; do sleep 0.02; done; echo 0 >begun/code"
    process = subprocess.Popen(["sh", "-c", becomes, "begin", runs], cwd=folder, env={**_env(tmp_path), "PATH": "/bin"})
    (folder / "begun" / "pid").write_text(f"{process.pid}\n")
    yield process
    end_processes_at([tmp_path])
    process.wait()


def _env(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin"}


def _sh(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh"], input=script, env=_env(home), cwd=home, text=True, capture_output=True, check=False, timeout=60
    )


def test_it_is_not_taken_for_gone(forked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    script = starting.await_script(BOX, "r1.b1")
    folder = tmp_path / ".local/state/ovtui/fleet/r1.b1"
    sleep = tmp_path / "bin" / "sleep"
    sleep.write_text(f'{_BECOMES_OURS}[ "$1" = 1 ] || : >end\n')  # the second pause lets it end
    done = _sh(script, tmp_path)
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["code", "0"])
    assert (folder / "go").exists()
    assert forked.wait() == 0


def test_it_is_ended_by_a_stop(forked: subprocess.Popen[bytes], tmp_path: Path) -> None:
    done = _sh(ending.start_stopped_script(BOX, "r1.b1"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert forked.wait() == -15
