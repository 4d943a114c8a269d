"""The hosts before a box (ProxyJump), each with its own configuration."""

from __future__ import annotations

import re

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach.ssh_config import Settings, box_words, read_settings

_MOST = 8
_NAMED = re.compile(r"\[(?P<six>.+)\](?::(?P<p>\d+))?|(?P<host>[^:]+)(?::(?P<port>\d+))?")


async def jump_settings(settings: Settings, ssh_words: list[str], depth: int = 0) -> list[tuple[Settings, list[str]]]:
    """The nearest first, each with the options that `ssh` needs before its name. The first may name more of them in its
    own configuration, as OpenSSH has it."""
    jump = settings.get("proxyjump", "none")
    if jump == "none":
        return []
    if depth >= _MOST:
        raise BoxError("refused", f"more than {_MOST} hosts stand before it: does ProxyJump go in a circle?")
    found: list[tuple[Settings, list[str]]] = []
    config = ssh_words[:2] if ssh_words[:1] == ["-F"] else []
    for number, word in enumerate(jump.split(",")):
        box = jump_box(word.strip())
        hop = await read_settings(box, config)
        words = [*config, *box_words(box)]
        if number == 0:
            found += await jump_settings(hop, words, depth + 1)
        found.append((hop, words))
    return found


def jump_box(word: str) -> Box:
    """Of `user@host:port`, `ssh://user@host:port` or `user@[::1]:port`."""
    user, _, host = word.removeprefix("ssh://").rstrip("/").rpartition("@")
    named = _NAMED.fullmatch(host)
    if named is None:
        return Box(name=host, user=user)
    port = named["p"] or named["port"]
    return Box(name=named["six"] or named["host"], user=user, port=int(port) if port else None)
