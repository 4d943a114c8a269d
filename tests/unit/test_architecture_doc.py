"""docs/architecture.md names files and functions that exist, and names every folder of the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ROOT / "ovtui"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = "settings|records|metrics|engine|host|terminal|studies|fleet|dashboard|cli"
NAMED = re.findall(rf"[`(]((?:{ROOMS})/[\w/*.]+)[`)]", TEXT)


def test_every_file_that_it_names_exists() -> None:
    assert len(NAMED) > 80
    assert [path for path in NAMED if not list(CODE.glob(path.rstrip("/")))] == []


def test_every_folder_of_the_code_is_named() -> None:
    folders = {path.parent.relative_to(CODE).as_posix() for path in CODE.rglob("*.py")} - {"."}
    assert {
        folder for folder in folders if not any(path.startswith(folder) for path in [*NAMED, *ROOMS.split("|")])
    } == set()


def test_every_function_in_the_two_walks_exists() -> None:
    """`RequestPool._start`, `Digest.feed`: a class of that name has a method of that name."""
    methods = re.findall(r"`([A-Z]\w+)\.(\w+)`", TEXT)
    assert len(methods) > 10
    source = "\n".join(path.read_text(encoding="utf-8") for path in CODE.rglob("*.py"))
    for owner, method in methods:
        body = re.search(rf"^class {owner}\b.*?(?=^class |\Z)", source, re.MULTILINE | re.DOTALL)
        assert body is not None, owner
        assert f"def {method}(" in body[0], f"{owner}.{method}"
