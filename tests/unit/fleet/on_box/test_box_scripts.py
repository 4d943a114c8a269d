"""Scripts for a box: what is quoted, where its ovtui is found, how a run is begun there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from harness.fake_ovtui import running, sessions_begun, write_fake_ovtui
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.fleet.box import Box
from ovtui.fleet.on_box import ending, starting
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.script import at_folders, find_ovtui, quoted, quoted_path, run_ovtui

ODD = ["a b", "it's", '"x"', "$(touch x)", "`id`", "-n", "a\nb", "*", "~", "", "ü", "\\", "a;b", "!x", "#"]


def _sh(script: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh"], input=script, env={"HOME": str(home), "PATH": "/usr/bin:/bin", **env}, cwd=home, text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def test_words_are_what_they_were_whatever_is_in_them(tmp_path: Path) -> None:
    assert _sh(f"printf '%s\\0' {quoted(ODD)}", tmp_path).stdout.split("\0")[:-1] == ODD


@settings(max_examples=8, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=1, max_size=20))
def test_any_words_are_what_they_were(words: list[str]) -> None:
    done = subprocess.run(["sh"], input=f"printf '%s\\0' {quoted(words)}".encode(), capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == words


def test_a_zero_byte_is_no_word() -> None:
    with pytest.raises(ValueError, match="zero byte"):
        quoted(["a\0b"])


def test_a_path_may_begin_with_the_home_there_or_with_a_dash(tmp_path: Path) -> None:
    printed = _sh(f"printf '%s\\n' {quoted_path('~/my $x')} {quoted_path('-v')} {quoted_path('/a b')}", tmp_path).stdout
    assert printed.splitlines() == [f"{tmp_path}/my $x", "./-v", "/a b"]


def test_the_folders_are_those_of_xdg_where_it_names_absolute_ones(tmp_path: Path) -> None:
    script = at_folders() + 'printf "%s\\n" "$STATE" "$MODELS" "$VENV"\n'
    assert _sh(script, tmp_path, XDG_STATE_HOME="relative", XDG_CACHE_HOME="/c c").stdout.splitlines() == [
        f"{tmp_path}/.local/state/ovtui/fleet", "/c c/ovtui/fleet/models", f"{tmp_path}/.local/share/ovtui/fleet/venv",
    ]  # fmt: skip


def test_its_ovtui_is_the_inventory_s_else_the_pushed_one_else_that_of_its_path(tmp_path: Path) -> None:
    places = [tmp_path / ".local/share/ovtui/fleet/venv/bin", tmp_path / "bin", tmp_path / ".local/bin"]
    found = []
    for place in reversed(places):
        place.mkdir(parents=True)
        write_fake_ovtui(place / "ovtui")
        script = find_ovtui(Box(name="b")) + 'echo "$OVTUI"\n'
        found.append(_sh(script, tmp_path, PATH=f"{tmp_path}/bin:/usr/bin:/bin").stdout.strip())
    assert found == [f"{place}/ovtui" for place in reversed(places)]
    named = find_ovtui(Box(name="b", ovtui="~/bin/ovtui")) + 'echo "$OVTUI"\n'
    assert _sh(named, tmp_path).stdout.strip() == f"{tmp_path}/bin/ovtui"


def test_without_an_ovtui_it_says_what_brings_one(tmp_path: Path) -> None:
    for box, text in ((Box(name="b"), "ovtui fleet push"), (Box(name="b", ovtui="/no/ovtui"), "'/no/ovtui'")):
        done = _sh(run_ovtui(box, ["sessions"]), tmp_path)
        error = error_of(box, done.returncode, done.stderr)
        assert error.kind == "no-ovtui"
        assert text in error.text


def test_the_settings_in_its_environment_do_not_reach_its_ovtui(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ovtui"
    program.write_text("#!/bin/sh\nenv | grep OVTUI_\n")
    program.chmod(0o755)
    env = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "OVTUI_DEVICE": "GPU", "OVTUI_MACHINE_ROOT": "/m", "OVTUI_X": "a b"}
    assert _sh(run_ovtui(Box(name="b"), []), tmp_path, **env).stdout == "OVTUI_MACHINE_ROOT=/m\n"


class _There:
    """A box with a fake ovtui and one run, r1."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.box = Box(name="b", ovtui=str(write_fake_ovtui(folder / "ovtui")))
        self.folder = folder / ".local" / "state" / "ovtui" / "fleet" / "r1"

    def begin(self) -> subprocess.CompletedProcess[str]:
        words = starting.begin_words(3600, "1G")
        return _sh(starting.begin_script(self.box, "r1", "title = 'x'\n", words), self.home)

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        return _sh(script, self.home)


