"""Kills engine, host or view at random moments and checks the account of all requests on every surface, processes and
sockets left behind, and the terminal. `python tests/long/kill_at_random.py --tries 300` takes about half an hour on two
cores; `--seed` repeats a run, `--only CPU` leaves the simulated GPU out. `--how cgroup` has the kernel kill for want of
memory in a control group, which takes root's rights to make."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness import gpu_sim, leftovers
from harness.account_tries import CGROUP, DEVICES, SIGNALS, Trial, some_try


def environment(folder: Path) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "OVTUI_ON_HANGUP": "stop"}
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        env[name] = str(folder / name.lower())
        Path(env[name]).mkdir(mode=0o700)
    return {**env, **gpu_sim.environment(folder), leftovers.MARK: uuid.uuid4().hex}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", nargs="*", default=list(DEVICES), help="the devices")
    parser.add_argument("--how", nargs="*", default=list(SIGNALS), choices=[*SIGNALS, CGROUP])
    parser.add_argument("--minutes", type=float, default=24 * 60, help="no try begins later")
    given = parser.parse_args()
    rng, counts, wrong = random.Random(given.seed), Counter[str](), 0
    print(f"seed {given.seed}")
    began_s = time.monotonic()
    for number in range(given.tries):
        if time.monotonic() - began_s > given.minutes * 60:
            given.tries = number
            break
        one = some_try(rng, tuple(given.only), tuple(given.how))
        with tempfile.TemporaryDirectory(prefix="ovtui-", ignore_cleanup_errors=True) as name:
            env = environment(Path(name))
            os.environ["XDG_RUNTIME_DIR"] = env["XDG_RUNTIME_DIR"]
            trial = Trial(one, env, Path(name))
            problems = trial.run()
        counts["oom_kill"] += trial.oom_killed
        counts[f"{one.victim or 'nobody'}, exit code {trial.code}"] += 1
        counts[f"{one.victim or 'nobody'} {one.how}".strip()] += 1
        counts[f"at {one.moment}"] += 1
        if problems:
            wrong += 1
            print(f"{number}: {one}\n    " + "\n    ".join(problems), flush=True)
    print(f"{given.tries} tries, {wrong} with something wrong")
    print("\n".join(f"{count:5} {what}" for what, count in sorted(counts.items())))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
