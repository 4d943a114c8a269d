"""The commands of README.md and docs/: every line of a block that is to be typed.

A block between ``` fences, or indented by four spaces. A fence `sh` and a block that begins with a program are
commands; in a block with `$ ` those lines alone are, and the others are what is printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
QUESTIONS = (
    "handover", "batching", "tune-for-latency", "tune-for-throughput", "bad-lines", "in-ci", "record-replay-share",
    "how-sure", "troubleshooting",
)  # fmt: skip
"""The pages that answer one question each; their commands are run."""
PROGRAMS = (
    "ovtui", "./.dev/ovtui", "./.dev/test", ".dev/ship-recording", "python", "python3", "sudo", "echo", "pipx", "pip",
)  # fmt: skip
_NO_COMMANDS = ("diff", "sql", "toml", "json", "text", "python")
"""Languages of fences whose lines are not typed into a shell."""


@dataclass(frozen=True, slots=True)
class DocCommand:
    page: str
    """Path from the root."""
    line: int
    text: str
    """As it stands there, with its comment."""

    @property
    def typed(self) -> str:
        """Without the comment."""
        return re.split(r"\s#\s", self.text)[0].rstrip()

    @property
    def words(self) -> list[str]:
        """Without the comment and variables before the program."""
        words = shlex.split(self.text, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words.pop(0)
        return words

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Block:
    language: str
    """Of a fence; 'indented' for a block without one."""
    line: int
    lines: list[str]


def blocks(text: str) -> Iterator[Block]:
    """Of a Markdown page, in order."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if fence := re.match(r"```(\w*)", lines[at]):
            end = next(k for k in range(at + 1, len(lines)) if lines[k].startswith("```"))
            yield Block(fence[1], at + 2, lines[at + 1 : end])
            at = end + 1
        elif lines[at].startswith("    ") and (at == 0 or not lines[at - 1].strip()):
            end = at
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            yield Block("indented", at + 1, [line[4:] for line in lines[at:end]])
            at = end
        else:
            at += 1


def commands_of(page: Path) -> list[DocCommand]:
    name = page.relative_to(ROOT).as_posix()
    found = []
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language in _NO_COMMANDS:
            continue
        prompted = any(line.startswith("$ ") for line in block.lines)
        first = next((line for line in block.lines if line.strip()), "")
        if not (prompted or block.language == "sh" or _begins_with_a_program(first)):
            assert not any(map(_begins_with_a_program, block.lines)), f"{name}:{block.line}: is it a command or not?"
            continue
        for number, line in enumerate(block.lines, block.line):
            if line.strip() and (not prompted or line.startswith("$ ")):
                found.append(DocCommand(name, number, line.removeprefix("$ ")))
    return found


def _begins_with_a_program(line: str) -> bool:
    return bool(re.match(rf"([A-Z_]+=\S* )?({'|'.join(map(re.escape, PROGRAMS))})(\s|$)", line))


def mentioned_on(page: Path) -> list[DocCommand]:
    """Commands within a sentence or a table, `ovtui demo NAME`, with what stands for a word of the reader's."""
    text = re.sub(r"^(```|    ).*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    name = page.relative_to(ROOT).as_posix()
    return [
        DocCommand(name, text.count("\n", 0, found.start()) + 1, " ".join(found[1].split()))
        for found in re.finditer(r"`(ovtui(?:\s+[^`]+)?)`", text)
    ]


EVERY_COMMAND = [command for page in PAGES for command in commands_of(page)]
