"""`ovtui learn`: leads through the experiments of best practice, section by section, each on the dashboard."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.crash import report_crash
from ovtui.cli.demo import recordings
from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.lessons import BEST_PRACTICE, LESSONS
from ovtui.cli.options import settings_from
from ovtui.cli.quick_start import imported_dashboard
from ovtui.cli.replay import open_recording
from ovtui.cli.run import start_session
from ovtui.cli.terminal_text import print_line, print_wrapped
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from ovtui.dashboard.run_dashboard import Outcome
    from ovtui.dashboard.tour.tour_desk import Section
    from ovtui.metrics.expectations.expectation import Expectation
    from ovtui.records.session_file.replay import Replay


@click.command()
@click.argument("section", required=False, default="", shell_complete=completers.lessons)
@click.option("--list", "listing", is_flag=True, help="List the sections and the preset of each.")
def learn(section: str, listing: bool) -> int:
    """Lead through AUTO and automatic batching.

    Each section is on the dashboard and says what is expected, where to look and what was seen. The presets run on
    this machine; what needs a GPU is replayed from a recording where there is none.
    SECTION is where to begin: a name or a number."""
    index = _index_of(section)
    if listing:
        return _list()
    from ovtui.cli.dashboard import has_screen

    if not has_screen("ovtui learn --list prints the sections"):
        raise click.UsageError(
            "learn needs a terminal for its dashboard; ovtui learn --list prints the sections, and "
            "ovtui run --preset NAME --json FILE says what was expected and seen"
        )
    return _lead(index, live=_has_gpu())


def _index_of(section: str) -> int:
    """Of a section by its name or its number from 1; of the first for ''. Raises click.UsageError."""
    if not section:
        return 0
    for number, lesson in enumerate(LESSONS, 1):
        if section in (lesson.name, str(number)):
            return number - 1
    names = ", ".join(lesson.name for lesson in LESSONS)
    raise click.UsageError(f"no section {in_quotes(section)}; there are {names}, or 1 to {len(LESSONS)}")


def _list() -> int:
    for number, lesson in enumerate(LESSONS, 1):
        print_wrapped(lesson.heading, f"{number} {lesson.name:12}", " " * 14)
        print_line(f"  {'':12}ovtui --preset {lesson.preset}")
        if lesson.recording:
            print_line(f"  {'':12}ovtui demo {lesson.recording}  (without a GPU)")
    return Exit.FINE


def _has_gpu() -> bool:
    """Asks OpenVINO, in processes of their own: one or two seconds."""
    from ovtui.host.device_lister import list_devices

    notify("looking for a GPU")
    return any(each.present for each in list_devices(["GPU"], brief=True).devices)


def _lead(index: int, *, live: bool) -> int:
    """Shows one section after the other until the last one, or until the person ends it; then prints what was seen.
    `live`: the machine has a GPU."""
    from ovtui.dashboard.tour.tour_desk import BACK, NEXT
    from ovtui.metrics.expectations.expectation import expectation_of

    found: dict[int, Expectation | None] = {}
    code = Exit.FINE
    while index < len(LESSONS):
        outcome = _replay(index) if LESSONS[index].recording and not live else _run(index)
        if isinstance(outcome, int):  # the person has detached, or nothing could be shown
            _print_seen(found, whole=False, live=live)
            return outcome
        found[index] = expectation_of(outcome.digest)
        if outcome.signal:
            code = Exit.INTERRUPTED
        if outcome.turned not in (NEXT, BACK):
            break
        index += 1 if outcome.turned == NEXT else -1
    _print_seen(found, whole=index == len(LESSONS), live=live)
    return code


def _run(index: int) -> Outcome | int:
    """The preset on this machine; an exit code where nothing more is to be shown."""
    from ovtui.cli.dashboard import preferences_from, watch
    from ovtui.host.client_protocol import SessionOptions
    from ovtui.records.experiment import of_preset
    from ovtui.settings.files.presets import find

    lesson = LESSONS[index]
    settings = settings_from({"preset": lesson.preset, "model": lesson.model})
    options = SessionOptions(
        on_hangup="stop",
        command=f"ovtui {lesson.model} --preset {lesson.preset}",
        experiment=of_preset(find(lesson.preset), settings),
    )
    with INTERRUPTS.held():
        return watch(start_session(settings, options), preferences_from(), _section(index, lesson.pages))


def _replay(index: int) -> Outcome | int:
    """The recording that stands for it."""
    from ovtui.cli.dashboard import after_the_screen, preferences_from, terminal_gone

    run_dashboard = imported_dashboard()
    from ovtui.host.crash_files import fatal_errors_are_written

    lesson = LESSONS[index]
    with closing(open_recording(str(recordings()[lesson.recording]))) as recording:
        section = _section(index, (*_recorded_pages(recording), *lesson.pages))
        with INTERRUPTS.held(), fatal_errors_are_written():
            outcome = run_dashboard(
                recording, preferences_from(), section=section, signal_before=lambda: INTERRUPTS.first
            )
        after_the_screen(outcome, gone=terminal_gone())
        if outcome.crash is not None:
            return report_crash(outcome.crash, "the dashboard", "")
        return outcome


def _section(index: int, pages: tuple[str, ...]) -> Section:
    from ovtui.dashboard.tour.tour_desk import Section

    return Section(index + 1, len(LESSONS), LESSONS[index].heading, pages)


def _recorded_pages(recording: Replay) -> tuple[str, ...]:
    """That it is a recording, of which hardware, and what is not what it seems."""
    meta = recording.meta
    told = [part for part in recording.provenance.split(" · ") if part not in (meta.get("command"), meta.get("note"))]
    texts = (f"No GPU here (see ovtui doctor): recorded on {told[-1].partition(' ')[2]}", meta.get("note", ""))
    return tuple(text.replace("{", "(").replace("}", ")") for text in texts if text)


def _print_seen(found: dict[int, Expectation | None], *, whole: bool, live: bool) -> None:
    """The sections that were shown: what was expected, what was seen. After the last one: the best practice."""
    from ovtui.metrics.expectations.expectation import seen_text

    for index, seen in sorted(found.items()):
        lesson = LESSONS[index]
        where = "" if live or not lesson.recording else "  (a recording)"
        print_line(f"{index + 1} {lesson.heading}{where}")
        if seen is not None:
            _print_entry("expected", seen.expected)
            _print_entry("seen", seen_text(seen))
    if whole:
        print_line("Best practice")
        for text in BEST_PRACTICE:
            print_wrapped(text, "  ", "  ")


def _print_entry(label: str, text: str) -> None:
    print_wrapped(text, f"  {label:10}", " " * 12)
