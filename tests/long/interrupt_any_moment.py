"""Signals at random moments of the first seconds of every command: `interrupt_any_moment.py [TRIES] [SEED]`.

A try takes some 3 s. Prints what went wrong: a traceback, another exit code, a terminal that is not as before,
processes left behind. The moments count from when the program has handlers, which is 20 ms after its start: before
that, the interpreter itself answers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1])]

from harness import leftovers  # noqa: E402
from harness.program import Program, ovtui  # noqa: E402
from harness.signals import wait_for_handlers  # noqa: E402

LATEST_S = 3.0
LEFT_LIMIT_S = 20.0


def environment(folder: Path) -> dict[str, str]:
    folders = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    env = {name: str(folder / name) for name in folders}
    for path in env.values():
        Path(path).mkdir(mode=0o700)
    env |= {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "OVTUI_ON_HANGUP": "stop"}
    return env | {leftovers.MARK: uuid.uuid4().hex}


def commands(recording: str) -> list[list[str]]:
    return [
        ["-d", "CPU"],
        ["-d", "CPU"],
        ["run", "-d", "CPU", "--rate", "100", "-t", "20"],
        ["run", "-d", "CPU", "--rate", "100", "--detach"],
        ["attach"],
        ["replay", recording],
        ["replay", recording, "--json", "-"],
        ["export", recording, "--to", "csv"],
        ["config", "template"],
        ["inspect", "demo-mlp"],
        ["sessions"],
        ["--help"],
    ]


def one_try(random_: random.Random, command: list[str], env: dict[str, str]) -> list[str]:
    """What went wrong."""
    number = random_.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    delay_s = random_.choice([0.0, random_.uniform(0, 0.3), random_.uniform(0, LATEST_S)])
    wrong = []
    with Program(ovtui(*command), env) as program:
        wait_for_handlers(program.process.pid)
        time.sleep(delay_s)
        if program.process.poll() is None:
            if number == signal.SIGINT:
                os.killpg(program.process.pid, number)
            else:
                program.send_signal(number)
        code = program.wait(30)
        # What ends by itself may have done so; attach finds no session once the one there has ended.
        if code != 130 and not (
            (code == 0 and command[0] not in ("-d", "attach")) or (code == 1 and command == ["attach"])
        ):
            wrong.append(f"exit code {code}")
        if "Traceback" in program.text or "Error" in program.text or "crashed" in program.text:
            wrong.append(program.text[-1000:])
        wrong += program.terminal.unrestored()
    return [f"{' '.join(command)}, {number.name} after {delay_s * 1000:.0f} ms: {each}" for each in wrong]


def left(env: dict[str, str]) -> list[str]:
    alive = leftovers.wait_for_end(leftovers.marked(env[leftovers.MARK]), LEFT_LIMIT_S)
    names = [" ".join(process.cmdline()) for process in alive if process.is_running()]
    for process in alive:
        process.kill()
    return [f"left behind: {name}" for name in names]


def main(tries: int, seed: int) -> int:
    random_ = random.Random(seed)
    wrong: list[str] = []
    done: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        recording = str(Path(folder) / "r.ovtui")
        first = environment(Path(folder))
        subprocess.run(ovtui("run", "-d", "CPU", "-t", "2", "--record", recording), env=first, capture_output=True)
        for number in range(tries):
            command = random_.choice(commands(recording))
            with tempfile.TemporaryDirectory() as own:
                env = environment(Path(own))
                session = ""
                if command == ["attach"]:
                    started = subprocess.run(
                        ovtui("run", "-d", "CPU", "--rate", "50", "--detach"), env=env, capture_output=True, text=True
                    )
                    session = started.stdout.strip()
                found = one_try(random_, command, env)
                if session or command[-1] == "--detach":
                    subprocess.run(ovtui("stop"), env=env, capture_output=True)
                found += left(env)
            done[" ".join(command[:2])] += 1
            wrong += found
            for each in found:
                print(f"try {number}: {each}", flush=True)
    print(f"{tries} tries with seed {seed}, {len(wrong)} went wrong: {dict(done)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
