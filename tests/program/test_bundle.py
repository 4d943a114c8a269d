"""`ovtui bundle`, the real program: of a running session, of a recording, of the machine alone."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.closed_descriptors import run_closed
from harness.fixture_types import Headless, StartProgram
from harness.hostile import FILE_NAME, bad_signs
from harness.program import ovtui
from harness.small_recordings import whole_recording

from ovtui.records.session_file.shipped import shipped_recordings
from ovtui.settings.schema.settings import Settings

PERSON, HOST = "annegret", "zuse-box"
MACHINE_PARTS = {"MANIFEST.json", "environment.txt", "versions.txt"}
SESSION_PARTS = {"recording.ovtui", "result.json", "report.md", "events.jsonl", "settings.toml", "inspect.json"}
FINE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


@pytest.fixture
def env(program_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Of a person on a machine with names that no text has by chance."""
    home = tmp_path / "home" / PERSON
    home.mkdir(mode=0o700)
    (tmp_path / "tmp").mkdir()
    return {**program_env, "HOME": str(home), "USER": PERSON, "HOSTNAME": HOST, "TMPDIR": str(tmp_path / "tmp"),
            "LD_LIBRARY_PATH": f"{home}/lib", "OVTUI_NOTE_TOKEN": "geheim",
            # Where files must be small, Python would write cut off .pyc files, and every later test would load them.
            "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip


def parts_of(path: Path) -> dict[str, bytes]:
    """By name, without the folder that all are in."""
    found = {}
    with tarfile.open(path) as packed:
        for member in packed:
            top, _, name = member.name.partition("/")
            assert top.startswith("ovtui-bundle-")
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            file = packed.extractfile(member)
            assert file is not None
            found[name] = file.read()
    return found


def manifest_of(parts: dict[str, bytes]) -> dict[str, Any]:
    """After a look whether it tells the truth."""
    told: dict[str, Any] = json.loads(parts["MANIFEST.json"])
    there = {part["name"]: part for part in told["parts"] if part["bytes"] is not None}
    assert there.keys() == parts.keys() - {"MANIFEST.json"}
    for name, part in there.items():
        assert part["bytes"] == len(parts[name])
        assert part["sha256"] == hashlib.sha256(parts[name]).hexdigest()
    assert all(part["missing"] for part in told["parts"] if part["bytes"] is None)
    return told


def nothing_left(tmp_path: Path, *names: str) -> None:
    assert sorted(path.name for path in (tmp_path / "tmp").iterdir()) == []
    made = {path.name for path in tmp_path.iterdir()}
    assert not [name for name in made if "bundle" in name or name.endswith(".new")], made
    assert not made & set(names)


def recorded_by_annegret(env: dict[str, str]) -> Path:
    path = Path(env["HOME"]) / f"of-{PERSON}.ovtui"
    model = f"{env['HOME']}/models/net.xml"
    settings = Settings(
        model=model, device="CPU", rate=100.0, duration_s=6.0, properties={"CONFIG_FILE": f"/x/{PERSON}"}
    )
    whole_recording(path, settings)
    return path


@pytest.mark.usefixtures("no_leftovers")
def test_of_a_recording(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    path, target = recorded_by_annegret(env), tmp_path / "a.tar.gz"
    done = headless("bundle", str(path), "-o", str(target), env=env)
    assert done.returncode == FINE, done.stderr
    assert done.stdout == f"{target}\n"
    parts = parts_of(target)
    assert {*MACHINE_PARTS, *SESSION_PARTS} - {"inspect.json"} <= parts.keys()
    told = manifest_of(parts)
    assert told["names_left_out"] is True
    assert "inspect.json" in {part["name"] for part in told["parts"]}
    for name, data in parts.items():
        assert PERSON.encode() not in data, name
        assert HOST.encode() not in data, name
        assert b"geheim" not in data, name
        assert name in done.stderr
    assert b'model = "~/models/net.xml"' in parts["settings.toml"]
    assert PERSON.encode() not in target.read_bytes()
    (tmp_path / "recording.ovtui").write_bytes(parts["recording.ovtui"])
    before, after = (
        headless("replay", str(file), "--json", "-", env=env).stdout for file in (path, tmp_path / "recording.ovtui")
    )
    assert json.loads(after)["latency_ms"] == json.loads(before)["latency_ms"]
    assert json.loads(after)["requests"] == json.loads(before)["requests"]
    assert (
        headless("export", str(tmp_path / "recording.ovtui"), "--to", "csv", env=env).stdout
        == headless("export", str(path), "--to", "csv", env=env).stdout
    )
    report = headless("report", str(tmp_path / "recording.ovtui"), "-o", "-", env=env)
    assert report.returncode == FINE
    assert report.stdout.encode() == parts["report.md"]
    assert next(csv.DictReader(parts["machine.csv"].decode().splitlines()))["cpu_percent"] == "50"
    nothing_left(tmp_path)


@pytest.mark.usefixtures("no_leftovers")
def test_with_names(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    path, target = recorded_by_annegret(env), tmp_path / "a.tar.gz"
    done = headless("bundle", str(path), "-o", str(target), "--with-names", env=env)
    assert done.returncode == FINE, done.stderr
    parts = parts_of(target)
    assert f'model = "{env["HOME"]}/models/net.xml"'.encode() in parts["settings.toml"]
    assert b"geheim" not in b"".join(parts.values())
    assert manifest_of(parts)["names_left_out"] is False
    assert "--with-names" in done.stderr


@pytest.mark.usefixtures("no_leftovers")
def test_of_a_recording_of_another_machine(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    """Its people have no accounts here."""
    path = tmp_path / "a.ovtui"
    whole_recording(path, Settings(model="/home/dorothea/m.xml", input="/data/Dorothea_s/x.png", duration_s=6.0))
    assert headless("bundle", str(path), "-o", str(tmp_path / "a.tar.gz"), env=env).returncode == FINE
    assert not any(b"dorothea" in data.lower() for data in parts_of(tmp_path / "a.tar.gz").values())


@pytest.mark.usefixtures("no_leftovers")
def test_a_name_whose_bytes_are_no_utf_8(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    path, name = tmp_path / "a.ovtui", "mechth\udcfcld"
    settings = Settings(
        model=f"/data/{name}/m.xml", input=f"/home/{name}/x", properties={"CONFIG_FILE": name}, duration_s=6.0
    )
    whole_recording(path, settings)
    env = {**env, "USER": name, "OVTUI_MODEL": f"/x/{name}.xml"}
    done = headless("bundle", str(path), "-o", str(tmp_path / "a.tar.gz"), env=env)
    assert done.returncode == FINE, done.stderr
    parts = parts_of(tmp_path / "a.tar.gz")
    assert not [name for name, data in parts.items() if b"mechth" in data]
    assert b"/data/<user" in parts["settings.toml"]
    assert b"OVTUI_MODEL=/x/<user" in parts["environment.txt"]


@pytest.fixture
def live(env: dict[str, str], no_leftovers: None) -> Iterator[subprocess.Popen[str]]:
    """A session that runs."""
    command = ovtui("run", "demo-matmul", "-d", "CPU", "--rate", "200", "-t", "600")
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as session:  # fmt: skip
        yield session
        session.send_signal(signal.SIGINT)
        session.communicate(timeout=60)


def wait_for_requests(headless: Headless, env: dict[str, str]) -> dict[str, Any]:
    while True:
        found: list[dict[str, Any]] = json.loads(headless("sessions", "--json", env=env).stdout)
        if found and (found[0]["submitted"] or 0) > 100:
            return found[0]


def test_of_a_running_session(
    live: subprocess.Popen[str], env: dict[str, str], headless: Headless, tmp_path: Path
) -> None:
    status = wait_for_requests(headless, env)
    target = tmp_path / "a.tar.gz"
    done = headless("bundle", status["session"], "-o", str(target), env=env)
    assert done.returncode == FINE, done.stderr
    parts = parts_of(target)
    assert {*MACHINE_PARTS, *SESSION_PARTS} <= parts.keys()
    assert json.loads(parts["result.json"])["requests"]["completed"] > 0
    assert json.loads(parts["inspect.json"])["command"]
    assert not any(PERSON.encode() in data for data in parts.values())
    assert headless("replay", status["record"], env=env).returncode == FINE
    (tmp_path / "settings.toml").write_bytes(parts["settings.toml"])
    shown = headless("presets", "show", str(tmp_path / "settings.toml"), env=env)
    assert shown.returncode == FINE, shown.stderr
    assert "200" in shown.stdout
    recording = next(part for part in manifest_of(parts)["parts"] if part["name"] == "recording.ovtui")
    assert recording["remark"] == "copied while it was recorded"
    assert live.poll() is None
    assert json.loads(headless("sessions", "--json", env=env).stdout)[0]["submitted"] > status["submitted"]


def test_of_a_session_whose_host_does_not_answer(
    live: subprocess.Popen[str], env: dict[str, str], headless: Headless, tmp_path: Path
) -> None:
    status = wait_for_requests(headless, env)
    os.kill(status["pid"], signal.SIGSTOP)
    try:
        done = headless("bundle", "-o", str(tmp_path / "a.tar.gz"), env=env)
    finally:
        os.kill(status["pid"], signal.SIGCONT)
    assert done.returncode == FINE, done.stderr
    parts = parts_of(tmp_path / "a.tar.gz")
    assert {*SESSION_PARTS} <= parts.keys()
    assert "stuck.json" in {part["name"] for part in manifest_of(parts)["parts"]}


def test_of_the_machine_alone(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    for arguments in ((), ("--no-session",)):
        target = tmp_path / f"{len(arguments)}.tar.gz"
        done = headless("bundle", "-o", str(target), *arguments, env=env)
        assert done.returncode == FINE, done.stderr
        parts = parts_of(target)
        assert parts.keys() >= MACHINE_PARTS
        assert not parts.keys() & SESSION_PARTS
        manifest_of(parts)
    assert b"LD_LIBRARY_PATH=~/lib\n" in parts["environment.txt"]
    assert b"OVTUI_NOTE_TOKEN=<secret>\n" in parts["environment.txt"]


def test_its_own_name_is_of_the_day(env: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(ovtui("bundle", "--no-session"), env={**env, "PYTHONPATH": str(Path.cwd())}, cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.startswith("ovtui-bundle-")
    assert (tmp_path / done.stdout.strip()).is_file()


def test_a_file_that_exists_is_refused_before_anything_is_gathered(
    env: dict[str, str], headless: Headless, tmp_path: Path
) -> None:
    target = tmp_path / "a.tar.gz"
    target.write_text("mine")
    done = headless("bundle", "--no-session", "-o", str(target), env=env)
    assert done.returncode == USAGE
    assert done.stderr == (
        f"ovtui: --output {target}: that exists already; name a new file, or give --force (ovtui bundle --help)\n"
    )
    assert target.read_text() == "mine"
    assert headless("bundle", "--no-session", "-o", str(target), "--force", env=env).returncode == FINE
    assert parts_of(target)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nonsense",), FAILED, "no session nonsense is running, and no recording has that name"),
        (("/no/such.ovtui",), FAILED, "/no/such.ovtui: there is no such file"),
        ((str(Path(__file__)),), None, ""),
        (("x", "--no-session"), USAGE, "--no-session and a session exclude each other"),
        (("--no-session", "-o", "/no/folder/a.tar.gz"), USAGE, "there is no folder /no/folder"),
        (("--no-session", "-o", "/"), USAGE, "that is a folder; name a file"),
        (("--no-session", "--recording-limit", "1k"), USAGE, "is not a size of 4M or more"),
    ],
)
def test_what_is_refused(
    arguments: tuple[str, ...], code: int | None, told: str, env: dict[str, str], headless: Headless, tmp_path: Path
) -> None:
    if code is None:  # no recording: its parts are missing, and the machine's are there
        done = headless("bundle", *arguments, "-o", str(tmp_path / "a.tar.gz"), env=env)
        assert done.returncode == FINE
        assert "missing" in done.stderr
        return
    done = headless("bundle", *arguments, env=env)
    assert done.returncode == code
    assert told in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("answer", "code"), [("y", FINE), ("n", FAILED)])
def test_a_person_is_asked(answer: str, code: int, env: dict[str, str], start: StartProgram, tmp_path: Path) -> None:
    target = tmp_path / "a.tar.gz"
    program = start("bundle", "--no-session", "-o", str(target), env=env, columns=160)
    screen = program.wait_for("write it? [y/n]")
    assert "versions.txt" in screen
    assert not target.exists()
    program.type(f"{answer}\r")
    assert program.wait() == code
    assert target.exists() == (code == FINE)


def test_ctrl_c_at_the_question_leaves_nothing(env: dict[str, str], start: StartProgram, tmp_path: Path) -> None:
    program = start("bundle", "--no-session", "-o", str(tmp_path / "a.tar.gz"), env=env, columns=160)
    program.wait_for("write it? [y/n]")
    program.keys("ctrl+c")
    assert program.wait() == INTERRUPTED
    nothing_left(tmp_path, "a.tar.gz")


def test_ctrl_c_while_it_gathers_leaves_nothing(env: dict[str, str], start: StartProgram, tmp_path: Path) -> None:
    """Also of the commands that it asks, which `no_leftovers` looks for."""
    program = start("bundle", "--no-session", "-o", str(tmp_path / "a.tar.gz"), env=env, columns=160)
    program.wait_for("asking: ovtui")
    program.keys("ctrl+c")
    assert program.wait() == INTERRUPTED
    nothing_left(tmp_path, "a.tar.gz")


@pytest.mark.usefixtures("no_leftovers")
def test_a_full_disk(env: dict[str, str], tmp_path: Path) -> None:
    """No file may be larger than 1 kB."""
    path = recorded_by_annegret(env)
    limited = [
        "bash",
        "-c",
        'ulimit -f 1; exec "$@"',
        "bash",
        *ovtui("bundle", str(path), "-o", str(tmp_path / "a.tar.gz")),
    ]
    done = subprocess.run(limited, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == FAILED, done.stderr
    assert "Traceback" not in done.stderr
    assert "no bundle is written" in done.stderr
    nothing_left(tmp_path, "a.tar.gz")


@pytest.mark.usefixtures("no_leftovers")
def test_no_room_for_the_archive_alone(env: dict[str, str], tmp_path: Path) -> None:
    """The parts are small, packed together they are not."""
    script = (
        "import resource, sys; from ovtui.host.bundle import archive, bundle\n"
        "real = bundle.write_archive\n"
        "def full(*given, **named):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))\n"
        "    real(*given, **named)\n"
        "bundle.write_archive = full\n"
        f"sys.argv = ['ovtui', 'bundle', '--no-session', '-o', {str(tmp_path / 'a.tar.gz')!r}]\n"
        "from ovtui.cli.main import main; main()"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == FAILED, done.stderr
    assert f"--output {tmp_path / 'a.tar.gz'}: not written: File too large\n" in done.stderr
    nothing_left(tmp_path, "a.tar.gz")


@pytest.mark.usefixtures("no_leftovers")
def test_closed_streams(env: dict[str, str], tmp_path: Path) -> None:
    for number, closed in enumerate([(0,), (1,), (2,), (0, 1, 2)]):
        target = tmp_path / f"{number}.tar.gz"
        done = run_closed(ovtui("bundle", "--no-session", "-o", str(target)), env, closed)
        assert done.code == FINE, done.err
        assert parts_of(target)


@pytest.mark.usefixtures("no_leftovers")
def test_a_large_recording_is_cut(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    large = tmp_path / "large.ovtui"
    script = Path(__file__).parents[1] / "benchmarks" / "large_recording.py"
    subprocess.run([sys.executable, str(script), str(large), "200000"], check=True, capture_output=True)
    done = headless("bundle", str(large), "-o", str(tmp_path / "a.tar.gz"), "--recording-limit", "4M", env=env)
    assert done.returncode == FINE, done.stderr
    parts = parts_of(tmp_path / "a.tar.gz")
    assert 2 << 20 < len(parts["recording.ovtui"]) <= 4 << 20
    assert json.loads(parts["result.json"])["requests"]["completed"] == 200_000
    assert "cut to its last" in done.stderr
    (tmp_path / "cut.ovtui").write_bytes(parts["recording.ovtui"])
    lines = headless("export", str(tmp_path / "cut.ovtui"), "--to", "csv", env=env).stdout.splitlines()
    assert lines[-1] == headless("export", str(large), "--to", "csv", env=env).stdout.splitlines()[-1]


@pytest.mark.usefixtures("no_leftovers")
def test_hostile_names(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    """In the recording's own name, in the model's, in the output's."""
    path = tmp_path / f"{FILE_NAME[:60]}.ovtui"
    whole_recording(path, Settings(model=f"/home/{PERSON}/{FILE_NAME[:40]}", device="CPU", duration_s=6.0))
    target = tmp_path / f"{FILE_NAME[:60]}.tar.gz"
    done = headless("bundle", str(path), "-o", str(target), env=env)
    assert done.returncode == FINE, done.stderr
    assert bad_signs(done.stderr) == []
    parts = parts_of(target)
    assert not any(PERSON.encode() in data for data in parts.values())
    for name in parts.keys() - {"recording.ovtui"}:
        assert bad_signs(parts[name].decode(), "\n\t") == [], name


@pytest.mark.usefixtures("no_leftovers")
def test_of_a_damaged_recording_what_can_be_read(env: dict[str, str], headless: Headless, tmp_path: Path) -> None:
    data = bytearray(next(iter(shipped_recordings().values())).read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = bytes(8192)
    (tmp_path / "damaged.ovtui").write_bytes(data)
    done = headless("bundle", str(tmp_path / "damaged.ovtui"), "-o", str(tmp_path / "a.tar.gz"), env=env)
    assert done.returncode == FINE, done.stderr
    assert "damaged" in done.stderr
    parts = parts_of(tmp_path / "a.tar.gz")
    assert {"settings.toml", "result.json", "recording.ovtui"} <= parts.keys()
