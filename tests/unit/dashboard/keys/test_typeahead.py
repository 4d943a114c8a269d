"""Terminal input to keys: an escape key and the start of a sequence are told apart, in one read or in several."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver

from ovtui.dashboard.keys import escape_parser


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> XTermParser:
    """As the driver makes it after `tell_escape_from_alt`."""
    monkeypatch.setattr(linux_driver, "XTermParser", XTermParser)
    escape_parser.install_escape_parser()
    return linux_driver.XTermParser()


def keys(parser: XTermParser, *reads: str) -> list[str]:
    found = [event for data in reads for event in parser.feed(data)]
    return [event.key if isinstance(event, events.Key) else type(event).__name__ for event in found]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sh", ["s", "h"]),
        ("\x1bh", ["escape", "h"]),
        ("\x1bH", ["escape", "H"]),
        ("\x1b\r8", ["escape", "enter", "8"]),
        ("\x1b ", ["escape", "space"]),
        ("\x1b/x", ["escape", "slash", "x"]),
        ("\x1b\x7f", ["escape", "backspace"]),
        ("\x1b\x1bj", ["escape", "escape", "j"]),
        ("\x1b[A\x1b[6~\x1bOPq", ["up", "pagedown", "f1", "q"]),
        ("\x1b[<0;10;10Mj", ["MouseDown", "j"]),
        ("\x1b[200~ab\x1b[201~j", ["Paste", "j"]),
        ("\x1b[200~ab\x1b[201~\x1bj", ["Paste", "escape", "j"]),
    ],
)
def test_keys(parser: XTermParser, typed: str, expected: list[str]) -> None:
    assert keys(parser, typed) == expected


@pytest.mark.parametrize("typed", ["\x1bjk", "\x1b[Bjk", "\x1b\rk", "j\x1b[<64;10;10Mk"])
def test_the_length_of_a_read_makes_no_difference(parser: XTermParser, typed: str) -> None:
    whole = keys(parser, typed)
    assert keys(parser, *typed) == whole
    assert len(whole) == 3


def test_an_escape_in_a_paste_makes_no_keys_of_its_own(parser: XTermParser) -> None:
    """What makes an escape unmistakable is '[27u': typed into the dashboard it would change the view and undo."""
    assert not {"2", "7", "u"} & set(keys(parser, "\x1b[200~a\x1bxb\x1b[201~j"))
