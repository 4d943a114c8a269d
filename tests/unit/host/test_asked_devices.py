"""A driver that crashes, hangs or answers nonsense is a line about its device; what was told before stands."""

from __future__ import annotations

import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.host import asked_devices, device_lister, device_trials
from ovtui.host.device_lister import list_devices
from ovtui.host.device_trials import asked_devices as asked_for
from ovtui.host.device_trials import device_verdicts
from ovtui.records.device_listing import FoundDevices, ListedProperty, ListingEnds, ListsProperties, ReadProperty
from ovtui.records.device_verdicts import Batches, Batching, Began, Compiles, Done, Found, Queried
from ovtui.settings.schema.settings import Settings

START = "import json, os, sys, time\ndevice = json.loads(sys.stdin.read())['device']\n"


def child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """`code` runs in the place of each process; it knows `device`."""
    monkeypatch.setattr(asked_devices, "command_of", lambda _: [sys.executable, "-c", START + code])


def lines(*steps: msgspec.Struct) -> str:
    """Code that tells these steps."""
    text = "".join(msgspec.json.encode(step).decode() + "\n" for step in steps)
    return f"os.write(1, {text.encode()!r})\n"


def listed(name: str, value: str = "1") -> ReadProperty:
    return ReadProperty(
        listed=ListedProperty(
            name=name, access="RW", settable="compile", type="int", value=value, unread=None, choices=[], unit=None,
            help=None,
        )
    )  # fmt: skip


FOUND = FoundDevices(names=["CPU"], full_name="a CPU", openvino="2026.4.1")


def test_properties_of_all_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, lines(FOUND, ListsProperties(names=["A"]), listed("A"), ListingEnds()))
    found = list_devices(["CPU"])
    assert found.openvino == "2026.4.1"
    [cpu] = found.devices
    assert (cpu.device, cpu.present, cpu.full_name, cpu.why) == ("CPU", True, "a CPU", None)
    assert [each.name for each in cpu.properties] == ["A"]


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("print('driver: out of range', file=sys.stderr, flush=True); os.kill(os.getpid(), 11)",
         "crashed with SIGSEGV; it came as far as B, and 2 are missing: driver: out of range"),
        ("os._exit(9)", "ended with exit code 9; it came as far as B, and 2 are missing"),
        ("time.sleep(60)",
         "no answer in 1.5 s; --time-limit gives it longer; it came as far as B, and 2 are missing"),
        ("print('{}')", "its process gave no answer that can be read; it came as far as B, and 2 are missing"),
    ],
)  # fmt: skip
def test_a_driver_that_fails_half_way(monkeypatch: pytest.MonkeyPatch, end: str, why: str) -> None:
    told = lines(FOUND, ListsProperties(names=["A", "B", "C"]), listed("A"))
    whole = lines(FoundDevices(names=["NPU"], full_name="", openvino=""), ListsProperties(names=[]), ListingEnds())
    child(monkeypatch, f"if device == 'NPU':\n    {whole}else:\n    {told}    {end}\n")
    cpu, npu = list_devices(["CPU", "NPU"], limit_s=1.5).devices
    assert (cpu.present, cpu.why, [each.name for each in cpu.properties]) == (True, why, ["A"])
    assert (npu.device, npu.present, npu.why) == ("NPU", True, None)


def test_a_driver_that_never_says_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, "time.sleep(60)")
    [gpu] = list_devices(["GPU"], limit_s=0.3).devices
    assert (gpu.device, gpu.present, gpu.properties) == ("GPU", None, [])
    assert gpu.why == "no answer in 0.3 s; --time-limit gives it longer"


def test_several_of_a_kind_are_all_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    two = lines(FoundDevices(names=["GPU.0", "GPU.1"], full_name="one", openvino="1"), ListingEnds())
    one = lines(FoundDevices(names=["GPU.1"], full_name="other", openvino="1"), ListingEnds())
    child(monkeypatch, f"if device == 'GPU':\n    {two}else:\n    {one}")
    assert [(each.device, each.full_name) for each in list_devices(["GPU"]).devices] == [
        ("GPU.0", "one"), ("GPU.1", "other"),
    ]  # fmt: skip


