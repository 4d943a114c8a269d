"""The recipes of CONTRIBUTING.md, followed: each is applied to a copy of the code, and what it promises is tried.

The copy runs in a process of its own, because this one has imported the code as it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SECTION = re.compile(r"^### (.+?)$\n(.*?)(?=^###? |\Z)", re.MULTILINE | re.DOTALL)
_DIFF = re.compile(r"```diff\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"^--- (\S+)\n\+\+\+ b/(\S+)\n", re.MULTILINE)


def _git_form(diff: str) -> str:
    """The diff with a header for each file, which `git apply --recount` needs to see where a file ends."""

    def header(found: re.Match[str]) -> str:
        new = "new file mode 100644\n" if found[1] == "/dev/null" else ""
        return f"diff --git a/{found[2]} b/{found[2]}\n{new}{found[0]}"

    return _FILE.sub(header, diff)


RECIPES = {
    title: _git_form("".join(_DIFF.findall(body)))
    for title, body in _SECTION.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
}

PROOFS = {
    "Add a setting": """
        from ovtui.dashboard.settings_pane.pane_model import PaneList
        from ovtui.settings.layers import resolve

        assert resolve({}, {"OVTUI_NOTE": "first"}, "").settings.note == "first"
        assert resolve({"note": "second"}, {"OVTUI_NOTE": "first"}, "").settings.note == "second"
        assert "note" in [item.id for item in PaneList().items]
        assert "OVTUI_NOTE" in printed("run", "--help") and "--note TEXT" in printed("dashboard", "--help")
        assert "`OVTUI_NOTE`" in printed("config", "docs") and "#note = " in printed("config", "template")
        assert 'note = "of a flag"' in printed("config", "show", "--note", "of a flag")
        """,
    "Add a view": """
        from fake_source import FakeSource
        from stage import on_stage

        async def act(stage):
            await stage.advance(2)
            await stage.press("9")
            assert type(stage.app.view).__name__ == "NotesView"
            assert "[9 notes]" in stage.text(Footer)
            assert stage.text(NotesPanel).strip()

        from ovtui.dashboard.notes.notes_view import NotesPanel
        from ovtui.dashboard.views.footer import Footer

        on_stage(act, FakeSource())
        assert '#view-notes = ["9"]' in printed("config", "template"), printed("config", "template")
        """,
    "Add a key": """
        from fake_source import FakeSource
        from stage import on_stage
        from ovtui.dashboard.views.event_line import EventLine

        async def act(stage):
            await stage.advance(2)
            await stage.press("N")
            assert "requests have completed" in stage.text(EventLine)

        on_stage(act, FakeSource())
        assert '#count = ["N"]' in printed("config", "template")
        """,
    "Add a rule of advice": """
        from ovtui.metrics.advice.advice_facts import AdviceFacts
        from ovtui.metrics.advice.registry import advise
        from ovtui.settings.schema.settings import Settings

        given = [advice.id for advice in advise(AdviceFacts(completed=1000))]
        assert "seed-is-zero" in given
        seeded = AdviceFacts(settings=Settings(seed=3), completed=1000)
        assert "seed-is-zero" not in [advice.id for advice in advise(seeded)]
        """,
    "Add an event": """
        from pathlib import Path
        from ovtui.metrics.handover.event_text import describe_event
        from ovtui.metrics.session.session_state import SessionState
        from ovtui.records.events import InputsCycled
        from ovtui.records.session_file.reader import SessionReader
        from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

        event = InputsCycled(t_ns=5, engine=1, items=1200)
        assert describe_event(event, SessionState()).text == "all 1,200 inputs were used once"
        writer = SessionWriter("session.ovtui", {}, 10**9)
        writer.write([event], [], RecordingProgress(0, 0, 0, 0))
        writer.close()
        assert event in [kept for _, kept in SessionReader("session.ovtui").events()]
        """,
    "Add an export": """
        from ovtui.records.session_file.shipped import shipped_recordings

        recording = str(shipped_recordings()["auto-latency"])
        rows = dict(line.split("\\t") for line in printed("export", recording, "--to", "devices").splitlines())
        assert set(rows) == {"(CPU)", "GPU.0"} and sum(map(int, rows.values())) == 2000
        """,
}
PRELUDE = """
import contextlib, io, sys
from ovtui.cli.main import run

def printed(*arguments):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="utf-8")
    with contextlib.redirect_stdout(out):
        assert run(arguments) == 0, arguments
        out.flush()
    return raw.getvalue().decode()
"""


def test_every_recipe_is_tried() -> None:
    assert list(PROOFS) == list(RECIPES)


@pytest.mark.parametrize("title", PROOFS)
def test_a_recipe_leads_where_it_says(title: str, tmp_path: Path) -> None:
    # With what Python has compiled: it is taken for the files alone that have kept their time and size.
    shutil.copytree(ROOT / "ovtui", tmp_path / "ovtui")
    shutil.copytree(ROOT / "presets", tmp_path / "presets")
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    subprocess.run(
        ["git", "apply", "--recount", "-"],
        input=RECIPES[title],
        cwd=tmp_path,
        env=environment,
        text=True,
        check=True,
    )
    paths = [tmp_path, ROOT / "tests"]
    done = subprocess.run(
        [sys.executable, "-c", f"{PRELUDE}\n{_dedented(PROOFS[title])}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _dedented(text: str) -> str:
    return "\n".join(line[8:] for line in text.splitlines())
