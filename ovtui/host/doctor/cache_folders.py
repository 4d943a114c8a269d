"""Folders of compiled models (CACHE_DIR): whether they can be written, how much they hold, and whether a driver has
been changed since: after that an inference may fail on what an older driver compiled."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from ovtui.host.doctor.findings import broken, fine, unknown, warning
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.records.doctor import Finding
from ovtui.settings.paths import shell_line

_MUCH_BYTES = 10 << 30
_MAX_FILES = 20_000
_MIB = 1 << 20


def cache_findings(tree: MachineTree, folders: Sequence[str], drivers: Sequence[str]) -> list[Finding]:
    """`drivers`: the libraries whose blobs may lie there, as paths of the machine. A folder that does not exist yet is
    none to complain of."""
    if not folders:
        return [unknown("cache", "no cache folder is set (--cache-dir)")]
    return [_finding(tree, folder, drivers) for folder in folders]


def _finding(tree: MachineTree, folder: str, drivers: Sequence[str]) -> Finding:
    path = tree.path(folder)
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return fine("cache", "not made yet", folder)
    except OSError as error:
        return broken("cache", "cache-not-readable", f"it cannot be read: {error.strerror}", folder)
    if not is_folder:
        return broken("cache", "cache-is-file", "a file stands where the cache folder should be", folder, None)
    if not os.access(path, os.W_OK | os.X_OK):
        command = shell_line(["sudo", "chown", "-R", "$USER", folder]).replace("'$USER'", "$USER")
        return broken("cache", "cache-not-writable", "it may not be written", folder, command)
    sizes, newest = [], 0.0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.endswith((".blob", ".cl_cache")) and entry.is_file():
                    found = entry.stat()
                    sizes.append(found.st_size)
                    newest = max(newest, found.st_mtime)
                if len(sizes) >= _MAX_FILES:
                    break
    except OSError as error:
        return broken("cache", "cache-not-readable", f"it cannot be read: {error.strerror}", folder)
    told = f"{len(sizes)} compiled models, {sum(sizes) / _MIB:,.0f} MiB"
    clean = f"{shell_line(['rm', '-r', folder])}"
    driver = next((each for each in drivers if sizes and (tree.changed_s(each) or 0.0) > newest), "")
    if driver:
        text = f"{told}, all older than {driver.rpartition('/')[2]}: inference may fail after an update of the driver"
        return warning("cache", "cache-older-than-driver", text, folder, clean)
    if sum(sizes) > _MUCH_BYTES:
        return warning("cache", "cache-large", f"{told}; OpenVINO never deletes any", folder, clean)
    return fine("cache", told, folder)
