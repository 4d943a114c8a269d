"""A headless Chromium that opens one page, and what a script in that page found."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FOUND = re.compile(r'<pre id="found">(.*?)</pre>', re.DOTALL)
_CONSOLE = re.compile(r"^\[[^\]]*CONSOLE[^\]]*\] (.*)", re.MULTILINE)
LIMIT_S = 120


def needed() -> str:
    """The program; the test is skipped where there is none, which in CI is a failure."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("Chromium is not installed")
    return found


def look(program: str, script: str, given: Any, folder: Path) -> tuple[Any, list[str]]:
    """Opens a page that runs `script`, a JavaScript function of `given` whose result is JSON. Returns that result and
    the lines of the console, the browser's own complaints among them. `folder`: for the page and the browser's files.

    The page runs on Chromium's virtual clock: it is read when all that it waits for has happened."""
    data = json.dumps(given).replace("</", "<\\/")
    page = folder / "page.html"
    page.write_text(
        '<!doctype html><html><head><meta charset="utf-8"></head><body><div id="stage"></div><pre id="found"></pre>'
        f"<script>const look = {script};\nlook({data}).then(found => {{\n"
        'document.getElementById("stage").remove();\n'
        'document.getElementById("found").textContent = JSON.stringify(found);\n'
        "});</script></body></html>",
        encoding="utf-8",
    )
    command = [
        program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
        "--disable-dev-shm-usage",
        "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}", "--window-size=1000,800",
        "--virtual-time-budget=30000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    found = _FOUND.search(done.stdout)
    console = _CONSOLE.findall(done.stderr)
    assert found, f"the page was not opened: {done.stderr[-2000:]}"
    assert found[1], f"the page's script did not end: {console}"
    return json.loads(html.unescape(found[1])), console
