"""Prints the rows of all modules of this folder as docs/faults.md: `python tests/faults/table.py > docs/faults.md`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent), str(FOLDER.parent / "unit")]

from harness.fault_table import SECTIONS, Fault  # noqa: E402

HEAD = """# What happens when something goes wrong

Each row is a test in `tests/faults`. Made by `python tests/faults/table.py > docs/faults.md`."""


def rows() -> list[Fault]:
    """Of all modules of this folder, each module's in its order."""
    modules = (importlib.import_module(path.stem) for path in sorted(FOLDER.glob("test_*.py")))
    return [fault for module in modules for fault in getattr(module, "FAULTS", [])]


def text() -> str:
    found = rows()
    parts = [HEAD]
    for section in SECTIONS:
        lines = [
            f"| {_cell(f.case)} | {_cell(f.outcome)} | {'goes on' if f.code is None else f.code} |"
            for f in found
            if f.section == section
        ]
        parts.append(
            "\n".join([f"\n## {section.capitalize()}\n\n| case | outcome | exit code |\n|---|---|---|", *lines])
        )
    return "".join(part + "\n" for part in parts)


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


if __name__ == "__main__":
    print(text(), end="")
