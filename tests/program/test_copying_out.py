"""What leaves the screen of the real program: the clipboard by OSC 52, and files."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from harness.fixture_types import StartProgram
from harness.reading import completed


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program writes its files."""
    place = tmp_path / "out"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def test_rows_go_to_the_clipboard_as_they_stand(start: StartProgram) -> None:
    program = start("-d", "CPU", "--rate", "300")
    program.wait_for(lambda text: completed(text) > 50)
    program.type(" jy")
    text = program.wait_for("copied by OSC 52: request ")
    number = re.search(r"copied by OSC 52: request ([\d,]+)", text)
    assert number
    headings, row = (line.split("\t") for line in program.terminal.clipboard.splitlines())
    found = dict(zip(headings, row, strict=True))
    assert found["seq"] == number[1].replace(",", "")
    assert found["device"] == "CPU"
    assert int(found["done_ns"]) > int(found["submit_ns"]) >= int(found["due_ns"])
    program.type("Y")
    text = program.wait_for(re.compile(r"copied by OSC 52: \d+ requests in sight"))
    _, *rows = program.terminal.clipboard.splitlines()
    lines = text.splitlines()
    heading = next(at for at, line in enumerate(lines) if re.match(r"\s+seq\s+order", line))
    shown = [line.lstrip(" ▸").split()[0].replace(",", "") for line in lines[heading + 1 : -2]]
    assert [row.split("\t")[0] for row in rows] == shown
    assert 0 < program.terminal.longest_clipboard < 74_994


def test_every_row_goes_to_a_file_and_the_screen_to_an_svg(start: StartProgram, folder: Path) -> None:
    program = start("-d", "CPU", "--rate", "300")
    program.wait_for(lambda text: completed(text) > 50)
    program.type("W")
    program.wait_for("written: ")
    rows = list(csv.DictReader(next(folder.glob("*.csv")).open(encoding="utf-8")))
    assert len(rows) > 50
    assert sorted(int(row["order"]) for row in rows) == list(range(len(rows)))
    program.type("S")
    program.wait_for("screenshot: ")
    picture = ElementTree.parse(next(folder.glob("*.svg"))).getroot()
    assert "demo-cnn" in "".join(picture.itertext())
