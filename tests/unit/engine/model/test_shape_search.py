"""The engine's end of the search for shapes: children that crash or hang, and the sentences."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import msgspec
import pytest

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model import shape_search
from ovtui.engine.model.open_shapes import OpenShapes
from ovtui.engine.model.shape_search import Search, none_text, search, with_suggestion
from ovtui.settings.schema.settings import Settings

CHILD = """
import json, os, sys, time
question = json.load(sys.stdin)
for shape, fate in {fates}:
    if shape in question["skip"]:
        continue
    print(json.dumps(dict(type="tries", shape=shape)), flush=True)
    if fate == "crash":
        os.abort()
    if fate == "hang":
        time.sleep(600)
    kind = dict(type="works", shape=shape) if fate == "works" else dict(type="failed", shape=shape, reason=fate)
    print(json.dumps(kind), flush=True)
    if fate == "works":
        os._exit(0)
print(json.dumps(dict(type="ended")), flush=True)
"""


class Clock:
    """Stands in for the module `time`: it runs only while a shape that hangs is tried, so that a child that is slow to
    come is no child that hangs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hanging: str) -> None:
        self._now_s, self._runs_since_s = 0.0, 0.0
        take = Search.take

        def followed(search: Search, report: msgspec.Struct) -> bool:
            self._now_s, self._runs_since_s = self.monotonic(), 0.0
            if getattr(report, "shape", "") == hanging:
                self._runs_since_s = time.monotonic()
            return take(search, report)  # type: ignore[arg-type]

        monkeypatch.setattr(Search, "take", followed)
        monkeypatch.setattr(shape_search, "time", self)

    def monotonic(self) -> float:
        return self._now_s + (time.monotonic() - self._runs_since_s if self._runs_since_s else 0.0)


def child(*fates: tuple[str, str]) -> Sequence[str]:
    return (sys.executable, "-S", "-c", CHILD.format(fates=list(fates)))


def found(*fates: tuple[str, str], limit_s: float = 60, step_s: float = 30) -> Search:
    return search(Settings(), defaults=False, limit_s=limit_s, step_s=step_s, command=child(*fates))


def test_another_child_goes_on_where_one_crashed_or_hung(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch, "[3]")
    result = found(("[1]", "too small"), ("[2]", "crash"), ("[3]", "hang"), ("[4]", "works"), step_s=0.5)
    assert result.works == "[4]"
    assert result.fatal == ["[2]", "[3]"]
    assert result.tried["[1]"] == "too small"
    assert result.tried["[2]"] == "OpenVINO crashed, signal 6"
    assert result.in_time


def test_the_search_ends_in_time_and_tells_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch, "[1]")
    told: list[str] = []
    command = child(("[1]", "hang"))
    limits = {"limit_s": shape_search.NOTICE_S + 0.2, "step_s": 60.0}
    result = search(Settings(), defaults=False, command=command, notice=lambda: told.append("x"), **limits)
    assert (result.works, result.in_time, told) == ("", False, ["x"])
    assert f"within {shape_search.LIMIT_S:g} s (1 tried; the most usual, [1], failed: it took too long)" in none_text(
        result
    )


def test_a_child_that_cannot_read_the_model_ends_the_search() -> None:
    assert search(Settings(), defaults=False, command=(sys.executable, "-S", "-c", "")).tried == {}
    assert search(Settings(), defaults=False, command=("/no/such/program",)).tried == {}
    assert search(Settings(model="/no/such.xml"), defaults=False).tried == {}


def test_the_sentence_holds_the_whole_option(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Search()
    monkeypatch.setattr(shape_search, "search", lambda *_, **__: result)

    def said(error: SetupError, *, chosen: bool = False) -> tuple[str, dict[str, str]]:
        explained = with_suggestion(error, Settings(), lambda _: None, chosen=chosen)
        return str(explained), explained.suggestion

    asked = OpenShapes("the model has inputs of dynamic shape: it's [?,?]", "a batch of 1 does not fit")
    result.works = "it's[1,128]"
    text, suggestion = said(asked)
    assert text == (
        "the model has inputs of dynamic shape: it's [?,?]; give them with --shape 'it'\"'\"'s[1,128]', "
        "which has carried an inference"
    )
    assert suggestion == {"shape": "it's[1,128]"}
    broken, misused = SetupError("CPU: no kernel."), UsageError("--input: no such file")
    assert said(broken) == ("CPU: no kernel.", {})
    assert said(misused, chosen=True) == (str(misused), {})
    text, suggestion = said(broken, chosen=True)
    assert text.startswith("CPU: no kernel; other shapes have carried an inference: --shape 'it")
    assert suggestion
    result.is_default = True
    assert said(broken, chosen=True) == ("CPU: no kernel.", {})
    result.works, result.tried = "", {"[1,2]": "does not fit."}
    text, suggestion = said(asked)
    assert text == (
        f"{asked}; no shape tried has carried an inference (1 tried; the most usual, [1,2], failed: does not fit)"
    )
    assert suggestion == {}