def test_a_missing_device_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = FoundDevices(names=[], full_name="", openvino="1", why="GPU: no /dev/dri on this machine")
    child(monkeypatch, lines(gone, ListingEnds()))
    [gpu] = list_devices(["GPU"]).devices
    assert (gpu.present, gpu.why) == (False, "no /dev/dri on this machine")
    other = FoundDevices(names=[], full_name="", openvino="1", here=["GPU.0", "GPU.1"])
    child(monkeypatch, lines(other, ListingEnds()))
    assert list_devices(["GPU.4"]).devices[0].why == "this machine has GPU.0 and GPU.1"


def test_all_devices_are_asked_for_and_in_brief_the_physical_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, "print(json.dumps({'type': 'ListingEnds'}), flush=True)")
    assert [each.device for each in list_devices().devices] == ["CPU", "GPU", "NPU", "AUTO", "MULTI", "HETERO", "BATCH"]
    assert [each.device for each in list_devices(brief=True).devices] == ["CPU", "GPU", "NPU"]
    assert device_lister.MODULE == "ovtui.engine.device_listing_child"


@given(st.lists(st.binary(max_size=40), max_size=6), st.binary(max_size=40))
def test_lines_are_read_up_to_the_first_that_is_none(before: list[bytes], after: bytes) -> None:
    decoder: msgspec.json.Decoder[FoundDevices] = msgspec.json.Decoder(FoundDevices)
    whole = msgspec.json.encode(FOUND) + b"\n"
    assert asked_devices.steps_of(whole + after.replace(b"\n", b""), decoder) == [FOUND]
    found = asked_devices.steps_of(whole * 2 + b"\n".join(before), decoder)
    assert found[:2] == [FOUND, FOUND]


def batches(device: str, size: int) -> Batches:
    return Batches(batching=Batching(device=device, batches=True, size=size, certainty="verified", why=None))


def test_a_verdict_from_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found(names=["GPU"], full_name="a GPU", why="")
    child(
        monkeypatch,
        lines(found, Queried(unlisted=[]), Compiles(compiles=True, ms=12.5, why=""), batches("GPU", 16), Done()),
    )
    [gpu] = device_verdicts(Settings(model="m.xml"), "GPU")
    assert (gpu.device, gpu.full_name, gpu.compiles, gpu.compile_ms, gpu.unlisted) == ("GPU", "a GPU", True, 12.5, [])
    assert [(each.device, each.size) for each in gpu.batching] == [("GPU", 16)]
    assert gpu.why is None


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("time.sleep(60)", "no answer in 0.5 s while compiling; --time-limit gives it longer"),
        ("os.kill(os.getpid(), 6)", "crashed with SIGABRT while compiling"),
    ],
)
def test_a_compile_that_does_not_end(monkeypatch: pytest.MonkeyPatch, end: str, why: str) -> None:
    found = Found(names=["GPU"], full_name="a GPU", why="")
    child(monkeypatch, lines(found, Queried(unlisted=None), Began("compiling")) + end)
    [gpu] = device_verdicts(Settings(model="m.xml"), "GPU", 0.5)
    assert (gpu.present, gpu.compiles, gpu.why) == (True, None, why)


def test_of_a_model_that_does_not_compile_only_reasons_against_batches_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Found(names=["GPU"], full_name="a GPU", why="")
    no = Batching(device="BATCH:GPU(4)", batches=False, size=None, certainty="deduced", why="it holds state")
    told = lines(found, batches("GPU", 4), Batches(batching=no), Compiles(compiles=False, ms=None, why="no"), Done())
    child(monkeypatch, told)
    [gpu] = device_verdicts(Settings(model="m.xml"), "GPU")
    assert (gpu.compiles, gpu.compile_why, gpu.batching) == (False, "no", [no])


@pytest.mark.parametrize(
    ("device", "asked"),
    [
        ("", ["CPU", "GPU", "NPU"]), ("AUTO", ["CPU", "GPU", "NPU"]), ("GPU.1", ["GPU.1"]),
        ("AUTO:GPU,CPU", ["GPU", "CPU"]), ("BATCH:CPU(4)", ["CPU"]),
        ("AUTO:GPU,GPU", ["GPU"]),
    ],
)  # fmt: skip
def test_which_devices_are_asked_for(device: str, asked: list[str]) -> None:
    assert asked_for(device) == asked
    assert device_trials.MODULE == "ovtui.engine.model.device_trial_child"
