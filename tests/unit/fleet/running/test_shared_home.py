"""Boxes with one HOME, as over NFS, and a machine that is named twice: each has its own run and its own files there."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from fleet.running.local_fleet import LocalFleet
from harness.fake_ovtui import sessions_begun
from harness.local_line import LocalBox
from hypothesis import given
from hypothesis import strategies as st

from ovtui.fleet.on_box.looking import OnBox
from ovtui.fleet.on_box.sent_model import SentFile, SentModel, send_model
from ovtui.fleet.on_box.starting import folder_name, run_folder, run_of_folder


def test_each_has_its_own_run_and_the_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalFleet(tmp_path, ["b1", "b.2"], monkeypatch) as fleet:
        fleet["b.2"].home = fleet["b1"].home
        controller = fleet.new()
        states = fleet.run(controller)
    assert [state.phase for state in states.values()] == ["done", "done"]
    assert len({state.session for state in states.values()}) == 2
    assert sessions_begun(fleet["b1"].home) == 2
    assert fleet.left_there("b1") == []
    assert controller.one_machines() == ["b1 and b.2 are one machine: they measure beside each other"]


def test_a_model_is_sent_by_both_at_once(tmp_path: Path) -> None:
    data = b"onnx" * 700
    (tmp_path / "net.onnx").write_bytes(data)
    file = SentFile(name="net.onnx", bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    model = SentModel(folder=str(tmp_path), main="net.onnx", files=(file,))
    boxes = [LocalBox(tmp_path, name) for name in ("b1", "b2")]
    boxes[1].home = boxes[0].home
    sent: set[str] = set()
    both_send = asyncio.Barrier(2)

    async def send(there: LocalBox) -> str:
        line = await there.open(there.box)
        on_box = OnBox("/state", f"{there.home}/models", "ovtui", "1", None)
        first = line.send

        async def marked(local: Path, remote: str, *, mark: str = "", **more: object) -> None:
            sent.add(mark)
            await both_send.wait()
            await first(local, remote)

        line.send = marked  # type: ignore[method-assign]
        return await send_model(line, there.box, on_box, model, sent_for="r1")

    async def both() -> list[str]:
        return await asyncio.gather(*map(send, boxes))

    first, second = asyncio.run(both())
    assert first == second
    assert len(sent) == 2
    assert "" not in sent


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_no_two_boxes_have_one_folder(names: list[str]) -> None:
    folders = [folder_name("20260101-000000-abc", name) for name in names]
    assert folders[0] != folders[1]
    for folder in folders:
        assert run_folder(folder) == f'"$STATE"/{folder}'
        assert run_of_folder(folder) == "20260101-000000-abc"
