"""ovtui's own reader of Ansible inventories against ansible-inventory.

    python tests/long/ansible_inventories.py PATH_OF_ANSIBLE_INVENTORY [--count 100]

Each takes a second. Random inventories, as INI and YAML, with group_vars and host_vars, alone and as a
folder; every host has to have the same groups and the same variables. By hand, because ansible-core is not among what
the tests install; what it said of one inventory is kept in tests/unit/fleet/ansible_truth.json."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory import ansible_tool
from ovtui.fleet.inventory.sources import read_source

GROUPS = ("web", "db", "edge-1", "lab_2", "x")
NAMES = (
    "box1", "box2", "n[1:3]", "n[01:03]", "k[a:c]", "r[1:9:4].lab", "10.0.0.[1:2]", "h.example", "p:2222", "q[1:2]:44",
    "fe80::1", "[fe80::2]:2022",
)  # fmt: skip
VARIABLES = (
    "ansible_host=10.1.1.1", "ansible_port=2200", "ansible_user='the user'", 'note="a # b"', "n=0x10", "t=True",
    "l=[1,2]",
    "empty=", "ansible_ssh_common_args='-o Compression=yes -J jump'", "q='\"x\"'", "path=/a/b=c", "none=None",
    "u=schön", "quoted=\"it's\"",
)  # fmt: skip
GROUP_VARIABLES = (
    "a=1", "a = 2", "b=two words", 'c="quoted # not a comment"', "c=x # a comment", "ansible_user=g", "d=[1, 2]",
    "ansible_group_priority=7", "e='single'", "f=",
)  # fmt: skip
YAML_VARIABLES = ("a: 1", "b: two words", "c: [1, 2]", "ansible_user: y", "ansible_port: 77", "d: {e: f}", "g: '5'")


def ini(draw: random.Random) -> str:
    lines = []
    groups = draw.sample(GROUPS, draw.randint(1, len(GROUPS)))
    for _ in range(draw.randint(0, 2)):
        lines.append(host(draw))
    for group in groups:
        lines += [draw.choice(("", "# a comment", "; another")), f"[{group}]{draw.choice(('', '  # why'))}"]
        lines += [host(draw) for _ in range(draw.randint(0, 3))]
        if draw.random() < 0.5:
            lines += [f"[{group}:vars]", *draw.sample(GROUP_VARIABLES, draw.randint(0, 4))]
    for at, group in enumerate(groups[:-1]):
        if draw.random() < 0.5:
            lines += [f"[{group}:children]", *draw.sample(groups[at + 1 :], 1)]
    if draw.random() < 0.5:
        lines += ["[all:vars]", *draw.sample(GROUP_VARIABLES, 2)]
    return "\n".join(lines) + "\n"


def host(draw: random.Random) -> str:
    words = [draw.choice(NAMES), *draw.sample(VARIABLES, draw.randint(0, 3))]
    return draw.choice(("", "  ")) + "  ".join(words) + draw.choice(("", "   # of the lab"))


def yaml(draw: random.Random) -> str:
    lines = ["---", "all:"]
    lines += group(draw, list(GROUPS), 1)
    return "\n".join(lines) + "\n"


def group(draw: random.Random, left: list[str], depth: int) -> list[str]:
    pad = "  " * depth
    lines = []
    if draw.random() < 0.8:
        lines.append(f"{pad}hosts:")
        for name in draw.sample(NAMES, draw.randint(1, 3)):
            if name.startswith("["):
                name = f"'{name}'"
            lines.append(f"{pad}  {name}:")
            lines += [f"{pad}    {each}" for each in draw.sample(YAML_VARIABLES, draw.randint(0, 3))]
    if draw.random() < 0.6:
        lines += [f"{pad}vars:", *(f"{pad}  {each}" for each in draw.sample(YAML_VARIABLES, draw.randint(1, 3)))]
    if depth < 7 and draw.random() < 0.9:
        lines.append(f"{pad}children:")
        for name in draw.sample(left, draw.randint(1, 2)):
            lines += [f"{pad}  {name}:", *group(draw, [each for each in left if each != name] or left, depth + 2)]
    return lines if lines else [f"{pad}hosts: {{}}"]


def variable_files(draw: random.Random, folder: Path) -> None:
    for kind, names in (
        ("group_vars", ("all", "web", "db", "ungrouped")),
        ("host_vars", ("box1", "n1", "fe80::1", "p")),
    ):
        if draw.random() < 0.5:
            continue
        (folder / kind).mkdir()
        for name in draw.sample(names, 2):
            text = "\n".join(draw.sample(YAML_VARIABLES, 2)) + "\n"
            if draw.random() < 0.3:
                (folder / kind / name).mkdir()
                (folder / kind / name / draw.choice(("z.yml", "a", ".hidden", "b.txt"))).write_text(text)
                (folder / kind / name / "m.yaml").write_text("a: of the folder\n")
            else:
                (folder / kind / f"{name}{draw.choice(('', '.yml', '.yaml', '.json', '.txt'))}").write_text(
                    text if draw.random() < 0.9 else "# nothing\n"
                )


def found(path: Path, tool: str) -> object:
    """By name: variables and groups; the sentence where it is refused."""
    try:
        if tool:
            entries = ansible_tool.ask(tool, str(path), "yaml" if path.suffix else "ini").entries()
        else:
            entries = read_source(str(path), lambda _: None, ask_ansible=False)
    except FleetError as error:
        return str(error)
    return {entry.name: (entry.variables, entry.groups) for entry in entries}


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args(words)
    tool, count = given.tool, given.count
    differ = 0
    for seed in range(count):
        draw = random.Random(seed)
        folder = Path(tempfile.mkdtemp(prefix="inventory-"))
        text, name = (ini(draw), "hosts") if draw.random() < 0.5 else (yaml(draw), "hosts.yml")
        (folder / name).write_text(text)
        variable_files(draw, folder)
        path = folder / name
        if draw.random() < 0.2:
            (folder / "later").write_text("[db]\nbox1 a=later\n")
            path = folder
        theirs, ours = found(path, tool), found(path, "")
        if theirs == ours or (isinstance(theirs, str) and isinstance(ours, str)):
            shutil.rmtree(folder)
            continue
        differ += 1
        print(f"seed {seed}: {path}")
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for name in sorted(theirs.keys() | ours.keys()):
                if theirs.get(name) != ours.get(name):
                    print(f"  {name}\n    theirs: {theirs.get(name)}\n    ours:   {ours.get(name)}")
        else:
            print(f"  theirs: {theirs}\n  ours:   {ours}")
    print(f"{count} inventories, {differ} read differently")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
