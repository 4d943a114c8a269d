"""The children that ask what may crash or hang: loaders, drivers, device nodes and OpenVINO's plugins, all at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ovtui.host.asked_processes import Asked, ask_all
from ovtui.host.doctor import level_zero_links, opencl_links
from ovtui.host.doctor.chains import probe_name
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice
from ovtui.host.doctor.probed import Probed
from ovtui.records.doctor_probe import Question
from ovtui.records.odd_names import to_json

LIMIT_S = 4.0
"""A child that has not answered by then is cut off."""
SCRIPTS = "/ovtui-probes"
"""In a folder that stands for a machine: programs that answer in place of the children, by the child's name. Nothing
else is asked then, since the answers would be those of this machine."""
_MAX_DEVICES = 4
_OPENVINO = [sys.executable, "-m", "ovtui.engine.doctor_child"]
_LIBRARY = [sys.executable, "-m", "ovtui.host.doctor.library_child"]


def ask_probes(
    tree: MachineTree, environ: Mapping[str, str], devices: list[PciDevice], limit_s: float = LIMIT_S
) -> dict[str, Probed]:
    """Blocks for `limit_s` at most, and some tenths of a second for what was killed then."""
    asked = [replace(each, limit_s=limit_s) for each in _planned(tree, environ, devices)]
    if not tree.is_real:
        scripts = {name: tree.path(f"{SCRIPTS}/{script_name(name)}") for name in (each.name for each in asked)}
        asked = [Asked(name, [str(path)], limit_s=limit_s) for name, path in scripts.items() if path.exists()]
    return {name: Probed.of(answer) for name, answer in ask_all(asked).items()}


def script_name(name: str) -> str:
    """The file name of a child's stand-in: 'icd:/etc/x.icd' is 'icd:x.icd'."""
    prefix, colon, path = name.partition(":")
    return f"{prefix}{colon}{path.rpartition('/')[2]}"


def _planned(tree: MachineTree, environ: Mapping[str, str], devices: list[PciDevice]) -> Iterator[Asked]:
    # The plugins first: they take longest.
    for kind in ("GPU", "NPU", "CPU"):
        count = sum(each.kind == kind for each in devices)
        for number in range(min(max(count, 1), _MAX_DEVICES)):
            yield _asked(_OPENVINO, probe_name(kind, number), task="openvino", kind=kind, index=number)
    yield _asked(_LIBRARY, "opencl", task="opencl", targets=[opencl_links.LOADER])
    for icd in opencl_links.find_icds(tree, environ)[0]:
        yield _asked(_LIBRARY, icd.probe, task="load", targets=[icd.library])
    if any(each.kind == "NPU" for each in devices):
        yield _asked(_LIBRARY, "level-zero", task="level-zero", targets=[level_zero_links.LOADER])
        for name in (level_zero_links.NEW_DRIVER, level_zero_links.OLD_DRIVER):
            yield _asked(_LIBRARY, f"npu-driver:{name}", task="load", targets=[name])
    nodes = [node for device in devices for node in device.nodes if tree.exists(node)]
    if nodes:
        yield _asked(_LIBRARY, "open", task="open", targets=nodes)


def _asked(command: list[str], name: str, **question: Any) -> Asked:
    data = to_json(Question(parent_pid=os.getpid(), **question))
    return Asked(name, command, data, ends_itself=command is _OPENVINO)
