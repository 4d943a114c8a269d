"""What a browser makes of the screen's pictures and of the reports: places, sizes, figures, complaints."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import chromium
from harness.doctor_machine import FakeMachine
from pictures.recorded_screens import RecordedScreen, on_screen
from rich.segment import Segment

from ovtui.cli.main import run
from ovtui.dashboard.doctor import doctor_screen
from ovtui.dashboard.drawing.screen_svg import BASE_LINE, rows_svg
from ovtui.dashboard.drawing.svg_shapes import CELL_HEIGHT, CELL_WIDTH
from ovtui.host.doctor.diagnosis import diagnose
from ovtui.records.doctor import DoctorReport
from ovtui.records.session_file.shipped import shipped_recordings

SIZES = ((80, 24), (120, 40), (200, 60))
PAGES = {
    "help": "question_mark", "advice": "v", "presets": "p", "reason": "O", "events": "e", "doctor": "K",
    "commands": "colon",
}  # fmt: skip
REPORTED = ("auto-batching-simulated-gpu", "three-hints", "batching-on")
ODD_ROWS = ("⣿⡇⠤ ▁▂▃▄▅▆▇█ ▌▐▀░▒▓", "│┌─┬╴└┴┘ ═║╬ ━┅╌┊ ╭╰", "你好 → … – ≤ ≈ ▲▼△▽▸ x́ é µs", "  two  spaces   three  ")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One start of the browser for everything: it takes most of the time."""
    program = chromium.needed()
    screens = {"odd characters": rows_svg([[Segment(row)] for row in ODD_ROWS], 40, "odd")}
    screens |= {path.name: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.svg"))}

    async def look_around(screen: RecordedScreen) -> None:
        await screen.play_to(9.0)
        for size in SIZES:
            await screen.resize(*size)
            for digit in "654321":
                await screen.press(digit)
                screens[f"view {digit} at {size[0]} columns"] = screen.picture
        for page, key in PAGES.items():
            await screen.press(key)
            for looking in answering:
                looking.join()
                await screen.settle()
            screens[page] = screen.picture
            await screen.press("escape")
        await screen.press("s")
        screens["settings"] = screen.picture
        for glyphs in ("block", "ascii"):
            await screen.press("g")
            screens[glyphs] = screen.picture

    folder = tmp_path_factory.mktemp("chromium")
    answering: list[threading.Thread] = []

    def answer(cache_dir: str, answered: Callable[[DoctorReport | str], None]) -> None:
        answering.append(threading.Thread(target=answered, args=(_lost_gpu(folder / "machine"),)))
        answering[-1].start()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor_screen, "ask_in_background", answer)
        on_screen("auto-batching-simulated-gpu", look_around, SIZES[0])
    reports, results = {}, {}
    for name in REPORTED:
        path = str(shipped_recordings()[name])
        assert run(["report", path, "-o", str(folder / name)]) == 0
        assert run(["replay", path, "--json", str(folder / f"{name}.json")]) == 0
        reports[name] = (folder / f"{name}.html").read_text(encoding="utf-8")
        results[name] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    script = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
    given = {"screens": screens, "reports": reports, "cell": {"width": CELL_WIDTH, "height": CELL_HEIGHT}}
    found, console = chromium.look(program, script, given, folder)
    return {**found, "console": console, "results": results, "pictures": screens}


def _lost_gpu(root: Path) -> DoctorReport:
    root.mkdir()
    machine = FakeMachine(root)
    machine.has_gpu()
    machine.gpu_is_lost()
    return diagnose(root, {}, ask=machine.ask)


def test_the_browser_complains_of_nothing(seen: dict[str, Any]) -> None:
    assert seen["console"] == []


def test_each_text_of_a_picture_is_in_its_cells(seen: dict[str, Any]) -> None:
    assert len(seen["screens"]) > 25
    assert {name: problems for name, problems in seen["screens"].items() if problems} == {}


def test_no_view_pushes_its_footer_off_the_screen(seen: dict[str, Any]) -> None:
    views = {name: picture for name, picture in seen["pictures"].items() if name.startswith("view ")}
    assert len(views) == 6 * len(SIZES)
    for (_, rows), width in ((size, f" {size[0]} ") for size in SIZES):
        last = (rows - 1) * CELL_HEIGHT + BASE_LINE
        for name, picture in views.items():
            assert width not in name or re.search(rf'y="{last}"[^>]*>quit<', picture), name


def test_each_text_of_a_report_is_in_its_box(seen: dict[str, Any]) -> None:
    wrong = {name: report["problems"] for name, report in seen["reports"].items() if report["problems"]}
    assert wrong == {}


@pytest.mark.parametrize("name", REPORTED)
def test_the_tables_of_a_report_have_the_figures_of_the_json(seen: dict[str, Any], name: str) -> None:
    tables, result = seen["reports"][name]["tables"], seen["results"][name]
    columns = ("p50", "p90", "p95", "p99", "p999", "max", "mean")
    latencies = result["latency_ms"]
    assert [row[0] for row in tables["Latency"][1:]] == list(latencies)
    for row in tables["Latency"][1:]:
        _equal(row[1:], [*(latencies[row[0]][column] for column in columns), latencies[row[0]]["count"]])
    assert len(tables["By device"]) == 1 + len(result["by_device"])
    for row, share in zip(tables["By device"][1:], result["by_device"].values(), strict=True):
        response = share["latency_ms"]["response"]
        _equal([*row[1:-1], row[-1].partition(" ")[0]], [*(response[column] for column in columns), share["requests"]])
    batching = result["batching"]
    assert ("Batches" in tables) is bool(batching["batched"] or batching["timed_out"])
    if "Batches" in tables:
        row = tables["Batches"][1]
        counts = [batching[key] for key in ("size", "batches", "batched")] + [batching["held"]["requests"]]
        _equal(row[:6], [*counts, batching["timed_out"], batching["single"]])
        _equal(row[7:], [batching[key] for key in ("known", "deduced", "unknown")])
    segments = result["segments"] if len(result["segments"]) > 1 else []
    for row, segment in zip(tables.get("Segments", [[]])[1:], segments, strict=True):
        response = segment["latency_ms"]["response"]
        _equal([*row[:2], row[3], *row[5:]], [
            segment["segment"], segment["t_s"], segment["completed"], segment["throughput"], response["p50"],
            response["p99"],
        ])  # fmt: skip


def _equal(cells: list[str], values: list[float | None]) -> None:
    """Each cell is the value, in the digits that the cell has; a dash stands for what is not known."""
    for cell, value in zip(cells, values, strict=True):
        if value is None:
            assert cell == "–"
            continue
        last_digit = 10.0 ** -len(cell.partition(".")[2])
        *minutes, rest = cell.replace(",", "").split(":")
        shown = sum(60 * int(part) for part in minutes) + float(rest)
        # A clock is cut to its last digit, other figures are rounded.
        assert abs(shown - value) <= last_digit * (1 if minutes else 0.5001), (cells, values)
