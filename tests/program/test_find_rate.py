"""`ovtui find-rate` as a script has it: killed with its host and its engine, resumed, its answer as JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from harness import leftovers
from harness.fixture_types import Headless
from harness.program import ovtui

OPTIONS = ("-d", "CPU", "--nireq", "1", "--slo", "p50<50ms", "--within", "100%")


def test_it_goes_on_where_it_was_killed(tmp_path: Path, program_env: dict[str, str], headless: Headless) -> None:
    first, second = tmp_path / "first.ovtui", tmp_path / "second.ovtui"
    command = ovtui("find-rate", "demo-matmul", *OPTIONS, "--record", str(first))
    process = subprocess.Popen(command, env=program_env, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    with process:
        assert process.stderr is not None
        begun = []
        for line in process.stderr:
            begun.append(line)
            if line.startswith("ovtui: probe 2, "):
                break
        for each in leftovers.marked(program_env[leftovers.MARK]):
            each.kill()
    assert begun[-1].startswith("ovtui: probe 2, "), begun

    done = headless("find-rate", "--resume", str(first), "--record", str(second), "--json", "-")
    assert done.returncode == 0, done.stderr
    assert f"probes of {first} count on" in done.stderr
    found = json.loads(done.stdout)
    points = found["points"]
    kept = [point for point in points if point["recording"] == str(first)]
    assert 1 <= len(kept) <= 2, "one probe is lost at most"
    assert [point["point"] for point in points] == list(range(1, len(points) + 1))
    assert all(point["recording"] == "" for point in points[len(kept) :])
    answer = found["answer"]
    assert found["ended"] == "done"
    assert found["spec"]["resumes"] == str(first)
    assert answer["probes"] == len(points)
    held = [float(point["values"]["rate"]) for point in points if point["outcome"] in ("held", "likely held")]
    assert answer["holds_per_s"] in held
    assert answer["fails_per_s"] is None or answer["fails_per_s"] > answer["holds_per_s"]


def test_without_a_limit_it_says_what_to_write(headless: Headless) -> None:
    for options, says in (
        ((), "write one on latency: --slo 'p99<20ms'"),
        (("--slo", "throughput>100/s"), "the rate is what is sought"),
        (("--slo", "p99<20ms", "--arrival", "ramp:5:5"), "has rates of its own"),
        (("--slo", "p99<20ms", "--within", "0"), "--within"),
        (("--slo", "p99<20ms", "-n", "9"), "--requests: how long the search lasts is said by --limit"),
    ):
        done = headless("find-rate", "demo-matmul", *options)
        assert done.returncode == 2
        assert says in done.stderr
        assert done.stderr.count("\n") == 1
