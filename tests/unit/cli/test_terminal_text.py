"""The last line of defence on stdout and stderr."""

from __future__ import annotations

import io
import sys

import click
import pytest
from harness import hostile

from ovtui.cli.exits import notify, sentence
from ovtui.cli.terminal_text import ShownStream, clean, clean_streams, print_data, print_line, write_controls


def stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")


def written(out: io.TextIOWrapper) -> str:
    out.flush()
    found = out.buffer
    assert isinstance(found, io.BytesIO)
    return found.getvalue().decode()


def test_whatever_is_printed_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = stream(), stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    clean_streams()
    clean_streams()
    print(hostile.NAME, "é\tb")
    print(hostile.NAME, file=sys.stderr)
    click.echo(hostile.NAME)
    click.echo(hostile.NAME, err=True)
    sys.stdout.writelines([hostile.NAME, "\n"])
    for found in (written(out), written(err)):
        assert not hostile.bad_signs(found, "\n\t")
        assert found.count("PWNED") >= 2
    assert "é\tb\n" in written(out)


def test_our_own_controls_pass() -> None:
    out = stream()
    write_controls(ShownStream(out), "\r\x1b[K")  # type: ignore[arg-type]
    write_controls(out, "\r")
    assert written(out) == "\r\x1b[K\r"


def test_data_is_exact_but_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a\x1b\u202e\udcffé\n"
    for terminal, expected in (
        (False, b"a\x1b\xe2\x80\xae\xff\xc3\xa9\n"),
        (True, r"a\x1b\u202e\xffé".encode() + b"\n"),
    ):
        out = stream()
        monkeypatch.setattr(out, "isatty", lambda terminal=terminal: terminal)
        monkeypatch.setattr(sys, "stdout", out)
        print_data(text)
        out.flush()
        assert out.buffer.getvalue() == expected  # type: ignore[attr-defined]
    out = stream()
    monkeypatch.setattr(sys, "stdout", out)
    print_data("half \ud800")
    print_line("a\nb")
    assert written(out) == r"half \ud800a\nb" + "\n"


def test_a_sentence_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    notify("a\nb", "first\n\tsecond\x1b\n")
    assert capsys.readouterr().err == "ovtui: a\\nb\n    first\n        second\\x1b\n"
    assert sentence("a") == "ovtui: a"


def test_lines_and_tabs_stay() -> None:
    assert clean("a\tb\x07\nc") == "a\tb\\x07\nc"
