"""Sizes and hashes of files on a box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.fleet.box import Box
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.script import quoted_word
from ovtui.fleet.reach.line import Line
from ovtui.fleet.told import whole_number

HASH_S = 3600.0
"""Longest time in which a box reads its files."""
TELL = """tell() {
  [ -f "$2" ] || { echo "$1 none -"; return; }
  size=$(wc -c <"$2") || exit 74
  if [ "$3" = no ]; then hash=-
  elif command -v sha256sum >/dev/null 2>&1; then hash=$(sha256sum <"$2")
  elif command -v shasum >/dev/null 2>&1; then hash=$(shasum -a 256 <"$2")
  elif command -v openssl >/dev/null 2>&1; then hash=$(openssl dgst -sha256 -r <"$2")
  else hash=-
  fi
  echo "$1" $size "${hash%%[ *]*}"
}
"""
"""`tell NUMBER PATH HASHED` in sh: a line with the number, the size, and the hash unless HASHED is 'no'."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    bytes: int
    sha256: str
    """Empty where the box has no program that makes it."""


def facts_script(paths: Sequence[str]) -> str:
    return f"LC_ALL=C; export LC_ALL\n{TELL}" + "".join(
        f"tell {number} {quoted_word(path)} yes\n" for number, path in enumerate(paths)
    )


async def file_facts(line: Line, box: Box, paths: Sequence[str]) -> list[FileFacts | None]:
    """Of each file; None for one that is not there. Raises BoxError."""
    answer = await line.run(facts_script(paths), silence_s=math.inf, whole_s=HASH_S, most_bytes=1 << 20)
    if answer.status:
        raise error_of(box, answer.status, answer.stderr, "its sh")
    found = read_facts(answer.stdout)
    return [found.get(number) for number in range(len(paths))]


def read_facts(stdout: bytes) -> dict[int, FileFacts]:
    """What TELL has printed, by number; without what is not there."""
    found = {}
    for row in stdout.decode(errors="replace").splitlines():
        words = row.split()
        number, size = (*map(whole_number, words[:2]), None, None)[:2]
        if len(words) == 3 and number is not None and size is not None:
            found[number] = FileFacts(size, "" if words[2] == "-" else words[2])
    return found
