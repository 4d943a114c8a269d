"""`ovtui ab` itself, many times: A against A, and B with a known effect on the simulated GPU. Figures: docs/ab.md.

    python tests/benchmarks/ab_real.py aa --runs 40         # A against A in short runs of fixed blocks, on the CPU
    GLIBC_TUNABLES=glibc.malloc.hugetlb=0 python tests/benchmarks/ab_real.py aa --model demo-mlp   # in 4 KB pages
    python tests/benchmarks/ab_real.py p99 --runs 5         # B's every 50th inference is slower: p99 +25 %
    python tests/benchmarks/ab_real.py p50 --runs 5         # B's inferences take 5 % longer

The effects are made in the engine of B alone, by the knobs of the rig's layer (tests/rig/README.md), while the settings
of A and B are the same."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(1, str(Path(__file__).parents[1] / "rig"))

from harness import gpu_sim

FIGURES = ("throughput", "p50", "p90", "p99")
LAUNCHES = 2
"""Of one inference of nets.pointwise_net()."""
RUN_US = 2000
ON_CPU = ("-d", "CPU", "--hint", "latency", "--nireq", "1", "--nthreads", "1")


def ovtui(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ovtui", *arguments]


def engines_below(pid: int) -> list[int]:
    """The engines of a program's host, in the order of their start."""
    parents: dict[int, int] = {}
    engines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if b"ovtui.engine\0" in (entry / "cmdline").read_bytes():
                    engines.append(int(entry.name))
            except OSError:
                continue
    return sorted(each for each in engines if parents.get(parents.get(each, 0)) == pid)


def compare(arguments: tuple[str, ...], env: Mapping[str, str], knobs: Mapping[str, int]) -> dict[str, Any]:
    """The JSON of one comparison; with `knobs` the engine of B gets these, from its start on."""
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(ovtui(*arguments, "--json", "-"), env=env, stdout=subprocess.PIPE, stderr=said)
        control = Path(env["CLGPU_CTL"]) if knobs else None
        for name in ("slow_us", "slow_every", "slow_pid"):
            if control is not None:
                (control / name).unlink(missing_ok=True)
        while control is not None and program.poll() is None:
            found = engines_below(program.pid)
            if len(found) == 2:
                for name, value in {"slow_pid": found[1], **knobs}.items():
                    (control / name).write_text(str(value))
                break
            try:
                program.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        out, _ = program.communicate()
        said.seek(0)
        text = said.read().decode()
    if not out:
        raise RuntimeError(text)
    result: dict[str, Any] = json.loads(out)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("aa", "p99", "p50"))
    parser.add_argument("--model", default="demo-matmul", help="of aa")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--block", default="0.5s")
    parser.add_argument("--limit", default="180s")
    options = parser.parse_args()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        knobs: dict[str, int] = {}
        if options.what == "aa":
            arguments = (
                "ab",
                options.model,
                *ON_CPU,
                "--b",
                "",
                "--no-record",
                "--blocks",
                str(options.blocks),
                "--block",
                options.block,
            )
        else:
            import nets

            env |= gpu_sim.environment(Path(folder), run_us=RUN_US)
            model = nets.save(nets.pointwise_net(), Path(folder) / "net.xml")
            on_gpu = (str(model), "-d", "GPU", "--hint", "latency", "--nireq", "1", "--no-record")
            told = subprocess.run(
                ovtui("run", *on_gpu, "-t", "15", "--json", "-"), env=env, stdout=subprocess.PIPE, check=True
            )
            latency = json.loads(told.stdout)["latency_ms"]["response"]
            p50, p99 = latency["p50"], latency["p99"]
            print(f"alone: p50 {p50:.2f} ms, p99 {p99:.2f} ms", flush=True)
            if options.what == "p99":  # the slowed ones, 2 % of all, are the slowest: their middle is the new p99
                knobs = {"slow_us": int(1e3 * (1.25 * p99 - p50)), "slow_every": 50 * LAUNCHES}
            else:
                knobs = {"slow_us": int(1e3 * 0.05 * p50 / LAUNCHES), "slow_every": 1}
            print(f"knobs of B's engine: {knobs}", flush=True)
            arguments = ("ab", *on_gpu, "--b", "", "--limit", options.limit)
        for number in range(1, options.runs + 1):
            comparison = compare(arguments, env, knobs)["comparison"]
            ratios = comparison["ratios"]
            said = {name for name in FIGURES if ratios[name]["finding"] in ("faster", "slower")}
            found.update([*said, *(["any"] if said else [])])
            texts = []
            for name in FIGURES:
                ratio = ratios[name]
                low, high = (f"{100 * (ratio[end] - 1):+.1f}" if ratio[end] else "–" for end in ("low", "high"))
                texts.append(f"{name} {ratio['finding']} ({low} to {high} %)")
            pooled = [side["p99_ms"] for side in comparison["sides"].values()]
            change = f"{100 * (pooled[1] / pooled[0] - 1):+.0f} %" if all(pooled) else "–"
            lasted = f"{comparison['pairs']} pairs, {comparison['measured_s']:.0f} s"
            print(f"{number}: {'; '.join(texts)}; pooled p99 {change}; {lasted}", flush=True)
    told = {name: found[name] for name in (*FIGURES, "any")}
    print(f"{options.what}: of {options.runs} runs faster or slower: {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
