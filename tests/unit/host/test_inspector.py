"""A process that reads a model may die, hang or answer nonsense: each is a sentence."""

from __future__ import annotations

import signal
import sys

import pytest

from ovtui.host import inspector
from ovtui.host.inspector import NotInspected, ask_of_model, inspect_model
from ovtui.settings.schema.settings import Settings


def child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(inspector, "COMMAND", [sys.executable, "-c", f"import os, sys, time; {code}"])


@pytest.mark.parametrize(
    ("code", "text", "misused"),
    [
        ("print('out of range', file=sys.stderr, flush=True); os.kill(os.getpid(), 11)",
         "m.xml: the process that reads the model died with SIGSEGV: out of range", False),
        ("os._exit(7)", "m.xml: the process that reads the model died with exit code 7", False),
        ("""print('{"text": "no such input"}', flush=True); os._exit(2)""", "no such input", True),
        ("""print('{"text": "no model", "detail": "all of it"}', flush=True); os._exit(4)""", "no model", False),
        ("os._exit(4)", "m.xml: the process that reads the model died with exit code 4", False),
        ("print('no JSON', flush=True); os._exit(4)",
         "m.xml: the process that reads the model gave no answer that can be read", False),
        ("print('{}')", "m.xml: the process that reads the model gave no answer that can be read", False),
        ("time.sleep(60)", "m.xml: no answer from OpenVINO within 0.3 s; --time-limit gives it longer", False),
    ],
)  # fmt: skip
def test_each_end_has_its_sentence(monkeypatch: pytest.MonkeyPatch, code: str, text: str, misused: bool) -> None:
    child(monkeypatch, code)
    with pytest.raises(NotInspected) as caught:
        ask_of_model(Settings(model="m.xml"), 0.3 if "sleep" in code else 60)
    assert (str(caught.value), caught.value.misused) == (text, misused)
    assert caught.value.detail == ("all of it" if text == "no model" else "")


def test_a_signal_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, f"os.kill(os.getpid(), {signal.SIGRTMIN + 1})")
    with pytest.raises(NotInspected, match=f"died with signal {signal.SIGRTMIN + 1}"):
        inspect_model(Settings(model="m.xml"))
