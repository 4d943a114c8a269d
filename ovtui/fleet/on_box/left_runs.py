"""Runs whose folders are on a box: those that another controller has begun and could not end."""

from __future__ import annotations

from ovtui.fleet.box import Box
from ovtui.fleet.on_box.asking import error_of
from ovtui.fleet.on_box.script import at_folders
from ovtui.fleet.on_box.starting import RUN_NAME, folder_name, run_folder
from ovtui.fleet.reach.line import Line


def left_script(begins: str, box: str) -> str:
    """Prints the names of the runs' folders, of those that are this box's and begin so. Raises ValueError."""
    run_folder(folder_name(begins, box))  # nothing that sh takes for more than a word
    return f"""{at_folders()}for each in "$STATE"/{begins}*{folder_name("", box)}; do
  [ ! -d "$each" ] || printf '%s\\n' "${{each##*/}}"
done
exit 0
"""


async def left_runs(line: Line, box: Box, begins: str) -> list[str]:
    """The names of the runs. Raises BoxError."""
    answer = await line.run(left_script(begins, box.name), most_bytes=1 << 20)
    if answer.status:
        raise error_of(box, answer.status, answer.stderr, "its sh")
    end = folder_name("", box.name)
    told = answer.stdout.decode(errors="replace").splitlines()
    found = [each.removesuffix(end) for each in told if each.endswith(end) and each.startswith(begins)]
    return [run for run in found if RUN_NAME.fullmatch(run)]
