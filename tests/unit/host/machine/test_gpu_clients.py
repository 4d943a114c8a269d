"""The engines' own work on the GPU, by fdinfo."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from harness.fake_machine import DISCRETE, INTEGRATED, FakeMachine
from hypothesis import example, given
from hypothesis import strategies as st

from ovtui.host.machine.gpu_clients import ClientUse, GpuClients, GpuUse, parse_fdinfo

S = 1_000_000_000


@pytest.fixture
def box(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def used(clients: GpuClients) -> GpuUse:
    return clients.use([1])


def test_an_engine_that_has_opened_no_gpu(box: FakeMachine) -> None:
    assert used(GpuClients(box.tree())) == GpuUse()
    box.link("proc/engine/fd/3", "dev/null")
    box.put("proc/engine/fdinfo/3", "pos:\t0")
    assert used(GpuClients(box.tree())) == GpuUse()


def test_nanoseconds_of_i915(box: FakeMachine) -> None:
    box.gpu_client("i915", pdev=INTEGRATED, busy={"render": 5 * S, "copy": 0, "video-enhance": 0})
    clients = GpuClients(box.tree())
    assert used(clients) == GpuUse(pdevs=frozenset({INTEGRATED}))
    box.gpu_client("i915", pdev=INTEGRATED, busy={"render": 6 * S, "copy": S, "video-enhance": 0})
    box.clock.pass_s(2)
    assert used(clients).percent == 50.0
    box.clock.pass_s(1)
    assert used(clients).percent == 0.0  # it had nothing to do


def test_cycles_of_xe(box: FakeMachine) -> None:
    box.gpu_client("xe", busy={"ccs": 100, "bcs": 100}, total=1000)
    clients = GpuClients(box.tree())
    assert used(clients).percent is None
    box.gpu_client("xe", busy={"ccs": 700, "bcs": 200}, total=2000)
    box.clock.pass_s(1)
    assert used(clients).percent == 60.0
    assert used(clients).percent is None  # no time has passed


def test_several_descriptors_of_one_client_count_once_and_clients_add_up(box: FakeMachine) -> None:
    def show(first: int, second: int) -> None:
        for fd in (9, 10, 11):
            box.gpu_client("i915", fd=fd, client=7, busy={"compute": first}, memory={"drm-resident-local0": "3 MiB"})
        box.gpu_client("i915", fd=12, client=8, busy={"compute": second}, memory={"drm-resident-local0": "1 MiB"})

    show(0, 0)
    clients = GpuClients(box.tree())
    used(clients)
    show(S // 4, S // 8)
    box.clock.pass_s(1)
    assert used(clients) == GpuUse(37.5, 4 << 20, frozenset({DISCRETE}))


def test_a_class_of_several_engines_is_busy_by_its_part(box: FakeMachine) -> None:
    box.gpu_client("xe", busy={"ccs": 0}, total=0, capacity={"ccs": 4})
    clients = GpuClients(box.tree())
    used(clients)
    box.gpu_client("xe", busy={"ccs": 2000}, total=1000, capacity={"ccs": 4})
    box.clock.pass_s(1)
    assert used(clients).percent == 50.0


def test_not_more_than_all(box: FakeMachine) -> None:
    box.gpu_client("i915", busy={"render": 0})
    clients = GpuClients(box.tree())
    used(clients)
    box.gpu_client("i915", busy={"render": 2 * S})
    box.clock.pass_s(1)
    assert used(clients).percent == 100.0


def test_the_gpus_on_which_something_ran_and_not_all_that_opencl_opens(box: FakeMachine) -> None:
    box.gpu_client("xe", fd=9, client=1, busy={"ccs": 0}, total=10)
    box.gpu_client("i915", fd=10, client=2, pdev=INTEGRATED, busy={"render": 0})
    clients = GpuClients(box.tree())
    assert used(clients).pdevs == {DISCRETE, INTEGRATED}
    box.gpu_client("xe", fd=9, client=1, busy={"ccs": 3}, total=20)
    assert used(clients).pdevs == {DISCRETE}


def test_a_suspended_gpu_is_not_woken_and_stays_the_engines_gpu(box: FakeMachine) -> None:
    device = box.xe()
    box.link("sys/class/drm/renderD128/device", device)
    path = box.gpu_client("xe", busy={"ccs": 1}, total=10)
    clients = GpuClients(box.tree())
    assert used(clients).pdevs == {DISCRETE}
    box.gpu_suspends(device)
    box.remove(path)
    box.put(f"{path}/a-folder", "reading it would be seen")
    box.clock.pass_s(1)
    assert used(clients) == GpuUse(pdevs=frozenset({DISCRETE}))


def test_no_share_over_a_suspend_of_the_machine(box: FakeMachine) -> None:
    for name, driver in (("render", "i915"), ("ccs", "xe")):
        box.gpu_client(driver, busy={name: 1}, total=100)
        clients = GpuClients(box.tree())
        used(clients)
        box.gpu_client(driver, busy={name: 2}, total=200)
        box.clock.pass_s(1, asleep_s=100)
        assert used(clients).percent is None


@pytest.mark.parametrize("driver", ["amdgpu", "nvidia-drm", "nouveau", "msm", ""])
def test_other_drivers_say_nothing(box: FakeMachine, driver: str) -> None:
    box.gpu_client(driver, busy={"gfx": 0}, memory={"drm-resident-vram0": "1 KiB"})
    clients = GpuClients(box.tree())
    used(clients)
    box.clock.pass_s(1)
    assert used(clients) == GpuUse()


def test_regions_of_memory_by_driver() -> None:
    keys = {
        "drm-resident-vram0": "2 MiB", "drm-resident-gtt": "512 KiB", "drm-resident-system": "0",
        "drm-resident-stolen": "7 MiB", "drm-total-vram0": "9 MiB", "drm-memory-vram": "4 KiB",
        "drm-resident-system0": "3 KiB", "drm-resident-local0": "5 KiB", "drm-resident-stolen-local0": "1 KiB",
    }  # fmt: skip
    text = "".join(f"{key}:\t{value}\r\n" for key, value in keys.items())
    of_xe = parse_fdinfo(f"drm-driver: xe\r\ndrm-client-id: 3\r\n{text}")
    of_i915 = parse_fdinfo(f"drm-driver:\ti915\ndrm-client-id:\t3\n{text}")
    assert of_xe is not None
    assert of_xe.resident_bytes == (2 << 20) + (512 << 10)
    assert of_i915 is not None
    assert of_i915.resident_bytes == 8 << 10


def test_without_memory_in_the_file_nothing_is_said_of_it() -> None:
    assert parse_fdinfo("drm-driver: i915\ndrm-client-id: 3\ndrm-pdev: 0000:00:02.0\ndrm-engine-copy: 5 ns") == (
        ClientUse("i915", "3", "0000:00:02.0", {"copy": 5}, {}, {}, None)
    )


lines = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{}-{}:{}{}{}".format,
        st.sampled_from(["drm-engine", "drm-cycles", "drm-total-cycles", "drm-engine-capacity", "drm-resident", "drm"]),
        st.sampled_from(["ccs", "render", "vram0", "system0", "gtt", "client-id", "driver", "pdev", "", "a-b"]),
        st.sampled_from([" ", "\t", "", "\t\t"]),
        st.one_of(st.integers(-(10**25), 10**25), st.sampled_from(["xe", "i915", "", "x", "1.5", "٣"])),
        st.sampled_from(["", " ns", " KiB", " MiB", "ns", " cycles", " EiB", "\r"]),
    ),
)


@given(st.lists(lines, max_size=25), st.sampled_from(["xe", "i915"]))
@example(["drm-cycles-ccs:\t5"], "xe")
@example(["drm-resident-vram0:\t99999999999999999999 GiB"], "xe")
def test_any_text_is_read_and_no_figure_is_negative(found: list[str], driver: str) -> None:
    parse_fdinfo("\n".join(found))
    use = parse_fdinfo("\n".join([f"drm-driver:\t{driver}", "drm-client-id:\t1", *found]))
    assert use is not None
    assert min([0, *use.busy_ns.values(), *use.capacity.values()]) == 0
    assert all(busy >= 0 and total >= 0 for busy, total in use.cycles.values())
    assert use.resident_bytes is None or use.resident_bytes >= 0


def test_a_descriptor_that_tells_nothing_new_is_read_once(box: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a real process, whose descriptors are known by their number: here with a /proc of its own."""
    from ovtui.host.machine import gpu_clients

    for fd, driver, client in ((9, "i915", 7), (10, "i915", 7), (11, "amdgpu", 8), (12, "i915", 9)):
        box.gpu_client(driver, process=4242, fd=fd, client=client, busy={"render": fd})
    asked: list[str] = []
    really = gpu_clients._read

    def read(path: str) -> str:
        asked.append(path.rpartition("/")[2])
        return really(path)

    monkeypatch.setattr(gpu_clients, "_read", read)
    monkeypatch.setattr(gpu_clients, "is_this_machine", lambda _: True)
    monkeypatch.setattr(gpu_clients, "Path", lambda *parts: box.root.joinpath(*(part.lstrip("/") for part in parts)))
    monkeypatch.setattr(gpu_clients, "_count_of", lambda _: 12)
    clients = GpuClients(box.tree())
    for _ in range(3):
        clients.use([4242])
        box.clock.pass_s(1)
    assert asked == ["10", "11", "12", "9", "10", "12", "10", "12"]
    box.clock.pass_s(10)
    asked.clear()
    clients.use([4242])
    assert sorted(asked) == ["10", "11", "12", "9"]
    monkeypatch.setattr(gpu_clients, "_count_of", lambda _: 13)
    box.gpu_client("i915", process=4242, fd=13, client=10, busy={"render": 0})
    asked.clear()
    clients.use([4242])
    assert "13" in asked


def test_descriptors_of_a_real_process_are_listed_without_being_read(tmp_path: Path) -> None:
    from ovtui.host.machine.sensor_files import SensorTree

    # This process has no GPU; its own descriptors are looked through all the same.
    assert GpuClients(SensorTree()).use([os.getpid(), 4_000_000]) == GpuUse()
