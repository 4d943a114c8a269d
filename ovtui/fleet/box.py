"""A box of a fleet, and how anything that goes wrong with one is told."""

from __future__ import annotations

from typing import Literal

import msgspec

Transport = Literal["auto", "asyncssh", "ssh"]


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """As an inventory names it. What is empty here comes from ~/.ssh/config or is SSH's default."""

    name: str
    """What a person calls it; the name for OpenSSH where `address` is empty."""
    address: str = ""
    port: int | None = None
    user: str = ""
    key_files: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ssh_options: tuple[str, ...] = ()
    """Words of the inventory's ansible_ssh_common_args; only the system's ssh takes them."""
    ovtui: str = ""
    """Path of ovtui on the box (inventory variable ovtui_path); empty: found there."""
    python: str = ""
    """Path of Python on the box, for `fleet push` (ansible_python_interpreter, ovtui_python)."""
    kind: str = ""
    """Says of which kind it is (ovtui_kind); empty: its hardware does."""
    transport: Transport = "auto"


FaultKind = Literal[
    "unreachable", "host-key", "login", "silent", "lost", "no-ovtui", "old-ovtui", "no-python", "full-disk", "too-much",
    "refused", "failed", "interrupted",
]  # fmt: skip
"""lost: the line broke. too-much: the box sent more than it may. refused: model, device or settings."""


class BoxError(Exception):
    """Of one box; the others go on. `text`: one sentence that says what is wrong and what to do, without the box's
    name, cleaned of what a terminal would obey."""

    def __init__(self, kind: FaultKind, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


class FleetError(Exception):
    """Of the whole: an inventory, a folder. One sentence."""
