"""The real wheels pushed to a real sshd, used, removed: `python tests/long/fleet_push.py [--with sweep,prometheus]`.

Half a minute on an idle machine, and 90 MB the first time: fetches, sends, installs, pushes again, asks the doctor and
runs a model there out of what was pushed, removes. Prints how long each took."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.ssh_boxes import PROGRAMS, Boxes


def main() -> int:
    with tempfile.TemporaryDirectory() as name, Boxes(Path(name), ["bare"], ovtui=None) as boxes:
        cache = Path.home() / ".cache"
        environment = boxes.env | {"XDG_CACHE_HOME": str(cache)}

        def fleet(*words: str) -> None:
            began_s = time.monotonic()
            command = [str(PROGRAMS / "ovtui"), "fleet", *words, "--hosts", str(boxes.home / "hosts")]
            subprocess.run(command, env=environment, check=True)
            print(f"{words[0]}: {time.monotonic() - began_s:.1f} s", flush=True)

        boxes.hosts_file()
        fleet("push", "--link", *sys.argv[1:])
        fleet("push", "--link", *sys.argv[1:])
        fleet("doctor")
        program = boxes["bare"].home / ".local/bin/ovtui"
        done = boxes["bare"].run([str(program), "run", "demo-mlp", "-d", "CPU", "-n", "20"])
        print(done.stdout[-300:] or done.stderr)
        assert done.returncode == 0
        fleet("remove")
        left = sorted(str(path) for path in boxes["bare"].home.rglob("*ovtui*"))
        print("left:", left)
    return 0


if __name__ == "__main__":
    sys.exit(main())
