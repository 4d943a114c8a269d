"""A process that verifies may die, hang or answer nonsense: each is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.host import verifier
from ovtui.host.verifier import NotVerified, verify
from ovtui.records.verification import Doing, VerifyStep
from ovtui.settings.schema.settings import Settings

DOING = """print('{"type": "Doing", "text": "compiling for GPU"}', flush=True)"""


def child(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Stands in for the process: a module of its own with this code."""
    (folder / "stand_in_verifier.py").write_text(f"import os, sys, time\n{code}\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(verifier, "MODULE", "stand_in_verifier")


@pytest.mark.parametrize(
    ("code", "text", "misused"),
    [
        (f"{DOING}; print('out of range', file=sys.stderr, flush=True); os.kill(os.getpid(), 11)",
         "m.xml: the process that verifies it died with SIGSEGV while it was compiling for GPU: out of range", False),
        ("os._exit(7)", "m.xml: the process that verifies it died with exit code 7 while it was starting", False),
        ("""print('{"type": "VerifyRefused", "why": "no such input", "misused": true}', flush=True)""",
         "no such input", True),
        ("""print('{"type": "VerifyRefused", "why": "no model", "detail": "all of it"}', flush=True)""",
         "no model", False),
        ("print('no JSON', flush=True)", "m.xml: the process that verifies it gave no answer that can be read", False),
        (f"{DOING}", "m.xml: the process that verifies it gave no answer that can be read", False),
        (f"{DOING}; os.read(os.pipe()[0], 1)",
         "m.xml: not done within 2 s (compiling for GPU); --time-limit gives it longer", False),
    ],
)  # fmt: skip
def test_each_end_has_its_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, text: str, misused: bool
) -> None:
    child(monkeypatch, tmp_path, code)
    with pytest.raises(NotVerified) as caught:
        verify(Settings(model="m.xml", device="GPU"), "CPU", limit_s=2 if "pipe" in code else 60)
    assert (caught.value.text, str(caught.value), caught.value.misused) == (text, text, misused)
    assert caught.value.detail == ("all of it" if text == "no model" else "")


def test_steps_are_handed_on_as_they_come(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    child(monkeypatch, tmp_path, DOING)
    steps: list[VerifyStep] = []
    with pytest.raises(NotVerified):
        verify(Settings(model="m.xml", device="GPU"), "CPU", on_step=steps.append)
    assert steps == [Doing("compiling for GPU")]
