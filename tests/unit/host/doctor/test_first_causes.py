"""What breaks on real machines, one link at a time: each gives exactly one first cause, and a command to type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.doctor_machine import (
    ACCEL,
    GPU,
    ICD,
    INTEL_OPENCL,
    LIBRARIES,
    NO_FILE,
    NPU,
    RELEASE,
    RENDER,
    FakeMachine,
    failed,
    openvino_steps,
    step,
)

from ovtui.host.doctor.diagnosis import diagnose
from ovtui.records.doctor import Chain, DoctorReport, Finding
from ovtui.records.doctor_probe import Step

Cause = tuple[str, str, str]


def _look(machine: FakeMachine) -> DoctorReport:
    return diagnose(machine.root, machine.environ, ask=machine.ask)


def _without_driver(machine: FakeMachine, device: str = "56a0") -> None:
    """A GPU that no kernel module has taken."""
    machine.has_gpu(device)
    machine.remove(f"/sys/bus/pci/devices/{GPU}/driver")
    machine.remove("/sys/module/i915/refcnt")
    (machine.root / "sys/module/i915").rmdir()
    machine.remove(f"/sys/bus/pci/devices/{GPU}/drm/renderD128/dev")
    (machine.root / f"sys/bus/pci/devices/{GPU}/drm/renderD128").rmdir()
    machine.remove(RENDER)
    machine.gpu_is_lost()


def _blacklisted(machine: FakeMachine) -> None:
    _without_driver(machine)
    machine.write("/etc/modprobe.d/nvidia-installer.conf", "# made by hand\nblacklist i915\n")


def _nomodeset(machine: FakeMachine) -> None:
    _without_driver(machine)
    machine.write("/proc/cmdline", "BOOT_IMAGE=/vmlinuz quiet nomodeset")


def _kernel_too_old(machine: FakeMachine) -> None:
    _without_driver(machine, "e20c")


def _module_not_loaded(machine: FakeMachine) -> None:
    _without_driver(machine)


def _no_extra_modules(machine: FakeMachine) -> None:
    _without_driver(machine)
    machine.write(f"/lib/modules/{RELEASE}/modules.dep", "kernel/drivers/net/e1000e.ko:\n")


def _given_to_vm(machine: FakeMachine) -> None:
    _without_driver(machine)
    machine.link(f"/sys/bus/pci/devices/{GPU}/driver", "../../../bus/pci/drivers/vfio-pci")


def _gpu_without_firmware(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.remove("/lib/firmware/i915/dg2_guc_70.bin.zst")
    machine.gpu_is_lost()


def _npu_without_firmware(machine: FakeMachine) -> None:
    """The module is there and fails to take the device: its firmware comes first."""
    machine.has_npu()
    machine.remove("/lib/firmware/intel/vpu/vpu_37xx_v0.0.bin")
    machine.remove(f"/sys/bus/pci/devices/{NPU}/driver")
    machine.remove(f"/sys/bus/pci/devices/{NPU}/accel/accel0/dev")
    (machine.root / f"sys/bus/pci/devices/{NPU}/accel/accel0").rmdir()
    machine.remove(ACCEL)
    machine.npu_is_lost("No available backend")


def _firmware_that_the_kernel_refuses(machine: FakeMachine) -> None:
    """The file is there; what the kernel made of it stands in its log alone."""
    machine.has_gpu()
    said = "[drm] GT0: GuC firmware i915/dg2_guc_70.bin: fetch failed with error -8"
    machine.write("/dev/kmsg", f"6,100,5,-;usb 1-1: new device\n4,101,6,-;i915 {GPU}: {said}\n SUBSYSTEM=pci\n")
    machine.gpu_is_lost()


def _login_anew(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.be_in_groups(machine.other_gid)
    machine.answer("open", *failed("open", RENDER, "Permission denied", "13"))
    machine.gpu_is_lost()


def _volumes_for_devices(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.write("/.dockerenv", "")
    machine.answer("open", *failed("open", RENDER, "Operation not permitted", "1"))
    machine.gpu_is_lost()


def _no_loader(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.answer("opencl", *failed("load", "libOpenCL.so.1", f"libOpenCL.so.1: {NO_FILE}"))
    plugin = openvino_steps("GPU", [])[:3]
    machine.answer("GPU", *plugin, *failed("devices", "GPU", f"Cannot load library: libOpenCL.so.1: {NO_FILE}"))


def _icd_without_library(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.remove(INTEL_OPENCL)
    machine.answer(f"icd:{ICD}", *failed("load", INTEL_OPENCL, f"{INTEL_OPENCL}: {NO_FILE}"))
    machine.has_opencl(*failed("platforms", "libOpenCL.so.1", "clGetPlatformIDs error -1001"))
    machine.gpu_is_lost()


def _icd_without_dependency(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.answer(f"icd:{ICD}", *failed("load", INTEL_OPENCL, f"libigdgmm.so.12: {NO_FILE}"))
    machine.has_opencl(*failed("platforms", "libOpenCL.so.1", "clGetPlatformIDs error -1001"))
    machine.gpu_is_lost()


def _only_another_driver(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.remove(ICD)
    machine.write("/etc/OpenCL/vendors/nvidia.icd", "libnvidia-opencl.so.1\n")
    machine.gpu_is_lost()


def _driver_too_new(machine: FakeMachine) -> None:
    """A Skylake with a driver that has dropped it."""
    machine.has_gpu("1912")
    machine.has_opencl(*step("platforms", "libOpenCL.so.1", "Intel(R) OpenCL Graphics: no device"))
    machine.gpu_is_lost()


def _driver_crashes(machine: FakeMachine) -> None:
    machine.has_gpu()
    begun = Step(name="load", target=INTEL_OPENCL)
    machine.answer(f"icd:{ICD}", begun, ending="signal", signal_name="SIGSEGV")
    machine.answer("opencl", *step("load", "libOpenCL.so.1", "/x/libOpenCL.so.1"),
                   Step(name="platforms", target="libOpenCL.so.1"), ending="signal", signal_name="SIGSEGV")  # fmt: skip
    steps = openvino_steps("GPU", [])[:3]
    machine.answer("GPU", *steps, Step(name="devices", target="GPU"), ending="signal", signal_name="SIGSEGV")


def _inference_hangs(machine: FakeMachine) -> None:
    machine.has_gpu()
    steps = openvino_steps("GPU", ["0"], "A770")[:-1]
    machine.answer("GPU", *steps, ending="late")


def _loader_too_old(machine: FakeMachine) -> None:
    machine.has_npu(loader="1.16.1")
    machine.npu_is_lost("No available backend")


def _npu_without_driver(machine: FakeMachine) -> None:
    machine.has_npu()
    machine.remove(f"{LIBRARIES}/libze_intel_npu.so.1")
    machine.answer("level-zero", *step("load", "libze_loader.so.1", f"{LIBRARIES}/libze_loader.so.1"),
                   *failed("platforms", "libze_loader.so.1", "zeInit error 0x78000001"))  # fmt: skip
    machine.npu_is_lost("No available backend")


def _npu_driver_without_dependency(machine: FakeMachine) -> None:
    machine.has_npu()
    machine.answer(
        "npu-driver:libze_intel_npu.so.1", *failed("load", "libze_intel_npu.so.1", f"libtbb.so.12: {NO_FILE}")
    )
    machine.answer("npu-driver:libze_intel_vpu.so.1",
                   *failed("load", "libze_intel_vpu.so.1", f"libze_intel_vpu.so.1: {NO_FILE}"))  # fmt: skip
    machine.npu_is_lost("No available backend")


def _npu_driver_hangs(machine: FakeMachine) -> None:
    machine.has_npu()
    begun = Step(name="load", target="libze_intel_npu.so.1")
    machine.answer("npu-driver:libze_intel_npu.so.1", begun, ending="late")
    machine.answer("NPU", *openvino_steps("NPU", [])[:3], Step(name="devices", target="NPU"), ending="late")


def _plugin_removed(machine: FakeMachine) -> None:
    machine.has_gpu()
    steps = step("import", "openvino", "2026.4.1")
    machine.answer("GPU", *steps, *failed("plugin-file", "/venv/libopenvino_intel_gpu_plugin.so", "no such file")[1:],
                   *failed("devices", "GPU", "Device with \"GPU\" name is not registered"))  # fmt: skip


def _openvino_damaged(machine: FakeMachine) -> None:
    text = "ImportError: libtbb.so.12: cannot open shared object file"
    for kind in ("CPU", "GPU", "NPU"):
        machine.answer(kind, *failed("import", "openvino", text))


def _wrong_result(machine: FakeMachine) -> None:
    machine.has_gpu()
    steps = openvino_steps("GPU", ["0"], "A770", "wrong result: nan instead of 8", at="inference")
    machine.answer("GPU", *steps)


BROKEN: dict[Callable[[FakeMachine], None], Cause] = {
    _blacklisted: ("GPU", "module", "blacklisted"),
    _nomodeset: ("GPU", "module", "off-at-boot"),
    _kernel_too_old: ("GPU", "module", "kernel-too-old"),
    _module_not_loaded: ("GPU", "module", "module-not-loaded"),
    _no_extra_modules: ("GPU", "module", "module-missing"),
    _given_to_vm: ("GPU", "module", "given-to-vm"),
    _gpu_without_firmware: ("GPU", "firmware", "firmware-missing"),
    _npu_without_firmware: ("NPU", "firmware", "firmware-missing"),
    _firmware_that_the_kernel_refuses: ("GPU", "firmware", "firmware-missing"),
    _login_anew: ("GPU", "groups", "login-anew"),
    _volumes_for_devices: ("GPU", "groups", "device-forbidden"),
    _no_loader: ("GPU", "loader", "loader-missing"),
    _icd_without_library: ("GPU", "driver", "driver-library-missing"),
    _icd_without_dependency: ("GPU", "driver", "driver-dependency"),
    _only_another_driver: ("GPU", "driver", "no-driver"),
    _driver_too_new: ("GPU", "driver", "driver-too-new"),
    _driver_crashes: ("GPU", "driver", "driver-crashes"),
    _inference_hangs: ("GPU", "inference", "driver-hangs"),
    _loader_too_old: ("NPU", "loader", "loader-too-old"),
    _npu_without_driver: ("NPU", "driver", "no-driver"),
    _npu_driver_without_dependency: ("NPU", "driver", "driver-broken"),
    _npu_driver_hangs: ("NPU", "driver", "driver-hangs"),
    _plugin_removed: ("GPU", "plugin", "plugin-missing"),
    _openvino_damaged: ("CPU", "plugin", "openvino-broken"),
    _wrong_result: ("GPU", "inference", "inference-failed"),
}


@pytest.mark.parametrize("break_it", BROKEN, ids=lambda each: each.__name__.strip("_"))
def test_each_broken_machine_gives_one_first_cause(break_it: Callable[[FakeMachine], None], tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    break_it(machine)
    report = _look(machine)
    assert [(each.device, each.link, each.cause) for each in report.causes] == [BROKEN[break_it]]
    assert not report.healthy
    assert report.causes[0].command
    chain = _chain(report, report.causes[0].device)
    for link in _after(chain, report.causes[0].link):
        assert link.mark != "broken" or link.follows_from == report.causes[0].link
        assert link.follows_from is None or link.command is None


@pytest.mark.parametrize("device", ["gpu", "npu", "both", "none"])
def test_a_machine_whose_devices_work_is_healthy(device: str, tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    if device in ("gpu", "both"):
        machine.has_gpu()
    if device in ("npu", "both"):
        machine.has_npu()
    if device == "both":
        machine.answer("open", *step("open", RENDER), *step("open", ACCEL))
    report = _look(machine)
    assert report.causes == []
    assert report.healthy
    assert {chain.device for chain in report.chains if chain.works} == {
        "CPU", *(["GPU"] if device in ("gpu", "both") else []), *(["NPU"] if device in ("npu", "both") else [])
    }  # fmt: skip
    marks = {link.mark for chain in report.chains for link in chain.links}
    assert marks <= {"fine", "unknown"}


def test_a_driver_in_an_unusual_folder_is_found_by_what_loaded_it(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.has_npu()
    machine.remove(f"{LIBRARIES}/libze_intel_npu.so.1")
    text = "ZE_RESULT_ERROR_UNSUPPORTED_VERSION, code 0x78000002"
    machine.answer("NPU", *openvino_steps("NPU", ["3720"], "Intel(R) AI Boost", text))
    assert _look(machine).causes[0].cause == "firmware-against-compiler"
    name = "libze_intel_npu.so.1"
    machine.answer(f"npu-driver:{name}", *step("load", name, f"/opt/npu/{name}"))
    assert _link(_chain(_look(machine), "NPU"), "driver").file == f"/opt/npu/{name}"


def test_firmware_that_the_kernel_has_loaded_is_named_with_its_version(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.has_npu()
    line = "Firmware: intel/vpu/vpu_37xx_v0.0.bin, version: 20240820*MTL_CLIENT_SILICON"
    machine.write("/dev/kmsg", f"6,900,1,-;intel_vpu {NPU}: [drm] {line}\n")
    firmware = _link(_chain(_look(machine), "NPU"), "firmware")
    assert (firmware.mark, firmware.found, firmware.file) == ("fine", f"[drm] {line}", "/dev/kmsg")


def test_firmware_of_the_display_is_not_needed_for_computing(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.has_gpu()
    said = "Direct firmware load for i915/dg2_dmc_ver2_08.bin failed with error -2"
    machine.write("/dev/kmsg", f"4,1,1,-;i915 {GPU}: {said}\n")
    assert _link(_chain(_look(machine), "GPU"), "firmware").file == "/lib/firmware/i915/dg2_guc_70.bin.zst"


def test_what_looks_broken_is_a_remark_where_an_inference_runs(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.has_gpu()
    machine.remove("/lib/firmware/i915/dg2_guc_70.bin.zst")
    report = _look(machine)
    assert report.healthy
    assert _link(_chain(report, "GPU"), "firmware").mark == "warning"


def test_two_gpus_have_a_chain_each(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.has_gpu("7d55")
    machine.write("/lib/firmware/i915/mtl_guc_70.bin", "")
    machine.pci("0000:03:00.0", "8086", "56a0", "030000", "i915", "/dev/dri/renderD129")
    machine.answer("open", *step("open", RENDER), *failed("open", "/dev/dri/renderD129", "Permission denied", "13"))
    machine.answer("GPU.1", *openvino_steps("GPU", ["0"])[:4])
    report = _look(machine)
    assert [chain.device for chain in report.chains] == ["CPU", "GPU.0", "GPU.1", "NPU"]
    assert [(cause.device, cause.link) for cause in report.causes] == [("GPU.1", "groups")]


def test_a_gpu_of_another_maker_is_no_fault(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.pci("0000:41:00.0", "10de", "2335", "030200", "nvidia")
    machine.pci("0000:02:00.0", "1a03", "2000", "030000", "ast")
    report = _look(machine)
    assert report.healthy
    gpu = _chain(report, "GPU")
    assert (gpu.supported, gpu.works) == (False, None)
    assert _link(gpu, "driver").command == "sudo apt install nvidia-opencl-icd"
    assert {_link(gpu, name).mark for name in ("module", "firmware", "node", "groups")} == {"unknown"}
    assert [chain.device for chain in report.chains] == ["CPU", "GPU", "NPU"]


def _chain(report: DoctorReport, device: str) -> Chain:
    return next(chain for chain in report.chains if chain.device == device)


def _link(chain: Chain, name: str) -> Finding:
    return next(link for link in chain.links if link.name == name)


def _after(chain: Chain, name: str) -> list[Finding]:
    names = [link.name for link in chain.links]
    return chain.links[names.index(name) + 1 :]
