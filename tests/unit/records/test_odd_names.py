"""Half characters on their way between processes and into the recording."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.records.events import Event, RecordingBegan
from ovtui.records.json_text import json_text
from ovtui.records.odd_names import MARK, carried, from_json, from_msgpack, restored, to_json, to_msgpack
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.records.wire import Wire, wire_pair
from ovtui.settings.schema.settings import Settings

ANY = st.text(st.characters(exclude_categories=()), max_size=30) | st.text(f"{MARK}d8cf\udcff\ud800", max_size=20)
ODD = "/tmp/\udcff\udce9/m.xml"


class Whole(msgspec.Struct, tag="whole"):
    text: str
    table: dict[str, str]
    numbers: dict[int, float]
    data: bytes = b""


@given(ANY)
def test_a_text_comes_back(text: str) -> None:
    assert restored(carried(text)) == text
    carried(text).encode()


@given(ANY, ANY)
def test_a_message_comes_back(text: str, other: str) -> None:
    whole = Whole(text, {other: text}, {3: 0.5}, b"\xff\x00")
    assert from_msgpack(msgspec.msgpack.Decoder(Whole), to_msgpack(whole)) == whole
    assert from_json(msgspec.json.Decoder(Whole), to_json(whole)) == whole
    assert from_json(msgspec.json.Decoder(Whole), to_json(whole).decode()) == whole


def test_a_plain_message_is_as_msgspec_has_it() -> None:
    whole = Whole("é\x1b", {}, {1: 2.0})
    assert to_msgpack(whole) == msgspec.msgpack.encode(whole)
    assert to_json(whole) == msgspec.json.encode(whole)


@pytest.mark.parametrize("text", [f"{MARK}", f"{MARK}dc", f"{MARK}zzzz", f"{MARK}0041", f"a{MARK}d7ff"])
def test_what_nobody_has_made_stays(text: str) -> None:
    assert restored(text) == text


def test_the_wire() -> None:
    ours, theirs = wire_pair()
    sender: Wire[Settings, Settings] = Wire(ours, Settings)
    receiver: Wire[Settings, Settings] = Wire(theirs, Settings)
    sender.send(Settings(model=ODD))
    assert receiver.receive()[0].model == ODD
    sender.close()
    receiver.close()


def test_the_recording(tmp_path: Path) -> None:
    path = str(tmp_path / "\udcff.ovtui")
    writer = SessionWriter(path, {"command": f"ovtui {ODD}"}, 1 << 30)
    event: Event = RecordingBegan(t_ns=1, path=ODD, limit_bytes=1 << 30)
    writer.write([event], [], RecordingProgress(2, 0, 0, 0, 0))
    writer.close()
    reader = SessionReader(path)
    assert reader.meta["command"] == f"ovtui {ODD}"
    assert [found for _, found in reader.events()] == [event]
    reader.close()


@given(ANY)
def test_json_is_safe_to_look_at_and_exact(text: str) -> None:
    data = json_text({"key": text}).decode()
    assert all(sign.isprintable() or sign == "\n" for sign in data)
    if not any("\ud800" <= sign <= "\udfff" for sign in text):
        assert json.loads(data) == {"key": text}


def test_json_of_a_byte() -> None:
    assert json.loads(json_text({"path": ODD})) == {"path": r"/tmp/\xff\xe9/m.xml"}
    assert json_text(["\u202e"]) == b'[\n  "\\u202e"\n]\n'
