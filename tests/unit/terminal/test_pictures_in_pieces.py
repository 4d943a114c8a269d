"""The tests' own terminal shows a picture whole or not at all, wherever the pieces end in which a pty is read."""

from __future__ import annotations

from harness.terminal import Terminal

PICTURES = [f"\x1b[?2026h\x1b[H{text}\x1b[?2026l".encode() for text in ("old one, old two", "new one, new two")]


def test_no_half_picture_is_seen() -> None:
    old, new = PICTURES
    seen = set()
    for first in range(len(new)):
        for second in range(first, len(new) + 1):
            terminal = Terminal(40, 2)
            for piece in (old + new[:first], new[first:second]):
                terminal.feed(piece)
                seen.add(terminal.text)
    assert seen == {"old one, old two", "new one, new two"}


def test_at_the_end_all_is_drawn() -> None:
    terminal = Terminal(40, 2)
    terminal.feed(PICTURES[0] + b"\x1b[?2026h\x1b[Hnew")
    assert terminal.text == "old one, old two"
    terminal.end()
    assert terminal.text == "new one, old two"
