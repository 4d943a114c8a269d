"""Every picture of README.md and docs/: which recorded run it is from, when, and which keys were pressed.

`python tests/pictures/docs_pictures.py` makes them all anew. A test makes them, too, and compares every byte: a picture
is never older than the code that draws it. Dates of files would not tell, because a checkout does not keep them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "unit")]

from harness.fleet_stage import FleetStage, on_fleet_stage  # noqa: E402
from pictures.recorded_screens import RecordedScreen, colours_of_nobody, on_screen  # noqa: E402
from rich.segment import Segment  # noqa: E402

from ovtui.cli.replay import digest_of, open_recording  # noqa: E402
from ovtui.dashboard.drawing.screen_svg import rows_svg, screen_svg  # noqa: E402
from ovtui.dashboard.views.too_small import TooSmallScreen  # noqa: E402
from ovtui.metrics.result.build import build_result  # noqa: E402
from ovtui.metrics.result.summary_text import summary_lines  # noqa: E402
from ovtui.records.session_file.shipped import shipped_recordings  # noqa: E402

DOCS = ROOT / "docs"
COMMAND = "python tests/pictures/docs_pictures.py"


@dataclass(frozen=True, slots=True)
class Picture:
    """Of the screen."""

    name: str
    """Of the file in docs/, without .svg."""
    recording: str
    """A name of `ovtui demo --list`."""
    at_s: float
    """Time of the session at which it was taken."""
    keys: tuple[str, ...] = ()
    """Pressed then; `S` is the last one."""
    size: tuple[int, int] = (100, 30)


@dataclass(frozen=True, slots=True)
class Printed:
    """Of what is printed at the end of a run, under the command that was recorded."""

    name: str
    recording: str


@dataclass(frozen=True, slots=True)
class FleetPicture:
    """Of the fleet's screen, over 12 made-up boxes of two kinds: one is odd, one has failed, one is silent."""

    name: str
    at_s: float
    keys: tuple[str, ...]
    size: tuple[int, int]


PICTURES: tuple[Picture | Printed | FleetPicture, ...] = (
    Picture("dashboard", "auto-batching-simulated-gpu", 9.0, ("z",), (120, 40)),
    Picture("handover", "auto-latency", 7.0, ("H",)),
    Picture("batches", "batching-on", 7.9, ("3", "b")),
    Picture("hints", "three-hints", 46.0, ("6",), (100, 24)),
    Picture("timeout", "batch-timeout-1000", 8.0, ("v",)),
    Picture("bad-line", "auto-latency", 7.0, ("g", "g", "L"), (80, 24)),
    Picture("replay", "gpu-loses", 12.0, ("P",), (80, 24)),
    Picture("sure", "auto-batching-simulated-gpu", 9.5, ("3", "b"), (100, 30)),
    Picture("start-up", "auto-latency", 7.0, ("5",)),
    Printed("summary", "auto-latency"),
    FleetPicture("fleet", 60.0, ("m", "o", "5", "home", "m"), (120, 36)),
)


def made(picture: Picture | Printed | FleetPicture) -> str:
    """The SVG file's text."""
    if isinstance(picture, FleetPicture):
        return fleet_screen_of(picture)
    return screen_of(picture) if isinstance(picture, Picture) else summary_of(picture)


def summary_of(picture: Printed) -> str:
    recording = open_recording(str(shipped_recordings()[picture.recording]))
    lines = [f"$ {recording.meta['command']}", *summary_lines(build_result(digest_of(recording)))]
    recording.close()
    return rows_svg([[Segment(line)] for line in lines], 80, "ovtui")


def screen_of(picture: Picture) -> str:
    texts: list[str] = []

    async def take(screen: RecordedScreen) -> None:
        await screen.play_to(picture.at_s)
        await screen.press(*picture.keys)
        assert not isinstance(screen.app.screen, TooSmallScreen), picture
        texts.append(screen.picture)

    on_screen(picture.recording, take, picture.size)
    return texts[0]


def fleet_screen_of(picture: FleetPicture) -> str:
    texts: list[str] = []

    async def take(stage: FleetStage) -> None:
        await stage.advance(picture.at_s)
        await stage.press(*picture.keys)
        texts.append(screen_svg(stage.app))

    with colours_of_nobody():
        on_fleet_stage(take, size=picture.size)
    return texts[0]


def main() -> None:
    wanted = {f"{picture.name}.svg" for picture in PICTURES}
    for path in sorted(DOCS.glob("*.svg")):
        if path.name not in wanted:
            path.unlink()
            print(f"{path.name}: removed, because no picture here has that name")
    for picture in PICTURES:
        path = DOCS / f"{picture.name}.svg"
        text = made(picture)
        same = path.exists() and path.read_text(encoding="utf-8") == text
        path.write_text(text, encoding="utf-8")
        print(f"{path.name}: {'as it was' if same else 'new'}")


if __name__ == "__main__":
    main()
