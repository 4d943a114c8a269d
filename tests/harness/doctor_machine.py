"""Folders that stand for machines: with an Intel GPU or NPU whose every link is well, until a test breaks one; and what
the doctor's children would answer there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from ovtui.host.asked_processes import Answer, Ending
from ovtui.host.doctor.probed import Probed
from ovtui.records.doctor_probe import Step

RELEASE = "6.8.0-50-generic"
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
GPU, NPU = "0000:00:02.0", "0000:00:0b.0"
RENDER, ACCEL = "/dev/dri/renderD128", "/dev/accel/accel0"
ICD = "/etc/OpenCL/vendors/intel.icd"
INTEL_OPENCL = f"{LIBRARIES}/intel-opencl/libigdrcl.so"
NO_FILE = "cannot open shared object file: No such file or directory"
NO_GPU = (
    "[GPU] Can't get PERFORMANCE_HINT property as no supported devices found or an error happened during devices query."
)


class FakeMachine:
    """A machine of an ordinary user `ana` in group render. Its nodes are plain files of whoever runs the test, so
    that the user's ids are made from theirs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answers: dict[str, Answer] = {}
        self.environ: dict[str, str] = {}
        self.write("/proc/sys/kernel/osrelease", RELEASE)
        self.write("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 quiet splash")
        self.write("/proc/cpuinfo", "model name\t: A CPU\nflags\t\t: fpu sse4_2 avx2 avx_vnni\n")
        self.write("/proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 12000000 kB\n")
        self.write("/proc/version", "Linux version 6.8.0")
        self.write("/proc/self/cgroup", "0::/\n")
        self.write("/sys/devices/system/cpu/online", "0-3")
        self.write("/sys/fs/cgroup/cgroup.controllers", "cpu memory")
        self.write("/etc/os-release", 'ID=ubuntu\nVERSION_ID="24.04"\n')
        self.write("/etc/passwd", f"root:x:0:0::/root:/bin/sh\nana:x:{self.uid}:{self.uid}::/home/ana:/bin/sh\n")
        self.write("/etc/group", f"root:x:{self.other_gid}:\nrender:x:{self.gid}:ana\n")
        self.be_in_groups(self.gid)
        self.write("/usr/bin/apt-get", "")
        modules = ("drm/i915/i915", "drm/xe/xe", "accel/ivpu/intel_vpu")
        self.write(
            f"/lib/modules/{RELEASE}/modules.dep", "".join(f"kernel/drivers/{each}.ko.zst:\n" for each in modules)
        )
        self.know("i915", "8086", "56a0", "46a6", "7d55")
        self.know("xe", "8086", "e20b", "64a0")
        self.know("intel_vpu", "8086", "7d1d", "643e")
        self.write("/lib/firmware/i915/dg2_guc_70.bin.zst", "")
        self.write("/lib/firmware/intel/vpu/vpu_37xx_v0.0.bin", "")
        (root / "sys/bus/pci/devices").mkdir(parents=True)
        self.answer("CPU", *openvino_steps("CPU", [""], "A CPU"))
        self.answer("GPU", *openvino_steps("GPU", [], error=NO_GPU))
        self.answer("NPU", *openvino_steps("NPU", [], error="VCL compiler loading failed, aborting."))

    uid = 4711
    gid = os.getgid()
    other_gid = gid + 1

    def write(self, name: str, text: str) -> Path:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def remove(self, name: str) -> None:
        path = self.root / name.lstrip("/")
        path.unlink()

    def link(self, name: str, target: str) -> None:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    def know(self, module: str, vendor: str, *devices: str) -> None:
        """The kernel's module takes devices of these ids."""
        path = self.root / f"lib/modules/{RELEASE}/modules.alias"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            for each in devices:
                file.write(f"alias pci:v0000{vendor.upper()}d0000{each.upper()}sv*sd*bc*sc*i* {module}\n")

    def be_in_groups(self, *gids: int) -> None:
        groups = " ".join(map(str, gids))
        self.write(
            "/proc/self/status",
            f"Uid:\t{self.uid}\t{self.uid}\t{self.uid}\t{self.uid}\nGid:\t9\t9\t9\t9\nGroups:\t{groups}\n"
            "Cpus_allowed_list:\t0-3\n",
        )

    def pci(self, address: str, vendor: str, device: str, class_: str, driver: str = "", node: str = "") -> None:
        """`node`: '/dev/dri/renderD128'; it is made with mode 0660."""
        folder = f"/sys/bus/pci/devices/{address}"
        for name, value in (("vendor", vendor), ("device", device), ("class", class_)):
            self.write(f"{folder}/{name}", f"0x{value}\n")
        if driver:
            self.link(f"{folder}/driver", f"../../../bus/pci/drivers/{driver}")
            self.write(f"/sys/module/{driver}/refcnt", "1")
        if node:
            kind = "drm" if "dri" in node else "accel"
            self.write(f"{folder}/{kind}/{node.rpartition('/')[2]}/dev", "226:128")
            self.write(node, "").chmod(0o660)

    def has_gpu(self, device: str = "56a0") -> None:
        """An Intel GPU that works."""
        self.pci(GPU, "8086", device, "030000", "i915", RENDER)
        self.write(f"{LIBRARIES}/libOpenCL.so.1", "")
        self.write(ICD, f"{INTEL_OPENCL}\n")
        self.write(INTEL_OPENCL, "")
        self.answer("open", *step("open", RENDER))
        self.has_opencl(*step("platforms", "libOpenCL.so.1", "Intel(R) OpenCL Graphics: Intel(R) Arc(TM) A770"))
        self.answer(f"icd:{ICD}", *step("load", INTEL_OPENCL, INTEL_OPENCL))
        self.answer("GPU", *openvino_steps("GPU", ["0"], "Intel(R) Arc(TM) A770"))

    def has_opencl(self, *platforms: Step) -> None:
        """The loader is there, and this is what it says of drivers."""
        self.answer("opencl", *step("load", "libOpenCL.so.1", f"{LIBRARIES}/libOpenCL.so.1"), *platforms)

    def has_npu(self, device: str = "7d1d", loader: str = "1.20.6") -> None:
        """An Intel NPU that works."""
        self.pci(NPU, "8086", device, "120000", "intel_vpu", ACCEL)
        self.write(f"{LIBRARIES}/libze_loader.so.{loader}", "")
        self.link(f"{LIBRARIES}/libze_loader.so.1", f"libze_loader.so.{loader}")
        self.write(f"{LIBRARIES}/libze_intel_npu.so.1", "")
        self.answer("open", *step("open", ACCEL))
        self.answer("level-zero", *step("load", "libze_loader.so.1", f"{LIBRARIES}/libze_loader.so.1"),
                    *step("platforms", "libze_loader.so.1", "driver 1"))  # fmt: skip
        self.answer("NPU", *openvino_steps("NPU", ["3720"], "Intel(R) AI Boost"))

    def gpu_is_lost(self, text: str = NO_GPU) -> None:
        """OpenVINO lists no GPU and says this."""
        self.answer("GPU", *openvino_steps("GPU", [], error=text))

    def npu_is_lost(self, text: str) -> None:
        self.answer("NPU", *openvino_steps("NPU", [], error=text))

    def answer(self, name: str, *steps: Step, ending: Ending = "answered", signal_name: str = "") -> None:
        printed = b"".join(msgspec.json.encode(each) + b"\n" for each in steps)
        code = 0 if ending == "answered" else None
        self.answers[name] = Answer(ending, printed, code=code, signal_name=signal_name, limit_s=4.0, took_s=0.5)

    def ask(self, *_: object) -> dict[str, Probed]:
        """In place of the children."""
        return {name: Probed.of(answer) for name, answer in self.answers.items()}

    def write_scripts(self) -> None:
        """The same answers as programs, for the real command; of those that answered or crashed."""
        from ovtui.host.doctor.probes import SCRIPTS, script_name

        for name, answer in self.answers.items():
            lines = "".join(f"printf '%s\\n' {_quoted(line)}\n" for line in answer.stdout.decode().splitlines())
            end = {"signal": "kill -SEGV $$\n", "late": "exec sleep 600\n"}.get(answer.ending, "")
            path = self.write(f"{SCRIPTS}/{script_name(name)}", f"#!/bin/sh\n{lines}{end}")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def step(name: str, target: str, *values: str) -> list[Step]:
    """One that began and ended well."""
    begun = Step(name=name, target=target)  # type: ignore[arg-type]
    return [begun, Step(name=name, target=target, fine=True, values=list(values))]  # type: ignore[arg-type]


def failed(name: str, target: str, text: str, *values: str) -> list[Step]:
    begun = Step(name=name, target=target)  # type: ignore[arg-type]
    return [begun, Step(name=name, target=target, fine=False, text=text, values=list(values))]  # type: ignore[arg-type]


def openvino_steps(kind: str, ids: list[str], name: str = "", error: str = "", at: str = "compile") -> list[Step]:
    """What the child of a plugin prints; `error`: the text with which it fails, at the compile or the inference."""
    plugin = f"/venv/openvino/libs/libopenvino_intel_{kind.lower()}_plugin.so"
    steps = [*step("import", "openvino", "2026.4.1"), *step("plugin-file", plugin)[1:], *step("devices", kind, *ids)]
    if name:
        steps += step("name", kind, name)
    if error and at == "compile":
        return [*steps, *failed("compile", kind, error)]
    steps += step("compile", kind)
    return [*steps, *(failed("inference", kind, error) if error else step("inference", kind))]
