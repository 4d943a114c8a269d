"""Self-test of the simulated GPU: `. .gpu-sim/env.sh`, then run this with a Python that has openvino.

One line per check, exit status 0 when all passed. Takes seconds; stopped after 85 s at most."""

from __future__ import annotations

import faulthandler
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
from nets import CHANNELS, SIDE, add_probe, batch_sizes, pointwise_net

STAND_IN, GPU, FALL_BACK = ["(CPU)"], ["GPU.0"], ["CPU"]
Answer = tuple[bool, str]


class Rig:
    """The checks, and what they share: a core, an input, the CPU's result, the folder that steers it all."""

    def __init__(self, scratch: Path) -> None:
        self.control, self.launches = scratch / "control", scratch / "launches"
        self.control.mkdir()
        for knob in [name for name in os.environ if name.startswith("CLGPU_")]:
            del os.environ[knob]
        os.environ.update(CLGPU_CTL=str(self.control), CLGPU_COUNT=str(self.launches), CLGPU_BUILD_MS="500")
        self.core = ov.Core()
        self.image = np.random.default_rng(1).random((1, 3, SIDE, SIDE)).astype(np.float32)
        # Dropping a model at the wrong moment disturbs the next one or hangs; README.md says why.
        self.kept: list[object] = []
        f32 = self.core.compile_model(pointwise_net(), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self.reference = f32({0: self.image})[0].copy()

    def difference(self, result: np.ndarray) -> float:
        """Largest difference from the CPU plugin's f32 result, whose values are around 1."""
        return float(np.abs(result - self.reference).max())

    def run_auto(self, until: list[str], on_gpu: str = "") -> tuple[list[list[str]], str, float]:
        """Infers on a fresh AUTO:GPU,CPU until EXECUTION_DEVICES is `until`, for 8 s at most; makes the
        control file `on_gpu` once the GPU serves. Returns the device lists seen, the same in words, and the
        last result's difference."""
        began = time.perf_counter()
        compiled = self.core.compile_model(pointwise_net(), "AUTO:GPU,CPU", {"PERFORMANCE_HINT": "LATENCY"})
        request = compiled.create_infer_request()
        self.kept.append((compiled, request))
        seen: list[list[str]] = []
        words: list[str] = []
        while time.perf_counter() - began < 8 and seen[-1:] != [until]:
            request.infer({0: self.image})
            devices = compiled.get_property("EXECUTION_DEVICES")
            if seen[-1:] != [devices]:
                seen.append(devices)
                words.append(f"{devices} at {time.perf_counter() - began:.2f} s")
                if devices == GPU and on_gpu:
                    (self.control / on_gpu).touch()
        request.infer({0: self.image})
        return seen, " -> ".join(words), self.difference(request.get_output_tensor(0).data)

    def listed(self) -> Answer:
        devices = self.core.available_devices
        gpus = [device for device in devices if device.startswith("GPU")]
        name = self.core.get_property(gpus[0], "FULL_DEVICE_NAME") if gpus else "-"
        return len(gpus) == 1 and "Simulated" in name, f"{devices}, {name}"

    def results(self) -> Answer:
        compiled = self.core.compile_model(pointwise_net(), "GPU", {"PERFORMANCE_HINT": "LATENCY"})
        self.kept.append(compiled)
        off = self.difference(compiled({0: self.image})[0])
        launches = len(self.launches.read_text().splitlines())
        words = f"{launches} kernel launches, largest difference from CPU f32 {off:.1e}"
        return off < 1e-4 and launches > 0, words

    def handover(self) -> Answer:
        seen, words, off = self.run_auto(until=GPU)
        return seen == [STAND_IN, GPU] and off < 1e-4, f"{words}, then largest difference {off:.1e}"

    def batching(self) -> Answer:
        config: dict[str, object] = {"AUTO_BATCH_TIMEOUT": 200, "PERFORMANCE_HINT_NUM_REQUESTS": 8}
        config["PERFORMANCE_HINT"] = "THROUGHPUT"
        compiled = self.core.compile_model(add_probe(pointwise_net()), "GPU", config)
        self.kept.append(compiled)
        self.launches.write_text("")
        probed = batch_sizes(compiled, 8, 19)  # two full batches, three requests left over
        # By the global size of the convolutions, of which a request has two.
        launched: Counter[int] = Counter()
        for line in self.launches.read_text().splitlines():
            name, x, y, z = line.split()
            if name.startswith("convolution"):
                size = int(x) * int(y) * int(z) // (SIDE * SIDE * CHANNELS)
                launched[size] += size
        counted = {size: requests // 2 for size, requests in launched.items()}
        ok = dict(probed) == {8: 16, 1: 3} == counted
        return ok, f"requests by batch size: the probe says {dict(probed)}, the launches say {counted}"

    def fail_build(self) -> Answer:
        (self.control / "fail_build").touch()
        seen, words, off = self.run_auto(until=FALL_BACK)
        return seen == [STAND_IN, FALL_BACK] and off < 0.1, f"{words}, requests went on"

    def fail_run(self) -> Answer:
        seen, words, off = self.run_auto(until=FALL_BACK, on_gpu="fail_run")
        return seen == [STAND_IN, GPU, FALL_BACK] and off < 0.1, f"{words}, requests went on"

    def check(self, name: str, function: Callable[[], Answer], tries: int = 1) -> bool:
        """`tries` is for what hangs on timing: a busy machine may stall longer than the 0.5 s of a build."""
        began = time.perf_counter()
        for left in reversed(range(tries)):
            try:
                ok, words = function()
            except RuntimeError as error:  # OpenVINO's errors: a check that failed, not the end of the others
                ok, words = False, str(error).strip().splitlines()[-1][:200]
            for steering in self.control.iterdir():
                steering.unlink()
            if ok or not left:
                break
            print(f"again {name}: {words}", flush=True)
        took = time.perf_counter() - began
        print(f"{'ok  ' if ok else 'FAIL'}  {name}: {words}  [{took:.1f} s]", flush=True)
        return ok


def main() -> int:
    faulthandler.dump_traceback_later(85, exit=True)  # a hang inside OpenVINO ends with status 1
    if not Path(os.environ.get("OPENCL_LAYERS", "")).is_file():
        print("FAIL  set-up: OPENCL_LAYERS names no file; source the env.sh that setup.sh wrote first")
        return 1
    with tempfile.TemporaryDirectory(prefix="gpu-sim-check-") as scratch:
        rig = Rig(Path(scratch))
        print(f"OpenVINO {ov.__version__}, CLGPU_BUILD_MS={os.environ['CLGPU_BUILD_MS']}")
        if not rig.check("GPU is listed", rig.listed):
            return 1
        passed = [
            rig.check("results on GPU", rig.results),
            rig.check("AUTO starts on CPU, hands over to GPU", rig.handover, tries=3),
            rig.check("implicit batching", rig.batching),
            rig.check("failing build leaves AUTO on CPU", rig.fail_build, tries=3),
            rig.check("failing launch makes AUTO fall back to CPU", rig.fail_run, tries=3),
        ]
        print("all passed" if all(passed) else f"{passed.count(False)} of {len(passed)} FAILED", flush=True)
        # Without the interpreter's own teardown: dropping compiled models at exit can hang, see README.md.
        os._exit(0 if all(passed) else 1)


if __name__ == "__main__":
    sys.exit(main())
