"""Breakages in which a true finding stood beside the cause, and was taken for it: each has one first cause."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.doctor_machine import (
    GPU,
    ICD,
    INTEL_OPENCL,
    LIBRARIES,
    NPU,
    RELEASE,
    RENDER,
    FakeMachine,
    failed,
    openvino_steps,
    step,
)  # fmt: skip

from ovtui.host.doctor.diagnosis import diagnose
from ovtui.host.doctor.openvino_links import telling_line
from ovtui.host.doctor.report_lines import report_lines
from ovtui.records.doctor import DoctorReport

NO_PLATFORM = "clGetPlatformIDs error -1001"


def _look(machine: FakeMachine) -> DoctorReport:
    return diagnose(machine.root, machine.environ, ask=machine.ask)


def _unbound_gpu(machine: FakeMachine, device: str = "56a0") -> None:
    machine.has_gpu()
    shutil.rmtree(machine.root / f"sys/bus/pci/devices/{GPU}")
    shutil.rmtree(machine.root / "sys/module/i915")
    machine.remove(RENDER)
    machine.pci(GPU, "8086", device, "030000")
    machine.has_opencl(*failed("platforms", "libOpenCL.so.1", NO_PLATFORM))
    machine.gpu_is_lost()


def _kernel_replaced(machine: FakeMachine) -> None:
    _unbound_gpu(machine)
    shutil.rmtree(machine.root / f"lib/modules/{RELEASE}")
    machine.write("/lib/modules/6.8.0-51-generic/modules.dep", "kernel/drivers/gpu/drm/i915/i915.ko.zst:\n")


def _kernel_before_the_npu(machine: FakeMachine) -> None:
    old = "6.2.0-39-generic"
    machine.write("/proc/sys/kernel/osrelease", old)
    machine.write(f"/lib/modules/{old}/modules.dep", "kernel/drivers/gpu/drm/i915/i915.ko:\n")
    machine.write("/lib/firmware/intel/vpu/vpu_40xx_v0.0.bin", "")
    machine.pci(NPU, "8086", "643e", "120000")
    machine.npu_is_lost("No NPU devices were found")


def _not_in_initramfs(machine: FakeMachine) -> None:
    """The file is there, and was not when the module looked."""
    _unbound_gpu(machine)
    machine.write("/sys/module/i915/refcnt", "0")
    machine.write(
        "/dev/kmsg",
        "4,701,35,-;i915 0000:00:02.0: Direct firmware load for i915/dg2_guc_70.bin failed with error -2\n"
        "3,705,36,-;i915 0000:00:02.0: probe with driver i915 failed with error -5\n",
    )


def _refused_at_boot(machine: FakeMachine) -> None:
    _unbound_gpu(machine, "7d55")
    machine.write("/lib/firmware/i915/mtl_guc_70.bin", "")
    machine.write("/sys/module/i915/refcnt", "0")
    machine.write("/proc/cmdline", "root=/dev/sda1 i915.force_probe=!7d55 quiet")


def _blacklist_of_another_module(machine: FakeMachine) -> None:
    """i915 would not take this GPU, so that its blacklist is no cause."""
    _unbound_gpu(machine, "e20b")
    machine.write("/lib/firmware/xe/bmg_guc_70.bin", "")
    machine.write("/etc/modprobe.d/no-i915.conf", "blacklist i915\n")


def _within_the_kernel(machine: FakeMachine) -> None:
    """modules.alias says nothing of a module that is no file."""
    _unbound_gpu(machine)
    machine.write(f"/lib/modules/{RELEASE}/modules.builtin", "kernel/drivers/gpu/drm/i915/i915.ko\n")
    machine.write(f"/lib/modules/{RELEASE}/modules.alias", "")
    machine.write("/sys/module/i915/refcnt", "0")


def _driver_passed_over(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.environ["OCL_ICD_VENDORS"] = "/opt/none"
    machine.has_opencl(*failed("platforms", "libOpenCL.so.1", NO_PLATFORM))
    machine.gpu_is_lost()


def _driver_for_another_system(machine: FakeMachine) -> None:
    machine.has_gpu()
    text = f"/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by {INTEL_OPENCL})"
    machine.answer(f"icd:{ICD}", *failed("load", INTEL_OPENCL, text))
    machine.gpu_is_lost()


def _driver_without_device(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.has_opencl(*step("platforms", "libOpenCL.so.1", "Intel(R) OpenCL Graphics: no device"))
    machine.gpu_is_lost()


def _without_context(machine: FakeMachine) -> None:
    machine.has_gpu()
    machine.remove("/usr/bin/apt-get")
    machine.write("/usr/bin/dnf", "")
    machine.answer(
        "GPU", *openvino_steps("GPU", ["0"], "A GPU", error="[GPU] Context was not initialized for 0 device")
    )


def _taken_by_a_stub(machine: FakeMachine) -> None:
    _unbound_gpu(machine)
    machine.link(f"/sys/bus/pci/devices/{GPU}/driver", "../../../bus/pci/drivers/pci-stub")


def _npu_without_backend(machine: FakeMachine) -> None:
    machine.has_npu()
    begun = openvino_steps("NPU", [])[:3]
    machine.answer("NPU", *begun, *failed("devices", "NPU", "Unsupported configuration key: FULL_DEVICE_NAME"))


@pytest.mark.parametrize(
    ("breakage", "link", "cause", "command"),
    [
        (_kernel_replaced, "module", "kernel-replaced", "sudo reboot"),
        (_kernel_before_the_npu, "module", "kernel-too-old", "sudo apt install linux-generic-hwe-24.04"),
        (_not_in_initramfs, "firmware", "firmware-missing", "sudo update-initramfs -u && sudo reboot"),
        (_refused_at_boot, "module", "off-at-boot", "sudo sed -i 's/ *i915.force_probe=!7d55//' /etc/default/grub "
         "&& sudo update-grub && sudo reboot"),
        (_blacklist_of_another_module, "module", "module-not-loaded", "sudo modprobe xe"),
        (_within_the_kernel, "module", "module-failed", "sudo dmesg | grep -iE 'i915|0000:00:02.0'"),
        (_without_context, "inference", "driver-context", "sudo dnf upgrade intel-compute-runtime"),
        (_taken_by_a_stub, "module", "wrong-module",
         f"echo {GPU} | sudo tee /sys/bus/pci/drivers/pci-stub/unbind && sudo modprobe i915"),
        (_npu_without_backend, "plugin", "no-device",
         "sudo apt install ./intel-fw-npu_*.deb ./intel-level-zero-npu_*.deb ./intel-driver-compiler-npu_*.deb"),
        (_driver_passed_over, "driver", "driver-passed-over", "unset OCL_ICD_VENDORS"),
        (_driver_for_another_system, "driver", "library-mismatch", "sudo apt install --reinstall intel-opencl-icd"),
        (_driver_without_device, "driver", "driver-without-device",
         "sudo apt install --only-upgrade intel-opencl-icd"),
    ],
)  # fmt: skip
def test_first_cause(
    tmp_path: Path, breakage: Callable[[FakeMachine], None], link: str, cause: str, command: str
) -> None:
    machine = FakeMachine(tmp_path)
    breakage(machine)
    (found,) = [chain.first_cause for chain in _look(machine).chains if chain.first_cause is not None]
    assert (found.link, found.cause, found.command) == (link, cause, command)


def test_podman_is_told_in_its_own_words(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.has_gpu()
    machine.write("/run/.containerenv", "")
    machine.remove(RENDER)
    machine.gpu_is_lost()
    (found,) = [chain.first_cause for chain in _look(machine).chains if chain.first_cause is not None]
    assert found.command == "podman run --device /dev/dri ..."


def test_the_kernels_words_stand_below_a_module_that_failed(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    _unbound_gpu(machine)
    machine.write("/sys/module/i915/refcnt", "0")
    machine.write("/dev/kmsg", "3,705,36,-;i915 0000:00:02.0: probe with driver i915 failed with error -5\n")
    gpu = _look(machine).chains[1]
    module = next(link for link in gpu.links if link.name == "module")
    assert module.quoted == "i915 0000:00:02.0: probe with driver i915 failed with error -5"


def test_a_gpu_that_windows_shares_is_not_denied(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.write("/proc/version", "Linux version 5.15.167.4-microsoft-standard-WSL2")
    machine.write("/dev/dxg", "")
    machine.write(f"{LIBRARIES}/libOpenCL.so.1", "")
    machine.has_opencl(*failed("platforms", "libOpenCL.so.1", NO_PLATFORM))
    report = _look(machine)
    text = "\n".join(line.text for line in report_lines(report))
    assert report.healthy
    assert "sudo apt install intel-opencl-icd" in text
    assert "GPU         none on this machine" not in text


def test_the_line_is_quoted_that_people_know() -> None:
    text = (
        "Exception from src/inference/src/cpp/core.cpp:109:\nException from src/inference/src/dev/plugin.cpp:54:\n"
        "Check 'm_context' failed: [GPU] Context was not initialized for 0 device\n"
    )
    assert telling_line(text) == "Check 'm_context' failed: [GPU] Context was not initialized for 0 device"
    assert telling_line("Exception from core.cpp:1:\nsomething else\n") == "something else"
    assert telling_line("Exception from core.cpp:1:\n") == "Exception from core.cpp:1:"
    assert telling_line("") == ""
    long = telling_line("x" * 5000 + " CL_OUT_OF_RESOURCES " + "y" * 5000)
    assert len(long) < 500
    assert "CL_OUT_OF_RESOURCES" in long
    assert len(telling_line("z" * 5000)) < 500
