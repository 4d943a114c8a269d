"""The result of a run: the summary for a person, JSON for a program; and whether a file can be written at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli.path_type import PATH
from ovtui.cli.streams import require_stdout

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest

json_option = click.option(
    "--json", "json_path", type=PATH, default="", metavar="FILE",
    help="Write the result as JSON to FILE, or - for stdout.",
)  # fmt: skip


def without_dash(args: Sequence[str]) -> list[str]:
    """`--json -` of a command whose --json takes no file: as `ovtui run` has it."""
    return [arg for at, arg in enumerate(args) if arg != "-" or at == 0 or args[at - 1] != "--json"]


def write_result(digest: Digest, json_path: str) -> None:
    """The result of a run, as `write_both` has it."""
    from ovtui.metrics.result.build import build_result, to_json
    from ovtui.metrics.result.summary_text import summary_lines

    result = build_result(digest)

    def print_summary() -> None:
        if result.requests.submitted:
            print("\n".join(summary_lines(result)))

    write_both(json_path, lambda: to_json(result), print_summary, text_name="summary")


def write_both(
    json_path: str, to_json: Callable[[], bytes], print_text: Callable[[], None], *, text_name: str = "text"
) -> None:
    """Writes the JSON to `json_path` ('-': stdout; '': nowhere), and the text to stdout unless the JSON goes there.

    Raises click.ClickException where the JSON cannot be written, after the text: nothing measured is lost. The file
    comes first, because whoever reads stdout may be gone (`| head`)."""
    if json_path == "-":
        sys.stdout.buffer.write(to_json())
        return
    failure = ""
    if json_path:
        try:
            Path(json_path).write_bytes(to_json())
        except OSError as error:
            failure = f"--json {json_path}: {error.strerror}; only the {text_name} was written"
    print_text()
    if failure:
        raise click.ClickException(failure)


def check_json_path(path: str) -> None:
    """Before anything is measured. Raises click.UsageError where the result could not be written to `path`, and
    click.ClickException where it is '-' and there is no stdout; '' always can."""
    if path == "-":
        require_stdout("--json -")
    if path in ("", "-"):
        return
    reason = why_not_writable(Path(path).absolute())
    if reason:
        raise click.UsageError(f"--json {path}: {reason}")


def why_not_writable(path: Path) -> str:
    """Why a file cannot be written, in a few words; empty where it can. Leaves the file and the folder as they were."""
    if path.is_dir():
        return "that is a folder; name a file"
    if path.exists() and not path.is_file():
        return ""  # a pipe or a device: opening it now would already be an end of file for its reader
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    try:
        # The permission bits are not enough: root has all of them on a disk that is full, or in /proc.
        if path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
        else:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            path.unlink()
    except OSError as error:
        return f"it cannot be written ({error.strerror})"
    return ""
