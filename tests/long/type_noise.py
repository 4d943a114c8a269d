"""Random bytes typed into the dashboard over a recording: `python tests/long/type_noise.py [ROUNDS] [SEED]`.

A round types some hundred bytes (half characters, escape sequences with odd numbers, pastes, lines of noise, none of
the keys that leave), then opens the help and closes it. A second a round. Ends at the first round after which no key
works."""

from __future__ import annotations

import os
import random
import re
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from harness.program import Program, ovtui  # noqa: E402

HELP = re.compile(r"[─-] Help [─-]")
LEAVE = b"qQD\x03\x1a\x11"
FREE = bytes(set(range(256)) - set(LEAVE) - set(b"SyYWoO:"))
SETTLE = b"\x1b[201~" + b"\x1b" * 4
"""Ends a paste and closes the pages that keys may have opened."""


def noise(random_: random.Random) -> bytes:
    kind = random_.randrange(8)
    length = random_.randrange(1, 60)
    if kind == 0:
        return bytes(random_.choice(FREE) for _ in range(length))
    if kind == 1:
        return bytes(random_.randrange(0x80, 0x100) for _ in range(length))
    if kind == 2:  # characters cut short
        return b"".join(
            random_.choice("é€😀".encode().split()[:1] + [x.encode()[:-1] for x in "é€😀"]) for _ in range(9)
        )
    if kind == 3:  # a sequence with any numbers
        numbers = ";".join(
            str(random_.choice([0, 1, 2**15, 2**31, 55296, 1114112, -1])) for _ in range(random_.randrange(5))
        )
        return (
            b"\x1b["
            + random_.choice([b"", b"<", b"?", b">"])
            + numbers.encode()
            + random_.choice(FREE[64:120:1]).to_bytes()
        )
    if kind == 4:  # the size as mode 2048 writes it
        return f"\x1b[48;{random_.randrange(70000)};{random_.randrange(70000)};{random_.randrange(9)};0t".encode()
    if kind == 5:
        inside = bytes(random_.choice(FREE) for _ in range(length))
        return b"\x1b[200~" + inside + random_.choice([b"\x1b[201~", b"\x1b[201", b""])
    if kind == 6:
        return b"\x1b" + bytes(random_.choice(FREE) for _ in range(3))
    return bytes([random_.choice([0, 0x9B, 0xC0, 0xF5, 0xFE, 0xFF])]) * length


def main(rounds: int, seed: int, recording: str) -> int:
    random_ = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
        env = dict.fromkeys(names, folder) | {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.chdir(folder)
        with Program(ovtui("replay", recording), env) as program:
            program.wait_for("quit")
            for number in range(rounds):
                typed = b"".join(noise(random_) for _ in range(10))
                for begin in range(0, len(typed), size := random_.choice([1, 3, 4096])):
                    program.type_bytes(typed[begin : begin + size])
                program.type_bytes(SETTLE)
                try:
                    program.wait_for("quit", 20)
                    program.keys("?")
                    program.wait_for(HELP, 20)
                    program.keys("escape")
                    program.wait_for(lambda text: not HELP.search(text), 20)
                except AssertionError as error:
                    print(f"round {number} of seed {seed}: {typed!r}\n{error}")
                    return 1
            program.keys("q")
            code = program.wait()
            program.assert_terminal_restored()
    print(f"{rounds} rounds with seed {seed}: exit code {code}")
    return code


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:3]]
    demo = str(next((Path(__file__).parents[2] / "ovtui" / "recordings").glob("*.ovtui")))
    sys.exit(main(*(numbers + [200, 1][len(numbers) :]), demo))
