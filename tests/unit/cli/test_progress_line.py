"""What a progress writes on stderr, and a result as text and JSON."""

from __future__ import annotations

import io
from pathlib import Path

import click
import pytest

from ovtui.cli.output import write_both
from ovtui.cli.progress_line import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


def test_elsewhere_each_is_a_line_and_a_note_is_said_once() -> None:
    out = io.StringIO()
    line = ProgressLine(out, 60.0)
    for _ in range(3):
        line.stays_once("AUTO has only the CPU here")
        if line.is_due():
            line.write_over("probe 1")
    line.stays("probe 1 held")
    line.clear()
    line.leave()
    assert out.getvalue() == "ovtui: AUTO has only the CPU here\nprobe 1\novtui: probe 1 held\n"


def test_on_a_terminal_what_goes_on_is_taken_away_before_a_sentence() -> None:
    out = Terminal()
    line = ProgressLine(out, 60.0)
    line.write_over("probe 1")
    line.stays("probe 1 held")
    assert out.getvalue().endswith("\r\x1b[Kovtui: probe 1 held\n")
    line.write_over("probe 2")
    line.leave()
    assert out.getvalue().endswith("\n")


def test_the_json_is_written_though_nobody_reads_the_text(tmp_path: Path) -> None:
    def nobody_reads() -> None:
        raise BrokenPipeError

    path = tmp_path / "result.json"
    with pytest.raises(BrokenPipeError):
        write_both(str(path), lambda: b"{}", nobody_reads)
    assert path.read_bytes() == b"{}"


def test_the_text_is_printed_though_the_json_cannot_be_written(tmp_path: Path) -> None:
    printed: list[str] = []
    with pytest.raises(click.ClickException, match=r"No such file or directory; only the table was written"):
        write_both(str(tmp_path / "no" / "r.json"), lambda: b"{}", lambda: printed.append("text"), text_name="table")
    assert printed == ["text"]
