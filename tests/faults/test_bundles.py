"""Bundles for a ticket where something goes wrong while they are made: whole, or not there, and never with a name."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from harness.fault_table import Fault
from harness.fixture_types import Headless
from harness.program import ovtui
from harness.small_recordings import whole_recording

from ovtui.records.session_file.shipped import shipped_recordings

FAULTS = [
    Fault("no room where a bundle is gathered, or where it is written", "one sentence; nothing is left", 1, "files"),
    Fault("kill -9 of `ovtui bundle` while it packs", "no file of that name, none beside it", -9, "files"),
    Fault(
        "a command that a bundle asks crashes, hangs, prints no JSON",
        "that part is missing, with the reason",
        0,
        "files",
    ),
    Fault("a name that is left in a part by a fault of ovtui", "found at the end; nothing is written", 1, "files"),
    Fault("a bundle of a damaged or hostile recording", "what can be read of it, without names", 0, "files"),
]

PERSON = "annegret"
START = "from ovtui.cli.main import main; main()"


def run_with(change: str, arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`ovtui bundle` of a program that is changed by these lines first."""
    script = f"import sys\nsys.argv = ['ovtui', 'bundle', *{arguments!r}]\n{change}\n{START}"
    return subprocess.run(
        [sys.executable, "-c", script], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.fixture
def env(program_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tmp").mkdir()
    # Where files must be small, Python would write cut off .pyc files, and every later test would load them.
    return {**program_env, "USER": PERSON, "TMPDIR": str(tmp_path / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}


def no_bundle(tmp_path: Path) -> None:
    assert not [path.name for path in tmp_path.iterdir() if "tar.gz" in path.name]


@pytest.mark.usefixtures("no_leftovers")
@pytest.mark.parametrize("limit", ["bundle.Bundle.gather", "archive.write_archive"])
def test_no_room(limit: str, env: dict[str, str], tmp_path: Path) -> None:
    module, _, name = limit.partition(".")
    change = (
        "import resource\n"
        f"from ovtui.host.bundle import bundle, archive\n"
        f"real = {limit}\n"
        "def full(*given, **named):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "    return real(*given, **named)\n"
        f"{'bundle.write_archive' if module == 'archive' else limit} = full"
    )
    done = run_with(change, ["--no-session", "-o", str(tmp_path / "a.tar.gz")], env)
    assert done.returncode == 1, (name, done.stderr)
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    no_bundle(tmp_path)
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.usefixtures("no_leftovers")
def test_killed_while_it_packs(env: dict[str, str], tmp_path: Path) -> None:
    change = (
        "import os, tarfile\n"
        "real = tarfile.TarFile.addfile\n"
        "def killed(self, entry, file=None):\n"
        "    real(self, entry, file)\n"
        "    self.fileobj.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
        "tarfile.TarFile.addfile = killed"
    )
    done = run_with(change, ["--no-session", "-o", str(tmp_path / "a.tar.gz")], env)
    assert done.returncode == -signal.SIGKILL
    no_bundle(tmp_path)


@pytest.mark.usefixtures("no_leftovers")
@pytest.mark.parametrize(
    ("child", "told"),
    [
        ("import os; os.kill(os.getpid(), 11)", "crashed with SIGSEGV"),
        ("import time; time.sleep(600)", "no answer in 1 s"),
        ("print('no JSON')", "the command printed no JSON"),
        ("print('[' * 100000)", "the command printed no JSON"),
        ('print(\'{"a": "\\\\ud800"}\')', ""),
    ],
)
def test_a_command_that_gives_no_answer(child: str, told: str, env: dict[str, str], tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c {child!r}\n" if "'" not in child else
                       f'#!/bin/sh\nexec {sys.executable} {tmp_path / "child.py"}\n')  # fmt: skip
    (tmp_path / "child.py").write_text(child)
    program.chmod(0o755)
    change = (
        "from ovtui.host.bundle import machine_parts\n"
        f"sys.executable = {str(program)!r}\n"
        "machine_parts.DOCTOR_LIMIT_S = machine_parts.DEVICES_LIMIT_S = 1"
    )
    done = run_with(change, ["--no-session", "-o", str(tmp_path / "a.tar.gz")], env)
    assert done.returncode == 0, done.stderr
    assert told in done.stderr
    with tarfile.open(tmp_path / "a.tar.gz") as packed:
        assert any(name.endswith("versions.txt") for name in packed.getnames())


@pytest.mark.usefixtures("no_leftovers")
def test_a_name_that_is_left_is_found(env: dict[str, str], tmp_path: Path) -> None:
    change = (
        "from ovtui.host.bundle.scrubber import Scrubber\nScrubber.text = lambda self, text, *, versions=False: text"
    )
    done = run_with(
        change, ["--no-session", "-o", str(tmp_path / "a.tar.gz")], {**env, "OVTUI_MODEL": f"/{PERSON}.xml"}
    )
    assert done.returncode == 1
    assert "a name of a person or a host is still in environment.txt" in done.stderr
    assert PERSON not in done.stderr.replace(str(tmp_path), "")
    no_bundle(tmp_path)


@pytest.mark.usefixtures("no_leftovers")
@pytest.mark.parametrize("damage", ["middle", "hostile", "short"])
def test_odd_recordings(damage: str, env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    path = tmp_path / "odd.ovtui"
    if damage == "hostile":
        whole_recording(path)
        with closing(sqlite3.connect(path)) as db:
            db.execute("UPDATE meta SET value = value || ? WHERE key = 'command'", (f" {PERSON}",))
            db.execute(f"CREATE TABLE {PERSON} (x)")
            db.execute(f"CREATE TRIGGER {PERSON}_t AFTER INSERT ON meta BEGIN DELETE FROM events; END")
            db.execute("INSERT INTO telemetry VALUES (3, ?, 1.0)", (PERSON,))
            db.execute("UPDATE events SET kind = ? WHERE id = 2", (PERSON,))
            db.commit()
    else:
        data = bytearray(next(iter(shipped_recordings().values())).read_bytes())
        middle = len(data) // 2 // 4096 * 4096
        path.write_bytes(
            data[:middle] + os.urandom(8192) + data[middle + 8192 :] if damage == "middle" else data[:middle]
        )
    done = headless("bundle", str(path), "-o", str(tmp_path / "a.tar.gz"), env=env)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    with tarfile.open(tmp_path / "a.tar.gz") as packed:
        for member in packed:
            file = packed.extractfile(member)
            assert file is not None
            assert PERSON.encode() not in file.read(), member.name
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.usefixtures("no_leftovers")
def test_two_at_once_write_one_file(env: dict[str, str], tmp_path: Path) -> None:
    """Whoever is second is told."""
    command = ovtui("bundle", "--no-session", "-o", str(tmp_path / "a.tar.gz"))
    both = [subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)]  # fmt: skip
    told = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) in ([0, 1], [0, 2]), told
    with tarfile.open(tmp_path / "a.tar.gz") as packed:
        assert packed.getnames()
