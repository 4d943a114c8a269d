"""Which of several runs may record into a file, and into what none may."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.program import ovtui
from harness.small_recordings import cut_recording, open_recording, whole_recording

from ovtui.cli.main import run
from ovtui.records.session_file.claim import claim_file, give_up, make_claim


@dataclass(frozen=True)
class NoRecording(Fault):
    """`--record` names what `make` makes."""

    make: Callable[[Path], object] = os.path.lexists
    words: str = ""


def no_recording(case: str, words: str, make: Callable[[Path], object]) -> NoRecording:
    return NoRecording(case, f"'--record FILE: {words}'", 2, "files", make, words)


EXISTS = "that exists already; name a new file"
DEEP = "/".join(["d" * 100] * 6)
TABLE = [
    no_recording("--record onto a recording", EXISTS, whole_recording),
    no_recording("--record onto an empty file", EXISTS, Path.touch),
    no_recording("--record onto a folder", EXISTS, Path.mkdir),
    no_recording("--record onto a FIFO", EXISTS, os.mkfifo),
    no_recording("--record onto a link", EXISTS, lambda path: path.symlink_to(path.with_name("nothing"))),
    no_recording("--record into a folder that is none", "there is no folder ", os.path.lexists),
    no_recording("--record where nothing can be written", "it cannot be written (", os.path.lexists),
    no_recording("--record with a name of 300 letters", "it cannot be written (File name too long; ", os.path.lexists),
    no_recording(
        "--record with a name of 250 letters, for which SQLite has no room",
        "it cannot be written (File name too long; a name may have 247 bytes, a path 504)",
        os.path.lexists,
    ),
    no_recording(
        "--record with a path of 700 letters",
        "it cannot be written (File name too long; a name may have ",
        lambda path: (path.parent / DEEP).mkdir(parents=True),
    ),
]
FAULTS = [
    Fault("three runs race for one --record", "exactly one records; the others: 'that exists already'", 2, "files"),
    Fault("a run that ends before its host records", "the file that it claimed is gone", 2, "files"),
    Fault("a recording whose path has 700 letters", "read from a copy, with what a killed session left", 0, "files"),
    *TABLE,
]
NAMES = {
    "--record into a folder that is none": "none/s.ovtui",
    "--record where nothing can be written": "/proc/s.ovtui",
    "--record with a name of 300 letters": "s" * 300,
    "--record with a name of 250 letters, for which SQLite has no room": "s" * 250,
    "--record with a path of 700 letters": f"{DEEP}/s.ovtui",
}


def test_of_three_runs_one_records(program_env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    command = ovtui("run", "-d", "CPU", "--requests", "20", "--record", str(path))
    runs = [
        subprocess.Popen(command, env=program_env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(3)
    ]
    told = [process.communicate()[1].decode() for process in runs]
    codes = [process.returncode for process in runs]
    assert sorted(codes) == [0, 2, 2]
    for code, text in zip(codes, told, strict=True):
        assert code == 0 or text == f"ovtui: --record {path}: {EXISTS} (ovtui run --help)\n"
    assert run(["replay", str(path)]) == 0


@pytest.mark.parametrize("fault", TABLE, ids=id_of)
def test_what_is_never_recorded_into(fault: NoRecording, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / NAMES.get(fault.case, "s.ovtui")
    fault.make(path)
    before = path.read_bytes() if os.path.isfile(path) else b""  # noqa: PTH113
    assert run(["run", "-d", "CPU", "--record", str(path)]) == fault.code
    assert f"ovtui: --record {path}: {fault.words}" in capsys.readouterr().err
    assert not before or path.read_bytes() == before


def test_a_claim_that_no_host_took_is_given_up(tmp_path: Path) -> None:
    path = str(tmp_path / "s.ovtui")
    claim = make_claim(path)
    with pytest.raises(FileExistsError):
        make_claim(path)
    give_up(path, claim)
    assert not Path(path).exists()
    claim = make_claim(path)
    writer = open_recording(Path(path), 50)
    give_up(path, claim)
    writer.close()
    assert run(["replay", path]) == 0


def test_of_many_hosts_one_takes_the_file(tmp_path: Path) -> None:
    path = str(tmp_path / "s.ovtui")
    make_claim(path)
    taken: list[int] = []
    refused: list[OSError] = []
    ready = threading.Barrier(8)

    def take() -> None:
        ready.wait()
        try:
            taken.append(claim_file(path))
        except FileExistsError as error:
            refused.append(error)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 7)
    os.close(taken[0])


def test_a_recording_at_a_path_that_sqlite_cannot_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / DEEP).mkdir(parents=True)
    cut_recording(tmp_path / "s.ovtui")
    for suffix in ("", "-wal"):
        (tmp_path / f"s.ovtui{suffix}").rename(tmp_path / DEEP / f"s.ovtui{suffix}")
    assert run(["replay", str(tmp_path / DEEP / "s.ovtui")]) == 0
    assert "380 completed" in " ".join(capsys.readouterr().out.split())
    (tmp_path / "s.ovtui").unlink(missing_ok=True)
    whole_recording(tmp_path / "s.ovtui")
    (tmp_path / "s.ovtui").rename(tmp_path / DEEP / "w.ovtui")
    assert run(["replay", str(tmp_path / DEEP / "w.ovtui")]) == 0
    assert "600 completed" in " ".join(capsys.readouterr().out.split())
