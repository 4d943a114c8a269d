"""A real Prometheus on 127.0.0.1 with a folder of its own, and promtool: .dev/prometheus fetches both."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_ROOT = Path(__file__).parents[2]
LIMIT_S = 45.0
"""How long Prometheus may take to start, and a question until its answer."""


def program(name: str) -> str:
    """The path of `prometheus` or `promtool`; empty where there is none."""
    own = _ROOT / ".cache" / "prometheus" / name
    return str(own) if own.exists() else shutil.which(name) or ""


WHY_NOT = "" if program("prometheus") and program("promtool") else "there is no Prometheus: .dev/prometheus fetches it"


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("promtool"), *words], capture_output=True, text=True, check=False, timeout=LIMIT_S)


class PrometheusServer:
    """Scrapes the targets of a file four times a second. Within `with`, it runs."""

    def __init__(self, folder: Path, targets: Path, rules: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        self._folder = folder
        config = {
            "global": {"scrape_interval": "250ms", "evaluation_interval": "250ms"},
            "rule_files": [str(rules)],
            "scrape_configs": [{"job_name": "ovtui", "file_sd_configs": [{"files": [str(targets)]}]}],
        }
        self.config = folder / "prometheus.yml"
        self.config.write_text(json.dumps(config))  # JSON is YAML
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program("prometheus"), f"--config.file={self.config}",
                    f"--storage.tsdb.path={self._folder / 'data'}", f"--web.listen-address=127.0.0.1:{self._port}",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            self.wait_for(self._is_ready, "Prometheus to be ready")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=LIMIT_S).close()
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    @property
    def log(self) -> str:
        return (self._folder / "prometheus.log").read_text(errors="replace")

    def ask(self, what: str, **words: str) -> Any:
        """`data` of an answer of /api/v1."""
        url = f"http://127.0.0.1:{self._port}/api/v1/{what}?{urllib.parse.urlencode(words)}"
        with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an expression at present."""
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def wait_for(self, condition: Any, what: str) -> None:
        end_s = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < end_s, f"no {what}; Prometheus says:\n{self.log[-3000:]}"
            time.sleep(0.05)
