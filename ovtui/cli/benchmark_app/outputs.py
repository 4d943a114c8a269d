"""The files that a command line of benchmark_app asks for: whether they can be written, before anything is measured;
and writing them, where a failure costs none of the others."""

from __future__ import annotations

from pathlib import Path

import click

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.lines import info
from ovtui.cli.benchmark_app.report import report_path
from ovtui.cli.exits import notify
from ovtui.cli.output import why_not_writable

WITH_COUNTERS = ("average_counters", "detailed_counters")


def wants_counters(arguments: Arguments) -> bool:
    """Whether an engine beside the timed one has to be profiled."""
    return arguments.counters_asked or bool(arguments.exec_graph_path)


def check_outputs(arguments: Arguments) -> None:
    """Says which flags have nothing to act on. Raises click.UsageError where a file could not be written."""
    if arguments.report_type:
        folder = Path(arguments.report_folder)
        if not folder.is_dir():
            what = "that is a file; name a folder" if folder.exists() else "there is no such folder; make it first"
            raise click.UsageError(f"-report_folder {arguments.report_folder}: {what}")
        for path in report_files(arguments):
            _require(f"-report_folder {arguments.report_folder or '.'}: {path.name}", path)
    else:
        unused = [("-report_folder", arguments.report_folder), ("-json_stats", arguments.json_stats)]
        for flag, given in unused:
            if given:
                notify(f"{flag} does nothing without -report_type: no report is written")
    if not arguments.counters_asked and (arguments.perf_counts_sort or arguments.report_type in WITH_COUNTERS):
        notify("-pc false: no layers are profiled, so -pcsort and the reports of counters have nothing to show")
    if arguments.exec_graph_path:
        path = Path(arguments.exec_graph_path).absolute()
        # There, too, folders that are missing are made.
        there = next(each for each in path.parents if each.exists())
        _require(f"-exec_graph_path {arguments.exec_graph_path}", path if there == path.parent else there / "graph.xml")
    if arguments.dump_config:
        _require(f"-dump_config {arguments.dump_config}", Path(arguments.dump_config))


def check_unused(arguments: Arguments) -> None:
    """With -niter 0: says which files and lines will be missing."""
    if wants_counters(arguments):
        notify("-niter 0: no inference runs, so there are no counters and no runtime graph")


def report_files(arguments: Arguments) -> list[Path]:
    """All that a run to its end writes into the folder of the reports."""
    names = ["report"]
    if arguments.number_iterations != 0 and arguments.counters_asked:
        names += [f"{arguments.report_type}_report"] if arguments.report_type in WITH_COUNTERS else []
        names += ["sorted_report"] if arguments.perf_counts_sort else []
    return [report_path(arguments, name) for name in names]


def _require(what: str, path: Path) -> None:
    if reason := why_not_writable(path.absolute()):
        raise click.UsageError(f"{what}: {reason}")


class Written:
    """Writes files and prints that it has. Owner: the command's one thread."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        """A sentence for each file that could not be written."""

    def text(self, path: Path, text: str, told: str) -> None:
        """`told`: 'Statistics report is stored to'."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(text)
        except OSError as error:
            self.failures.append(f"{path}: it cannot be written ({error.strerror})")
            return
        print(info(f"{told} {path}"))