@pytest.fixture
def there(tmp_path: Path) -> _There:
    return _There(tmp_path)


def test_a_run_is_begun_once_however_often_it_is_asked_for(there: _There) -> None:
    first, second = there.begin(), there.begin()
    assert first.stdout.split()[:2] == ["code", "0"]
    assert second.stdout == first.stdout
    assert sessions_begun(there.home) == 1
    assert there.folder.stat().st_mode & 0o777 == 0o700
    assert (there.folder / "preset.toml").read_text() == "title = 'x'\n"
    assert there.sh(starting.await_script(there.box, "r1")).stdout == first.stdout


def test_a_start_that_is_refused_tells_its_code_and_its_sentence_each_time(there: _There) -> None:
    (there.home / ".fake").mkdir()
    (there.home / ".fake" / "refuse").write_text("ovtui: no GPU\n")
    for _ in range(2):
        done = there.begin()
        assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["code", "4"], "ovtui: no GPU\n")


def test_a_start_of_which_nothing_is_left_is_told_as_gone(there: _There) -> None:
    (there.folder / "begun").mkdir(parents=True)
    (there.folder / "begun" / "pid").write_text(f"{os.getpid()}\n")  # another process has its number now
    assert there.sh(starting.await_script(there.box, "r1")).returncode == starting.GONE
    assert sessions_begun(there.home) == 0


def test_a_start_that_was_killed_before_it_did_anything_is_made_again(there: _There) -> None:
    (there.folder / "begun").mkdir(parents=True)
    assert there.begin().stdout.split()[:2] == ["code", "0"]
    assert sessions_begun(there.home) == 1


def test_what_was_stopped_before_it_began_never_begins(there: _There) -> None:
    there.sh(ending.start_stopped_script(there.box, "r1"))
    assert there.begin().stdout.split() == ["code", "130"]
    assert sessions_begun(there.home) == 0


def test_a_start_under_way_is_stopped(there: _There) -> None:
    (there.home / ".fake").mkdir()
    (there.home / ".fake" / "hold").touch()
    script = starting.begin_script(there.box, "r1", "", starting.begin_words(3600, "1G"))
    with subprocess.Popen(["sh", "-c", script], env={"HOME": str(there.home), "PATH": "/usr/bin:/bin"}) as child:
        while not (there.home / ".fake" / "log").exists():
            pass
        there.sh(ending.start_stopped_script(there.box, "r1"))
        assert child.wait() == 0
    assert (there.folder / "begun" / "code").read_text().strip() == "143"
    assert running(there.home) == []


def test_the_folder_of_a_run_is_taken_away_and_no_other(there: _There) -> None:
    there.begin()
    other = there.folder.parent / "r2"
    other.mkdir()
    there.sh(ending.removal_script("r1"))
    assert [path.name for path in there.folder.parent.iterdir()] == ["r2"]
    other.rmdir()
    there.sh(ending.removal_script("r1"))
    assert not there.folder.parent.exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "-x", "$(id)", "x" * 100])
def test_no_other_folder_can_be_named(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a run"):
        starting.run_folder(name)


@pytest.mark.parametrize(
    ("status", "stderr", "kind", "text"),
    [
        (1, "mkdir: cannot create directory 'x': No space left on device\n", "full-disk", "its disk is full"),
        (1, "mkdir: cannot create directory 'x': Permission denied\n", "failed", "cannot be written there"),
        (4, "x\novtui: GPU: no such device\n", "refused", "GPU: no such device"),
        (2, "ovtui: no such option: --y\n", "old-ovtui", "fleet push"),
        (137, "", "failed", "signal 9"),
        (1, "\x1b[31movtui: x\n", "failed", "\\x1b[31m"),
        (130, "", "interrupted", "said nothing"),
    ],
)
def test_what_a_script_s_end_means(status: int, stderr: str, kind: str, text: str) -> None:
    error = error_of(Box(name="b"), status, stderr)
    assert error.kind == kind
    assert text in error.text
    assert "\x1b" not in error.text
