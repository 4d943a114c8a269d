"""Memory that is left, and what is said where infer requests do not fit."""

from __future__ import annotations

from pathlib import Path

from ovtui.engine.free_memory import Memory, memory, shortage

GIB = 1 << 30


def tree(root: Path, **files: str) -> Path:
    """A machine with 8 GiB, of which 6 are free, and 2 GiB of swap."""
    known = {"proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable: 6291456 kB\nSwapTotal: 2097152 kB\n", **files}
    for name, text in known.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_machines_memory(tmp_path: Path) -> None:
    assert memory(tree(tmp_path)) == Memory(6 * GIB, 10 * GIB)
    assert memory(tmp_path / "nothing") is None


def test_the_narrowest_cgroup_counts_and_its_cached_files_are_free(tmp_path: Path) -> None:
    group = "sys/fs/cgroup"
    files = {
        "proc/self/cgroup": "0::/a/b\n",
        f"{group}/cgroup.controllers": "memory",
        f"{group}/a/b/memory.max": "max",
        f"{group}/a/b/memory.current": "100",
        f"{group}/a/memory.max": str(2 * GIB),
        f"{group}/a/memory.current": str(GIB),
        f"{group}/a/memory.stat": f"anon 5\ninactive_file {GIB // 2}\n",
        f"{group}/a/memory.swap.max": "0",
    }
    assert memory(tree(tmp_path, **files)) == Memory(GIB + GIB // 2, 2 * GIB)


def test_a_container_under_cgroup_v1(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory"
    files = {
        "proc/self/cgroup": "4:memory:/docker/0123\n",
        f"{group}/memory.limit_in_bytes": str(3 * GIB),
        f"{group}/memory.usage_in_bytes": str(GIB),
    }
    assert memory(tree(tmp_path, **files)) == Memory(2 * GIB, 5 * GIB)


def test_a_shortage_is_said_and_what_would_fit() -> None:
    found = Memory(2 * GIB, 3 * GIB)
    assert shortage(8, 0, GIB // 8, GIB // 8, found) == ("", False)
    text, certain = shortage(16, 0, GIB // 8, GIB // 8, found)
    assert text == (
        "inputs and outputs of 16 infer requests take 4.0 GiB, and 2.0 GiB of memory are free; --nireq 8 would fit"
    )
    assert not certain
    assert shortage(32, 0, GIB // 8, 0, found)[1]


def test_the_requests_that_are_there_are_not_counted_again() -> None:
    found = Memory(GIB, 8 * GIB)
    assert shortage(16, 14, GIB // 2, 0, found) == ("", False)
    assert "--nireq 16 would fit" in shortage(20, 14, GIB // 2, 0, found)[0]


def test_one_request_that_does_not_fit() -> None:
    text, certain = shortage(4, 0, GIB, 0, Memory(GIB // 2, GIB // 2))
    assert text.endswith("a smaller --shape or batch size may fit")
    assert certain
