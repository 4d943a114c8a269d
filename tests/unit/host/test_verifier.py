"""A process that verifies may die, hang or answer nonsense: each is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.host import verifier
from ovtui.host.verifier import NotVerified, verify
from ovtui.records.odd_names import to_json
from ovtui.records.verification import NOT_REACHED, Doing, NotCompared, Verification, VerifyStep
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


def test_where_it_dies_over_a_layer_the_outputs_stand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = Verification(
        ovtui="1", openvino="2", model="m.xml", device="GPU", against="CPU", sides=[], inputs=1, seed=0, tolerance=0.1,
        tolerance_from="", verdict="agree", outputs=[], layers=[],
        not_compared=[
            NotCompared(names=["w"], why="constant", expected=True), NotCompared(names=["a", "b"], why=NOT_REACHED),
        ],
    )  # fmt: skip
    told_line = f"print({to_json(told).decode()!r}, flush=True)"
    for end, why in (
        ("os.kill(os.getpid(), 11)", "the process that verifies it died with SIGSEGV while it was compiling for GPU"),
        ("os.read(os.pipe()[0], 1)", "not done within 2 s (compiling for GPU); --time-limit gives it longer"),
    ):
        child(monkeypatch, tmp_path, f"{told_line}; {DOING}; {end}")
        found = verify(Settings(model="m.xml", device="GPU"), "CPU", limit_s=2 if "pipe" in end else 60)
        assert (found.verdict, found.layers, found.agrees) == ("agree", [], False)
        assert [each.why for each in found.not_compared] == ["constant", f"m.xml: {why}"]
    refused = """print('{"type": "VerifyRefused", "why": "no memory"}', flush=True)"""
    child(monkeypatch, tmp_path, f"{told_line}; {refused}")
    found = verify(Settings(model="m.xml", device="GPU"), "CPU")
    assert found.not_compared[1].why == "no memory"
