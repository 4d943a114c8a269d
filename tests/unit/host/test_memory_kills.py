"""Who killed an engine, by what control groups and the machine have counted, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.host.memory_kills import MemoryKills, killed_by, memory_counts
from ovtui.records.last_words import how_it_ended

MIB = 1 << 20
BY_OTHERS = "by a person or a program other than ovtui; the kernel counts no lack of memory"


class Tree:
    """A machine with a group /box of a limit and a group /box/run in it, in which the process is."""

    def __init__(self, root: Path, new: bool) -> None:
        self.root, self.new = root, new
        self.top = root / ("sys/fs/cgroup" if new else "sys/fs/cgroup/memory")
        (self.top / "box/run").mkdir(parents=True)
        (root / "proc/self").mkdir(parents=True)
        if new:
            (self.top / "cgroup.controllers").write_text("cpu memory\n")
        (root / "proc/self/cgroup").write_text("0::/box/run\n" if new else "4:memory:/box/run\n0::/\n")
        self.group("box", limit=512 * MIB)
        self.group("box/run")
        self.machine(0)

    def group(self, name: str, *, limit: int | None = None, kills: int = 0, reached: int = 0) -> None:
        folder = self.top / name
        if self.new:
            (folder / "memory.max").write_text("max\n" if limit is None else f"{limit}\n")
            (folder / "memory.events").write_text(f"low 0\nhigh 0\nmax 3\noom {reached}\noom_kill {kills}\n")
        else:
            (folder / "memory.limit_in_bytes").write_text(f"{limit or 9223372036854771712}\n")
            (folder / "memory.oom_control").write_text(f"oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n")

    def machine(self, kills: int) -> None:
        (self.root / "proc/vmstat").write_text(f"nr_free_pages 7\noom_kill {kills}\n")


@pytest.fixture(params=[True, False], ids=["v2", "v1"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    return Tree(tmp_path, request.param)


def test_the_limit_of_a_group_above(tree: Tree) -> None:
    before = memory_counts(root=tree.root)
    tree.group("box/run", kills=1)
    if tree.new:  # which counts in all groups above, too
        tree.group("box", limit=512 * MIB, kills=1, reached=1)
    tree.machine(1)
    told = killed_by(before, memory_counts(root=tree.root))
    assert told == "by the kernel: out of memory, the cgroup's limit is 512 MiB"
    assert how_it_ended("SIGKILL", -9, told) == f"SIGKILL (9: killed {told})"


def test_the_machine_is_out_of_memory(tmp_path: Path) -> None:
    tree = Tree(tmp_path, new=True)
    before = memory_counts(root=tree.root)
    tree.group("box/run", kills=1)
    tree.group("box", limit=512 * MIB, kills=1)
    tree.machine(1)
    assert killed_by(before, memory_counts(root=tree.root)) == "by the kernel: the machine was out of memory"


def test_a_kill_of_another_group_is_not_the_engines(tree: Tree) -> None:
    before = memory_counts(root=tree.root)
    tree.machine(1)
    assert killed_by(before, memory_counts(root=tree.root)) == BY_OTHERS


def test_a_machine_without_groups(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/vmstat").write_text("oom_kill 3\n")
    before = memory_counts(root=tmp_path)
    assert killed_by(before, before) == BY_OTHERS
    (tmp_path / "proc/vmstat").write_text("oom_kill 4\n")
    assert "most likely by the kernel" in killed_by(before, memory_counts(root=tmp_path))


def test_nothing_is_said_where_nothing_tells(tmp_path: Path) -> None:
    nothing = memory_counts(root=tmp_path)
    assert killed_by(nothing, nothing) == ""
    assert "or by the kernel for want of memory" in how_it_ended("SIGKILL", -9, "")


def test_an_older_kill_of_another_process_is_forgotten(tree: Tree) -> None:
    kills = MemoryKills(tree.root)
    tree.group("box/run", kills=1)
    assert kills.killed_by() != BY_OTHERS
    for later_s in (1e6, 2e6):
        kills.look(later_s)
    assert kills.killed_by() == BY_OTHERS
