"""Targets for Prometheus: which address of a session can be read from elsewhere, and the file that is written."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest
from harness.fake_line import FakeLine

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.reach.line import Answer
from ovtui.fleet.watching.asked_sessions import ask_sessions, served_at
from ovtui.fleet.watching.file_sd import address, read_targets, target_of_box, text_of, write_targets

BOX = Box(name="box1", groups=("gpu", "lab"), kind="NUC")


@pytest.mark.parametrize(
    ("host", "told", "addresses"),
    [
        ("192.0.2.1", "0.0.0.0:9464", ["192.0.2.1:9464"]),
        ("2001:db8::1", "[::]:9464", ["[2001:db8::1]:9464"]),
        ("box1.lab", "192.0.2.9:9464", ["192.0.2.9:9464"]),
        ("127.0.0.1", "127.0.0.1:9464", ["127.0.0.1:9464"]),
        ("localhost", "[::1]:9464", ["[::1]:9464"]),
    ],
)
def test_an_address_that_can_be_read(host: str, told: str, addresses: list[str]) -> None:
    assert served_at(host, [("s1", told)]) == (addresses, [])


@pytest.mark.parametrize(
    ("told", "remark"),
    [
        ("127.0.0.1:9464", "serves its metrics at 127.0.0.1:9464 only, where a Prometheus on another machine cannot"),
        ("localhost:9464", "start it with --prometheus 0.0.0.0:9464"),
        (None, "does not tell where its metrics are"),
        ("", "no session serves metrics there: start one with --prometheus"),
        ("-x:9464", "session s1 tells no address of its metrics that can be read"),
        ("box1", "session s1 tells no address of its metrics that can be read"),
        ("\x1b[2J:1", "session s1 tells no address of its metrics that can be read"),
    ],
)
def test_what_cannot_be_read_is_told_and_is_no_target(told: str | None, remark: str) -> None:
    served = served_at("192.0.2.1", [("s1", told)])
    assert served.addresses == []
    (sentence,) = served.remarks
    assert remark in sentence


def test_two_sessions_of_a_box_are_two_addresses_of_one_target() -> None:
    served = served_at("192.0.2.1", [("a", "0.0.0.0:1"), ("b", ""), ("c", "0.0.0.0:2")])
    target = target_of_box(BOX, served.addresses)
    assert json.loads(text_of([target])) == [
        {"targets": ["192.0.2.1:1", "192.0.2.1:2"], "labels": {"host": "box1", "group": "gpu,lab", "kind": "NUC"}}
    ]
    assert target_of_box(Box(name="b"), ["b:1"]).labels == {"host": "b"}, "what is not known is no label"


def asked(stdout: bytes) -> list[tuple[str, str | None]]:
    line = FakeLine(BOX, Answer(1, stdout, ""))
    found = asyncio.run(ask_sessions(line, BOX))  # type: ignore[arg-type]
    assert "sessions --json" in line.scripts[0]
    return found


def test_what_a_box_tells_of_its_sessions() -> None:
    """A session that hangs has null in each field; an older ovtui has no field `prometheus`."""
    told = [
        {"session": "a", "prometheus": "0.0.0.0:1"},
        {"session": "b", "prometheus": None},
        {"session": "c\x1b" * 99},
    ]
    assert asked(json.dumps(told).encode())[:2] == [("a", "0.0.0.0:1"), ("b", None)]
    name, where = asked(json.dumps(told).encode())[2]
    assert name.isprintable()
    assert len(name) == 60
    assert where is None
    for wrong in (b"", b"[[]]", b"{}", b"\xff", b'[{"session": 3}]'):
        with pytest.raises(BoxError, match="in a form that cannot be read"):
            asked(wrong)


def test_a_file_is_written_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "targets.json"
    write_targets(str(path), [target_of_box(BOX, ["192.0.2.1:9464"])])
    before = path.open("rb")
    write_targets(str(path), [])
    with before:
        assert b"192.0.2.1:9464" in before.read(), "whoever reads it meanwhile has the whole of one"
    assert json.loads(path.read_text()) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o644, "Prometheus is another user"
    assert [each.name for each in tmp_path.iterdir()] == ["targets.json"]


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"x\.txt: Prometheus reads targets of files only that end with \.json"):
        write_targets(str(tmp_path / "x.txt"), [])
    with pytest.raises(FleetError, match="cannot be written: No such file"):
        write_targets(str(tmp_path / "none" / "x.json"), [])
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(FleetError, match="cannot be written: Is a directory"):
        write_targets(str(tmp_path / "folder.json"), [])
    assert [each.name for each in tmp_path.iterdir()] == ["folder.json"]


@pytest.mark.parametrize("text", ["", "{}", "[3]", '[{"targets": ["a"], "labels": {}}]', "\x00"])
def test_a_file_of_others_is_no_memory(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert read_targets(str(tmp_path / "x.json")) == {}
    assert read_targets(str(tmp_path / "none.json")) == {}


def test_an_address_with_a_port() -> None:
    assert (address("a.b", 1), address("::1", 2)) == ("a.b:1", "[::1]:2")
