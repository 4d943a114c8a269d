"""Whether engine, host and view stay as they are over hours: `python tests/long/soak.py [--minutes 120]`.

A session at a low rate is worked with: views, sizes, live changes, views that attach and leave. After a tenth of the
time as warm-up, and 90 s at least, memory, descriptors and threads of each process are to stay flat
(tests/harness/soak.py says what that means). Takes as long as it says, and a third of a core."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from dataclasses import astuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.soak import Soak

WARM_UP_S = 90.0
"""At least, and at most half of the time: the first pass through all views, sizes and changes fills what has a fixed
size."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--result", type=Path, help="write what was found into this file, as JSON")
    given = parser.parse_args()
    minutes = given.minutes
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # by way of close()
    with tempfile.TemporaryDirectory() as folder:
        names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
        env = {**os.environ, **{name: str(Path(folder) / name) for name in names}, "TERM": "xterm-256color"}
        env["OVTUI_ON_HANGUP"] = "stop"  # the session ends with its view, also where this script is killed
        for name in names:
            Path(env[name]).mkdir(mode=0o700)
        soak = Soak(env)
        warm_up_s = max(minutes * 6, min(WARM_UP_S, minutes * 30))
        try:
            findings = soak.run(warm_up_s, minutes * 60 - warm_up_s, lambda text: print(text, flush=True))
            for series in soak.series.values():
                print(series.text)
        except AssertionError as error:  # the view did not do what was typed
            findings = [f"breaks off: {error}"]
        finally:
            soak.close()
    print(f"{soak.actions} actions in {minutes:g} min: " + ("; ".join(findings) or "flat"))
    if given.result is not None:
        samples = {name: [astuple(sample) for sample in series.samples] for name, series in soak.series.items()}
        text = json.dumps({"actions": soak.actions, "findings": findings, "samples": samples})
        given.result.with_suffix(".part").write_text(text)
        given.result.with_suffix(".part").rename(given.result)
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
