"""What runs on a box: what it takes away and what it leaves alone."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ovtui.fleet.push.asking_there import script_for
from ovtui.fleet.push.there.answering import MARK

DIGEST = "0123456789abcdef"


class There:
    """A home with what push and runs leave there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / ".local/share/ovtui/fleet"
        self.state = home / ".local/state/ovtui/fleet"
        self.cache = home / ".cache/ovtui/fleet"

    def write(self, path: Path, text: str = "x") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def fill(self) -> None:
        self.write(self.data / "venvs" / DIGEST / "bin/ovtui")
        self.write(self.data / "wheels/a-1-py3-none-any.whl")
        (self.data / "venv").symlink_to(f"venvs/{DIGEST}")
        self.write(self.data / "pushed.json", json.dumps({"digest": DIGEST, "link": f"{self.home}/.local/bin/ovtui"}))
        (self.home / ".local/bin").mkdir(parents=True)
        (self.home / ".local/bin/ovtui").symlink_to(self.data / "venv/bin/ovtui")
        self.write(self.cache / "models/abc/model.xml")
        self.write(self.state / "fetched/recording.ovtui", "12345")
        self.write(self.state / "kept/recording.ovtui", "1234567")
        self.write(self.home / ".local/share/ovtui/of-a-person.txt")
        self.write(self.home / ".cache/ovtui/models/cached.blob")

    def asked(self, request: dict[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            ["sh", "-s"], input=script_for(sys.executable, request), capture_output=True, text=True, check=False,
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.stderr == ""
        return dict(json.loads(done.stdout.removeprefix(MARK)))

    def remove(self, **changes: Any) -> dict[str, Any]:
        return self.asked({"do": "remove", "dry": False, "force": False, "keep_runs": ["kept"], **changes})

    def files(self) -> set[str]:
        return {
            str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_symlink() or path.is_file()
        }


@pytest.fixture
def there(tmp_path: Path) -> There:
    made = There(tmp_path / "a home")
    made.home.mkdir()
    made.fill()
    return made


def test_only_what_ovtui_made_goes_and_what_was_never_fetched_stays(there: There) -> None:
    found = there.remove()
    kept = ".local/state/ovtui/fleet/kept/recording.ovtui"
    assert there.files() == {".local/share/ovtui/of-a-person.txt", ".cache/ovtui/models/cached.blob", kept}
    assert found["kept"] == [{"run": "kept", "path": str(there.home / kept), "bytes": 7}]
    assert there.remove(keep_runs=[])["kept"] == []
    assert there.files() == {".local/share/ovtui/of-a-person.txt", ".cache/ovtui/models/cached.blob"}
    assert there.remove() == {"removed": [], "bytes": 0, "kept": [], "stopped": 0}


def test_a_controllers_own_runs_and_a_folder_of_a_person_stay(there: There) -> None:
    """A box may be the machine that the fleet is measured from."""
    stay = [
        there.write(there.state / "20260101-000000-abc/brief.json"),
        there.write(there.state / "20260101-000000-abc/recordings/b1.ovtui"),
        there.write(there.state / "notes/of-a-person.txt"),
        there.write(there.state / "mine/recordings/b1.ovtui"),
    ]
    begun = there.write(there.state / "run.b1/begun/code")
    there.remove(keep_runs=[])
    assert [path for path in stay if not path.exists()] == []
    assert not begun.parent.parent.exists()
    assert not (there.state / "kept").exists()


def test_a_push_that_found_the_disk_full_at_its_last_step_is_taken_up_again(there: There) -> None:
    look = {"do": "look", "make": False, "wheels": {}}
    (there.data / "pushed.json").unlink()
    assert there.asked(look)["unmarked"] is False
    (there.data / "venv").unlink()
    (there.data / "venv").symlink_to(there.home)
    assert there.asked(look)["unmarked"] is True


def test_a_dry_run_names_the_same_and_leaves_it(there: There) -> None:
    before = there.files()
    told = there.remove(dry=True)
    assert there.files() == before
    assert told["removed"] == there.remove()["removed"]


@pytest.mark.parametrize("name", ["wheels", "venvs"])
def test_a_link_inside_goes_and_what_it_leads_to_stays(there: There, name: str) -> None:
    elsewhere = there.home / "elsewhere"
    (there.data / name).rename(elsewhere)
    (there.data / name).symlink_to(elsewhere)
    there.remove()
    assert any(path.is_file() for path in elsewhere.rglob("*"))
    assert not (there.data / name).is_symlink()


def test_a_folder_of_the_fleet_that_is_a_link_is_refused(there: There) -> None:
    elsewhere = there.home / "elsewhere"
    there.data.rename(elsewhere)
    there.data.symlink_to(elsewhere)
    before = there.files()
    assert "is a link to" in there.remove()["error"]
    assert there.files() == before


def test_somebody_elses_ovtui_and_venv_stay(there: There) -> None:
    link, venv = there.home / ".local/bin/ovtui", there.data / "venv"
    link.unlink()
    there.write(link, "of a person")
    venv.unlink()
    there.write(venv / "bin/python", "of a person")
    there.remove()
    assert link.read_text() == (venv / "bin/python").read_text() == "of a person"


def test_what_runs_out_of_it_is_ended_only_by_force(there: There) -> None:
    program = there.data / "venvs" / DIGEST / "bin/python"
    program.symlink_to(sys.executable)
    running = subprocess.Popen([str(program), "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        before = there.files()
        refused = there.remove()["error"]
        assert "1 process (such as" in refused
        assert "--force stops what runs first" in refused
        assert there.files() == before | {".local/share/ovtui/fleet/lock"}
        assert running.poll() is None
        assert there.remove(dry=True)["stopped"] == 1
        assert there.remove(force=True)["stopped"] == 1
        assert running.wait() == -15
        assert not there.data.exists()
    finally:
        running.kill()
        running.wait()


def test_two_at_once(there: There) -> None:
    with (there.data / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another ovtui fleet push or remove is at work there" in there.remove(force=False)["error"]


def test_a_wheel_that_came_damaged(there: There) -> None:
    request = {"do": "install", "digest": DIGEST, "wheels": {"a-1-py3-none-any.whl": "0" * 64}}
    assert "came here damaged, and was removed; push again" in there.asked(request)["error"]
    assert not (there.data / "wheels/a-1-py3-none-any.whl").exists()
    assert (there.data / "venv/bin/ovtui").exists()


def test_looking_makes_nothing_unless_it_is_asked_to(tmp_path: Path) -> None:
    there = There(tmp_path / "empty")
    there.home.mkdir()
    look = {"do": "look", "make": False, "wheels": {"a.whl": "0"}}
    assert there.asked(look)["pushed"] is None
    assert list(there.home.iterdir()) == []
    assert there.asked({**look, "make": True})["wheels"] == []
    assert (there.data / "wheels").stat().st_mode & 0o777 == 0o700
