"""What the controller of 200 boxes costs: memory and CPU, while all of them run. By hand: `python
tests/benchmarks/fleet_200.py [BOXES] [SECONDS]`. The boxes are real sshds with a fake ovtui, a line a second each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.fake_ovtui import running, write_fake_ovtui
from harness.many_boxes import ManyBoxes
from harness.ssh_boxes import PROGRAMS

BEGIN_S = 240.0
MOST_RSS_MB, MOST_CORE_SHARE = 300, 0.05


def measure(count: int, seconds: float, *words: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "bin" / "ovtui"
        program.parent.mkdir()
        write_fake_ovtui(program, every_s=1.0)
        with ManyBoxes(Path(folder), count, 10, ovtui=program) as many:
            command = [
                str(PROGRAMS / "ovtui"), "fleet", "run", "--hosts", str(many.hosts_file), "demo-mlp", "-d", "CPU",
                "-n", "20", "--jobs", str(count), *words,
            ]  # fmt: skip
            began_s = time.monotonic()
            log = (Path(folder) / "stderr").open("w")
            with subprocess.Popen(command, env=many.boxes.env, stdout=subprocess.DEVNULL, stderr=log) as process:
                controller = psutil.Process(process.pid)
                while sum(bool(running(many.home(name))) for name in many.names) < count:
                    if process.poll() is not None or time.monotonic() - began_s > BEGIN_S:
                        process.terminate()
                        sys.exit((Path(folder) / "stderr").read_text()[-4000:])
                    time.sleep(0.5)
                begun_s = time.monotonic() - began_s
                start_cpu_s = sum(controller.cpu_times()[:2])
                time.sleep(5)
                before, at_s = sum(controller.cpu_times()[:2]), time.monotonic()
                time.sleep(seconds)
                share = (sum(controller.cpu_times()[:2]) - before) / (time.monotonic() - at_s)
                rss_mb = controller.memory_info().rss / 1e6
                for name in many.names:
                    (many.home(name) / ".fake" / "end").touch()
                code = process.wait()
            whole_s = time.monotonic() - began_s
    fine = rss_mb < MOST_RSS_MB and share < MOST_CORE_SHARE and code == 0
    print(
        f"{count} boxes: all begun after {begun_s:.1f} s ({start_cpu_s:.1f} s of CPU), then {share:.1%} of a core, "
        f"{rss_mb:.0f} MB, over after {whole_s:.1f} s, exit {code}: {'fine' if fine else 'beyond its budget'}"
    )
    return fine


if __name__ == "__main__":
    boxes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    sys.exit(not measure(boxes, float(sys.argv[2]) if len(sys.argv) > 2 else 30.0))
