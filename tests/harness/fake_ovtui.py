"""An `ovtui` in sh for boxes of a fleet: begins, follows and stops sessions that are files, at next to no cost.

In the box's HOME: `.fake/log` has a line for each command; a session runs until `.fake/end` is there, its length is
over, or it is stopped."""

from __future__ import annotations

from pathlib import Path

from ovtui import __version__
from ovtui.records.doctor import DoctorReport, to_json
from ovtui.records.following import Block, Ended, Now, Waiting, to_line

_SCRIPT = r"""#!/bin/sh
F=$HOME/.fake
[ -d "$F" ] || mkdir -p "$F"
[ "$1" = follow ] || echo "$*" >>"$F/log"
now_ms() { echo $(($(date +%s%N) / 1000000)); }
session_of() {
  for each in "$F"/s-*; do
    if [ -f "$each/record" ] && [ "$(cat "$each/record")" = "$1" ]; then S=$each; return 0; fi
  done
  return 1
}
is_over() {
  [ -e "$1/stopped" ] || [ -e "$F/end" ] && return 0
  [ -n "@LENGTH_MS@" ] && [ $(($(now_ms) - $(cat "$1/began"))) -ge "0@LENGTH_MS@" ]
}
case $1 in
--version) echo "ovtui @VERSION@" ;;
doctor) cat <<'DOCTOR'
@DOCTOR@
DOCTOR
  ;;
run)
  [ ! -f "$F/refuse" ] || { cat "$F/refuse" >&2; exit 4; }
  while [ -f "$F/hold" ]; do sleep 0.1; done
  while [ $# -gt 1 ]; do [ "$1" = --record ] && R=$2; [ "$1" = --preset ] && P=$2; shift; done
  [ ! -e "$R" ] || { echo "ovtui: --record $R: that exists already" >&2; exit 2; }
  S="$F/s-$$"
  mkdir "$S" && cp "$P" "$S/preset.toml" && now_ms >"$S/began" && printf '%s' "$R" >"$S/record" || exit 1
  head -c @RECORDING_BYTES@ /dev/zero >"$R" || exit 1
  echo "fake$$"
  ;;
follow)
  n=0
  while ! session_of "$3"; do printf '%s\n' '@WAITING@'; sleep @EVERY@; done
  id=fake${S##*/s-}
  while ! is_over "$S"; do
    printf '@NOW@\n' "$id" $((n * 100)) $n
    n=$((n + 1))
    sleep @EVERY@
  done
  printf '@ENDED@\n' "$id"
  ;;
sessions)
  printf '['
  comma=
  for each in "$F"/s-*; do
    if [ -f "$each/record" ] && [ ! -e "$each/stopped" ]; then
      printf '%s{"session":"fake%s","record":"%s"}' "$comma" "${each##*/s-}" "$(cat "$each/record")"
      comma=,
    fi
  done
  printf ']\n'
  ;;
stop)
  for last in "$@"; do :; done
  [ -d "$F/s-${last#fake}" ] || { echo "ovtui: there is no session $last; none is running" >&2; exit 1; }
  : >"$F/s-${last#fake}/stopped"
  ;;
*) echo "ovtui: no such command '$1'" >&2; exit 2 ;;
esac
"""


def write_fake_ovtui(
    path: Path, *, length_s: float | None = None, every_s: float = 0.1, kind: str = "fake box",
    recording_bytes: int = 1000, version: str = __version__,
) -> Path:  # fmt: skip
    """`length_s`: of a session; None: until `.fake/end` is there."""
    doctor = to_json(
        DoctorReport(
            schema=1,
            ovtui=version,
            openvino="2026.4",
            healthy=True,
            took_s=0.1,
            chains=[],
            machine=[],
            kind=kind,
            facts={"cpu": kind, "ovtui": version},
        )
    )
    ms = "" if length_s is None else str(round(length_s * 1000))
    text = (
        _SCRIPT.replace("@VERSION@", version).replace("@DOCTOR@", doctor.decode()).replace("@LENGTH_MS@", ms)
        .replace("@EVERY@", f"{every_s:g}").replace("@RECORDING_BYTES@", str(recording_bytes))
        .replace("@WAITING@", _line(Waiting(waited_s=0.0))).replace("@NOW@", _now()).replace("@ENDED@", _ended())
    )  # fmt: skip
    path.write_text(text)
    path.chmod(0o755)
    return path


def _line(line: Waiting | Now | Ended) -> str:
    return to_line(line).decode().strip().replace("%", "%%").replace("'", "")


def now_line() -> Now:
    return Now(
        session="@ID@", version=__version__, openvino="2026.4", t_s=1.0, phase="serving", model="demo-mlp",
        requested="CPU", device="CPU", hint="throughput", submitted=7, completed=7, errors=0, in_flight=4,
        throughput=812.0, p50_ms=1.2, p99_ms=2.3, handovers=0, handover_s=None, batch_share=0.0, temperature_c=50.0,
        throttled=[], missed=[], text="", recording="",
        blocks=[Block(number=424242, requests=1600, throughput=800.0, p50_ms=1.2, p99_ms=2.3)],
    )  # fmt: skip


def _now() -> str:
    text = _line(now_line()).replace("@ID@", "%s").replace('"completed":7', '"completed":%d')
    return text.replace('"number":424242', '"number":%d')


def _ended() -> str:
    result = {
        "throughput": 812.0, "duration_s": 1.0, "requests": {"submitted": 812, "completed": 812, "errors": 0},
        "latency_ms": {"response": {"p50": 1.2, "p99": 2.3}},
    }  # fmt: skip
    return _line(Ended(session="@ID@", code=0, text="", recording="", blocks=[], result=result)).replace("@ID@", "%s")


def commands_of(home: Path) -> list[str]:
    """What the fake of this box was asked, but for `follow`."""
    log = home / ".fake" / "log"
    return log.read_text().splitlines() if log.exists() else []


def sessions_begun(home: Path) -> int:
    return sum(line.startswith("run ") for line in commands_of(home))


def running(home: Path) -> list[str]:
    """Sessions that were not stopped."""
    found = (home / ".fake").glob("s-*")
    return [path.name for path in found if not (path / "stopped").exists()]
