"""Kills views at random moments around the start of their host, and hosts' clients at random moments after it: no host,
engine or socket may be left after 5 s. 100 tries take some 4 minutes.

    python tests/long/host_orphans.py [TRIES]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from harness import leftovers  # noqa: E402
from harness.program import ovtui  # noqa: E402

LEFT_AFTER_S = 5.0
LATEST_S = 3.0
"""Of a kill, after the start of the view: the engine then serves on a quiet machine."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tries", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    left = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.tries):
            mark, delay_s = uuid.uuid4().hex, rng.uniform(0, LATEST_S)
            how = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
            env = {
                **os.environ, "XDG_RUNTIME_DIR": folder, "XDG_STATE_HOME": folder, leftovers.MARK: mark,
                "OVTUI_ON_HANGUP": "stop",
            }  # fmt: skip
            command = ovtui("run", "demo-matmul", "-d", "CPU", "-t", "60", "--rate", "100")
            with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as view:
                time.sleep(delay_s)
                view.send_signal(how)
                view.wait(30)
            alive = leftovers.wait_for_end(leftovers.marked(mark), LEFT_AFTER_S)
            sockets = list(Path(folder).glob("ovtui/*.sock"))
            if alive or sockets:
                left += 1
                print(f"try {number}: {how.name} after {delay_s:.3f} s left {alive} {sockets}")
            for process in alive:
                process.kill()
    print(f"{arguments.tries} views killed, {left} left something behind")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
