"""Runs the wheel's benchmark_app, each time in a child forked off this process, which has imported openvino once: 0.1 s
a run and not 0.6. It makes no Core itself, so nothing runs in it but Python.

stdin has one JSON object a line: `arguments`, `env` (what is added to the environment), `folder` (the current one of
the run), `stdout`, `stderr` (files). stdout answers each with its exit code, minus the number of a signal."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from typing import Any

LIMIT_S = 100
"""A run that takes longer is killed by SIGALRM."""


def run(asked: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    try:
        signal.alarm(LIMIT_S)
        os.environ.update(asked["env"])
        os.chdir(asked["folder"])
        for descriptor, path in ((1, asked["stdout"]), (2, asked["stderr"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["benchmark_app", *asked["arguments"]]
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception:  # of the report that it writes about an exception
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    from openvino.tools.benchmark.main import main

    for line in sys.stdin:
        print(run(json.loads(line)), flush=True)
