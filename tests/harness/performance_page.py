"""The page of the benchmarks' results: a section for each machine, in it one for each benchmark, with date and command.

A part that was measured again replaces the one before; those of other machines and benchmarks stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.paired_figures import Row, rows_of

Page = dict[str, dict[str, str]]
"""Text of each benchmark's part, by machine and benchmark, in the page's order."""

INTRODUCTION = """# Performance

What the benchmarks in `tests/benchmarks` printed, a section for each machine. `python tests/benchmarks/all.py --write
docs/performance.md` measures everything and puts it in the place of what stands here for the machine that it runs on;
with `--only NAME` that benchmark's part alone. `--quick` shows in a few minutes that everything runs. On a machine with
a GPU that is to be had for minutes only, `bash tests/benchmarks/gpu_machine.sh FOLDER` measures what fits and keeps the
figures in FOLDER; `all.py --from FOLDER/*.jsonl --write docs/performance.md` brings them here, those of several calls
put together.

A ratio is the median of interleaved pairs of runs, A B and B A in turn, with the 95 % interval of that median in
brackets (bootstrap), then the medians of both. A budget is *met* or *MISSED*; a dash stands where there is none, or
where nothing could be measured.
"""


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | figure | budget | |", "|---|---|---|---|"]
    for row in rows:
        verdict = f"**{row.verdict}**" if row.met is False else row.verdict
        lines.append("| " + " | ".join(_cell(text) for text in (row.what, row.figure, row.budget, verdict)) + " |")
    return "\n".join(lines)


def part(runs: Sequence[Mapping[str, str]], rows: Sequence[Row]) -> str:
    """A benchmark's part: when, with what and how it was measured (`runs`: date, versions and command of each), then
    the table."""
    whens = _distinct(f"{run['date']}, {run['versions']}" for run in runs)
    commands = _distinct(f"`{run['command']}`" for run in runs)
    return f"{'; '.join(whens)}: {', '.join(commands)}\n\n{table(rows)}"


def parts_of(entries: Iterable[Mapping[str, Any]]) -> Page:
    """The parts that the entries of logs make. What follows a run's entry belongs to that run; figures of the same
    benchmark and machine are put together. Runs without figures are left out."""
    runs: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    figures: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    current: Mapping[str, Any] | None = None
    for entry in entries:
        if entry["kind"] == "run":
            current = entry
        elif current is not None:
            key = (str(current["machine"]), str(current["benchmark"]))
            figures.setdefault(key, []).append(entry)
            if current not in runs.setdefault(key, []):
                runs[key].append(current)
    page: Page = {}
    for (machine, benchmark), of_one in figures.items():
        page.setdefault(machine, {})[benchmark] = part(runs[machine, benchmark], rows_of(of_one))
    return page


def parse(text: str) -> Page:
    """The parts of a page; what stands before the first machine is left out, since `render` writes it anew."""
    page: Page = {}
    for machine, body in _sections(text, "## "):
        page[machine] = dict(_sections(body, "### "))
    return page


def render(page: Page) -> str:
    lines = [INTRODUCTION]
    for machine, parts in page.items():
        lines.append(f"## {machine}\n")
        for benchmark, body in parts.items():
            lines.append(f"### {benchmark}\n\n{body}\n")
    return "\n".join(lines)


def replaced(text: str, machine: str, parts: Mapping[str, str]) -> str:
    """The page `text` (empty: a new one) with these parts of this machine put in the place of those it has."""
    page = parse(text)
    page[machine] = {**page.get(machine, {}), **parts}
    return render(page)


def _sections(text: str, mark: str) -> list[tuple[str, str]]:
    """Title and body of each heading that begins with `mark`."""
    pieces = re.split(rf"^{re.escape(mark)}(.+)$", text, flags=re.MULTILINE)
    return [(title.strip(), body.strip()) for title, body in zip(pieces[1::2], pieces[2::2], strict=True)]


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
