"""What push and runs have left on a box, taken away."""

import os
import re
from pathlib import Path
from typing import Any

from ovtui.fleet.push.there.folders import (
    Trouble,
    data_folder,
    own_folder,
    read_marker,
    remove_empty,
    remove_tree,
    take_lock,
    tree_bytes,
    xdg,
)
from ovtui.fleet.push.there.processes import processes_of, stop

RUN = re.compile(r"[\w.-]{1,120}")
PARTS = ("recording.ovtui", "preset.toml", "preset.toml.new", "begun")


def remove(request: dict[str, Any]) -> dict[str, Any]:
    """`dry`: says what would go. `keep_runs`: names of runs whose recordings stay. `force`: stops what runs first."""
    data, state, cache = data_folder(), xdg("XDG_STATE_HOME", ".local/state"), xdg("XDG_CACHE_HOME", ".cache")
    there = {each for each in (data, state, cache) if own_folder(each, make=False)}
    lock = take_lock(data) if data in there and not request["dry"] else -1
    try:
        running = processes_of([data / "venvs", data / "venv", state])
        if running and not request["force"] and not request["dry"]:
            raise Trouble(f"{sessions(running)} still run out of it; --force stops what runs first")
        if running and not request["dry"]:
            stop(running)
        return gone(request, data, state, cache, there, running)
    finally:
        if lock >= 0:
            os.close(lock)


def sessions(running: dict[int, str]) -> str:
    first = next(iter(running.items()))
    return f"{len(running)} process{'es' if len(running) > 1 else ''} (such as {first[0]}: {first[1][:80]})"


def gone(
    request: dict[str, Any], data: Path, state: Path, cache: Path, there: set[Path], running: "dict[int, str]"
) -> dict[str, Any]:
    marker = read_marker(data) if data in there else None
    away: list[Path] = []
    kept: list[dict[str, Any]] = []
    if data in there:
        away += [data / name for name in ("venv", "venvs", "wheels", "pushed.json") if os.path.lexists(data / name)]
        left = [path for path in away if path.name == "venv" and not path.is_symlink()]
        away = [path for path in away if path not in left]
        link = Path(str(marker["link"])) if marker and marker.get("link") else None
        if link is not None and link.is_symlink() and link.readlink().is_relative_to(data):
            away.append(link)
    if cache in there and os.path.lexists(cache / "models"):
        away.append(cache / "models")
    for run in sorted(state.iterdir()) if state in there else []:
        recording = run / "recording.ovtui"
        if not is_run(run):
            continue
        size = recording.stat().st_size if recording.is_file() else 0
        if run.name in request["keep_runs"] and size:
            kept.append({"run": run.name, "path": str(recording), "bytes": size})
        else:
            away.append(run)
    freed = sum(map(tree_bytes, away))
    if not request["dry"]:
        for path in away:
            remove_tree(path)
        if data in there:
            (data / "lock").unlink(missing_ok=True)
        for folder in there:
            remove_empty(folder)
    return {"removed": [str(path) for path in away], "bytes": freed, "kept": kept, "stopped": len(running)}


def is_run(folder: Path) -> bool:
    """Whether a session was run there. What a controller keeps of its runs, with all recordings that it fetched, has
    its folders beside these where it is a box itself, or shares its home folder with one: brief.json is in them."""
    if not RUN.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
        return False
    return not os.path.lexists(folder / "brief.json") and any(os.path.lexists(folder / name) for name in PARTS)


def runs(_: dict[str, Any]) -> dict[str, Any]:
    """The run folders with a recording, and its size in bytes."""
    state = xdg("XDG_STATE_HOME", ".local/state")
    found = {}
    for run in state.iterdir() if own_folder(state, make=False) else []:
        recording = run / "recording.ovtui"
        if is_run(run) and recording.is_file():
            found[run.name] = recording.stat().st_size
    return {"runs": found, "data": str(data_folder()), "pushed": read_marker(data_folder()) is not None}
