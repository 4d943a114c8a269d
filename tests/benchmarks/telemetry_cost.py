"""What a reading of the machine, one a second, costs: `python tests/benchmarks/telemetry_cost.py`."""

from __future__ import annotations

import os
import time

from ovtui.host.machine.process_usage import ProcessUsageMeter
from ovtui.host.machine.sensors import Sensors

READINGS = 500


def main() -> None:
    sensors, processes = Sensors(), ProcessUsageMeter()
    began_s = time.thread_time()
    for _ in range(READINGS):
        processes.use([os.getppid()])
        processes.use([os.getpid()])
        processes.machine_percent()
        sensors.cpu_mhz()
        sensors.cpu_temperature_c()
        sensors.throttled_percent()
        sensors.gpu_mhz()
        sensors.npu_percent()
    print(f"{(time.thread_time() - began_s) / READINGS * 1e3:.2f} ms of CPU a reading")


if __name__ == "__main__":
    main()
