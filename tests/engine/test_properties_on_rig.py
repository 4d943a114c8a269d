"""The GPU's properties, on the simulated GPU: what it lists and accepts, and what AUTO passes on to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from driven import driven
from harness.gpu_sim import STANDS_IN_MS
from rig.nets import pointwise_net, save

from ovtui.records.events import DeviceChanged, Note
from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.openvino_properties.property import PropertyKind
from ovtui.settings.openvino_properties.rows import property_rows

pytestmark = pytest.mark.rig

TAKE = """
import json, sys
import openvino as ov
from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.openvino_properties.property import PropertyKind
core = ov.Core()
tried, refused = 0, []
for name, access in core.get_property("GPU", "SUPPORTED_PROPERTIES").items():
    known = catalogue()[name]
    if access == "RO" or not known.settable or known.kind is PropertyKind.TEXT or known.open_ended:
        continue
    for value in known.offered or (f"{known.minimum:g}", *known.keywords):
        tried += 1
        try:
            core.set_property("GPU", {name: known.read(value)})
        except RuntimeError as error:
            refused.append(f"{name}={value}: {error}")
print(json.dumps({"tried": tried, "refused": refused}))
"""


@pytest.fixture
def rig(rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    env = rig_env(build_ms=STANDS_IN_MS)
    for name, value in env.items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)
    return env


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save(pointwise_net(1), tmp_path_factory.mktemp("net") / "pointwise.xml"))


def test_the_gpu_accepts_every_value_that_the_catalogue_offers(rig: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", TAKE], env=rig, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["refused"] == []
    assert result["tried"] > 40


def test_what_is_set_for_the_gpu_under_auto_is_in_force_after_the_handover(rig: dict[str, str], net: str) -> None:
    # Under the throughput hint the GPU batches, and then only the batching wrapper's properties can be read.
    wanted = {"GPU.GPU_QUEUE_PRIORITY": "high", "CPU.ENABLE_CPU_PINNING": "no", "GPU.ENABLE_HYPER_THREADING": "no"}
    with driven(model=net, device="AUTO:GPU,CPU", hint="latency", rate="100/s", properties=wanted) as run:
        run.wait_event(DeviceChanged)
        run.wait_for(
            lambda: "GPU.0" in run.session_state.engine.properties, "the properties of the GPU's compiled model"
        )
        compiled = run.session_state.engine.properties
        assert compiled["GPU.0"]["GPU_QUEUE_PRIORITY"] == "HIGH"
        assert compiled["AUTO:GPU,CPU"]["EXECUTION_DEVICES"] == "GPU.0"
        assert "CPU" not in compiled, "the stand-in no longer serves"
        ignored = [note.text for note in run.of(Note) if "ignores" in note.text]
        assert ignored == ["AUTO ignores GPU.ENABLE_HYPER_THREADING: GPU has no such property"]
        run.wait_for(lambda: "BATCH" in run.session_state.device_properties, "every device's properties")
        rows = {row.key: row for row in property_rows(run.session_state.device_properties, run.settings)}
        assert (rows["GPU.GPU_QUEUE_PRIORITY"].value, rows["GPU.GPU_QUEUE_PRIORITY"].current) == ("HIGH", "MEDIUM")
        assert rows["GPU.GPU_QUEUE_PRIORITY"].choices == ("LOW", "MEDIUM", "HIGH")
        memory = rows["GPU.GPU_DEVICE_TOTAL_MEM_SIZE"]
        assert (memory.kind, memory.unit, int(memory.current) > 0) == (PropertyKind.FACT, "bytes", True)
        assert all(row.name in catalogue() for row in rows.values())
