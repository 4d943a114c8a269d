"""Paths and names whose bytes are no UTF-8: they work and keep their bytes, in every place where one can be given, and
can be read wherever they are shown. Files of settings as editors of Windows write them."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, StartProgram
from harness.onnx_bytes import onnx_bytes
from harness.program import ovtui
from rig.nets import save

ODD = os.fsdecode(b"\xff\xe9 m")
SHOWN = r"\xff\xe9 m"
SECTION = "terminal and start"
WORKS = "works; shown as `\\xff\\xe9`, its bytes kept"
USAGE, UNUSABLE = 2, 4


@dataclass(frozen=True)
class Given(Fault):
    """`words` of a run: ODD stands for the odd folder or file, and `then` for what is in the folder afterwards."""

    words: tuple[str, ...] = ()
    then: str = ""
    words_of_refusal: str = ""


def works(case: str, *words: str, then: str = "") -> Given:
    return Given(case, WORKS, 0, SECTION, words, then)


def refused(case: str, outcome: str, code: int, words: tuple[str, ...], sentence: str) -> Given:
    return Given(case, outcome, code, SECTION, words, "", sentence)


RUNS = [
    works("a model in a folder whose name is no UTF-8", "ODD/m.xml"),
    works("a model whose own name is no UTF-8", "ODD/ODD.xml"),
    works("--input whose path is no UTF-8", "m.xml", "--input", "ODD/ODD.npy"),
    works("--input of a folder with such names", "m.xml", "--input", "ODD/arrays"),
    works("--cache-dir whose name is no UTF-8", "m.xml", "--cache-dir", "ODD/cache", then="cache/*.blob"),
    works("--set CACHE_DIR whose name is no UTF-8", "m.xml", "--set", "CACHE_DIR=ODD/set", then="set/*.blob"),
    works("--record and --json whose names are no UTF-8",
          "m.xml", "--record", "ODD/ODD.ovtui", "--json", "ODD/ODD.json", then="ODD.ovtui"),
    works("a trace whose path is no UTF-8", "m.xml", "--arrival", "trace:ODD/ODD.csv"),
    works("a preset whose path is no UTF-8", "m.xml", "--preset", "ODD/ODD.toml"),
    refused("--set with a value that is no UTF-8", "refused: a property is text", USAGE,
            ("m.xml", "--set", "MY_KEY=ODD"), "a property is text in UTF-8"),
    refused("a device that is no UTF-8", "refused, shown as `\\xff`", USAGE, ("m.xml", "-d", "ODD"), "names no device"),
    refused("--extensions whose folder is no UTF-8", "loaded, or refused by what the file is", USAGE,
            ("m.xml", "--extensions", "ODD/lib.so"), "--extensions"),
    refused("--extensions whose own name is no UTF-8", "refused: the library has to be renamed", USAGE,
            ("m.xml", "--extensions", "ODD/ODD.so"), "no library whose own name is not UTF-8; rename it"),
    refused("a model that is not there, its name no UTF-8", "no such model file", UNUSABLE,
            ("ODD/no.xml",), "no such model file"),
]  # fmt: skip
FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TMPDIR")
OTHERS = [
    Fault(f"{', '.join(FOLDERS)} and the current folder are no UTF-8", WORKS, 0, SECTION),
    Fault("presets, recordings, reports and exports in such folders, by command", WORKS, 0, SECTION),
    Fault("the dashboard over a model, a config file and presets in such folders", WORKS, 0, SECTION),
    Fault("`presets save` of a setting that is no UTF-8", "refused: a file of settings is UTF-8", USAGE, SECTION),
    Fault("a TOML file with a byte order mark, with CRLF", "read", 0, SECTION),
    Fault("a TOML file in UTF-16, with and without its mark, or UTF-32", "one sentence: save it as UTF-8", 2, SECTION),
    Fault("a model that has a name which is no UTF-8", "one sentence: export it with another name", UNUSABLE, SECTION),
    Fault(
        "`--prometheus` at a host whose name is no UTF-8",
        "one sentence: no host has such a name; the load runs",
        0,
        SECTION,
    ),
    Fault("a TOML file in Latin-1", "one sentence with the line and the byte", USAGE, SECTION),
]
FAULTS = [*RUNS, *OTHERS]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a model, and in it one whose name is no UTF-8, with files of every kind."""
    place = tmp_path / "place"
    odd = place / ODD
    (odd / "arrays").mkdir(parents=True)
    parameter = ov.opset13.parameter([1, 8], np.float32, name="x")
    model = ov.Model([ov.opset13.matmul(parameter, np.ones((8, 8), np.float32), False, False)], [parameter], "m")
    save(model, place / "m.xml")
    for suffix in (".xml", ".bin"):
        for name in ("m", ODD):
            shutil.copy(place / f"m{suffix}", odd / f"{name}{suffix}")
    for array in (odd / f"{ODD}.npy", odd / "arrays" / f"1{ODD}.npy", odd / "arrays" / f"2{ODD}.npy"):
        np.save(array, np.ones((1, 8), np.float32))
    (odd / f"{ODD}.csv").write_text("0\n0.001\n0.002\n")
    (odd / f"{ODD}.toml").write_text('[settings]\nhint = "latency"\n')
    for name in ("lib", ODD):
        (odd / f"{name}.so").write_text("no library")
    yield place
    shutil.rmtree(os.fsencode(tmp_path), ignore_errors=True)  # pytest cannot name what is in there


@pytest.mark.parametrize("given", RUNS, ids=id_of)
def test_a_path_is_its_bytes(headless: Headless, program_env: dict[str, str], folder: Path, given: Given) -> None:
    words = [word.replace("ODD", ODD) for word in given.words]
    done = subprocess.run(
        ovtui("run", "-n", "3", *([] if "-d" in words else ["-d", "CPU"]), *words), cwd=folder, env=program_env,
        capture_output=True, check=False, timeout=180,
    )  # fmt: skip
    told = done.stderr.decode()  # UTF-8, whatever the name is
    assert done.returncode == given.code, told
    assert "Traceback" not in told
    assert given.words_of_refusal in told
    if given.code:
        assert r"\xff\xe9" in told or r"\udcff\udce9" in told
    if given.then:
        assert list((folder / ODD).glob(given.then.replace("ODD", ODD)))


def test_every_folder_may_be_odd(program_env: dict[str, str], no_leftovers: None, folder: Path) -> None:
    env = {**program_env, "OVTUI_DEVICE": "CPU"}
    for name in FOLDERS:
        env[name] = str(folder / ODD / name)
        (folder / ODD / name).mkdir(mode=0o700)
    for suffix in (".xml", ".bin"):
        shutil.copy(folder / f"m{suffix}", Path(env["HOME"]))

    def call(*words: str, code: int = 0) -> tuple[bytes, str]:
        done = subprocess.run(ovtui(*words), cwd=folder / ODD, env=env, capture_output=True, check=False, timeout=180)
        told = done.stderr.decode()
        assert done.returncode == code, told
        assert "Traceback" not in told
        return done.stdout, told

    assert os.fsencode(env["XDG_CONFIG_HOME"]) in call("config", "path")[0]
    config = Path(env["XDG_CONFIG_HOME"]) / "ovtui" / "config.toml"
    config.parent.mkdir()
    config.write_text("[settings]\nseed = 3\n")
    assert f"{SHOWN}/XDG_CONFIG_HOME/ovtui/config.toml is fine" in call("config", "check")[1]
    assert SHOWN in call("presets", "save", "mine", "./m.xml")[1]
    assert b"mine" in call("presets")[0]
    refusal = call("presets", "save", "odd", "--cache-dir", str(folder / ODD), code=USAGE)[1]
    assert "a file of settings is UTF-8" in refusal
    assert SHOWN in refusal
    call("run", "~/m.xml", "-n", "3", "--preset", "mine", "--json", f"{ODD}.json")
    result = json.loads(Path(folder / ODD / f"{ODD}.json").read_text(encoding="utf-8"))
    assert result["settings"]["seed"] == 3
    assert b"3 completed" in call("replay")[0]
    kept = next((Path(env["XDG_STATE_HOME"]) / "ovtui" / "sessions").glob("*.ovtui"))
    recording = kept.rename(folder / ODD / f"r{ODD}.ovtui")
    markdown = call("report", str(recording), "-o", f"{ODD}.report")[0].split(b"\n")[0]
    assert markdown == os.fsencode(f"{ODD}.report.md")
    assert SHOWN.replace("\\", "\\\\") in Path(folder / ODD / f"{ODD}.report.md").read_text(encoding="utf-8")
    assert (call("export", "--to", "csv", str(recording))[0].count(b"\n")) == 4
    call("export", "--to", "trace", str(recording), "-o", f"{ODD}.trace")
    assert (folder / ODD / f"{ODD}.trace").exists()
    name = call("run", "--detach", f"./{ODD}.xml")[0].decode().strip()
    assert f"{SHOWN}.xml".encode() in call("sessions")[0]
    assert json.loads(call("sessions", "--json")[0])[0]["model"] == f"./{SHOWN}.xml"
    assert f"session {name} has ended" in call("stop", name)[1]
    assert rf"ovtui run $'{ODD}.xml'".replace(ODD, r"\xff\xe9 m").encode() in call("inspect", f"{ODD}.xml")[0]


def test_the_dashboard_in_odd_folders(start: StartProgram, program_env: dict[str, str], folder: Path) -> None:
    env = {**program_env, "XDG_CONFIG_HOME": str(folder / ODD), "OVTUI_INPUT": str(folder / ODD / f"{ODD}.npy")}
    presets = folder / ODD / "ovtui" / "presets"
    presets.mkdir(parents=True)
    (presets / f"{ODD}.toml").write_text('title = "odd"\n')
    program = start(str(folder / ODD / f"{ODD}.xml"), "-d", "CPU", "--rate", "20", env=env)
    program.wait_for(rf"{SHOWN}.xml")
    program.wait_for("REQUESTS")
    program.keys("p")
    program.wait_for(rf"{SHOWN} ")
    program.keys("escape")
    program.wait_for(lambda screen: "─ Presets" not in screen)
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()
    assert rf"{SHOWN}.xml" in program.text


@pytest.mark.parametrize("command", [("run", "-n", "3", "-d", "CPU"), ("inspect",)], ids=["run", "inspect"])
def test_a_name_in_a_model_is_no_text(headless: Headless, tmp_path: Path, command: tuple[str, ...]) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(onnx_bytes(x="NAME").replace(b"NAME", b"\xff\xe9ME"))
    done = headless(*command, str(model))
    assert done.returncode == UNUSABLE, done.stderr
    assert "is not UTF-8" in done.stderr
    assert done.stderr.count("\n") == 1


TOML = "[settings]\nseed = 7\n"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (codecs.BOM_UTF8 + TOML.encode(), ""),
        (codecs.BOM_UTF8 + TOML.replace("\n", "\r\n").encode(), ""),
        (TOML.encode("utf-16"), "it is UTF-16, which Notepad of Windows calls Unicode; save it as UTF-8"),
        (TOML.encode("utf-16-le"), "it is UTF-16, which Notepad of Windows calls Unicode; save it as UTF-8"),
        (TOML.encode("utf-16-be"), "it is UTF-16, which Notepad of Windows calls Unicode; save it as UTF-8"),
        (TOML.encode("utf-32"), "it is UTF-32, which Notepad of Windows calls Unicode; save it as UTF-8"),
        (f"{TOML}# caf\u00e9\n".encode("latin-1"), "not UTF-8 in line 3 (byte 0xe9); save it as UTF-8"),
    ],
    ids=["utf-8-bom", "bom-and-crlf", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["config", "preset"])
def test_a_file_of_windows(
    headless: Headless, program_env: dict[str, str], data: bytes, sentence: str, kind: str
) -> None:
    base = Path(program_env["XDG_CONFIG_HOME"]) / "ovtui"
    path = base / "config.toml" if kind == "config" else base / "presets" / "mine.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    done = headless("config", "show", *(["--preset", "mine"] if kind == "preset" else []))
    if not sentence:
        assert done.returncode == 0
        assert "seed = 7" in done.stdout
        saved = headless("presets", "save", "more", *(["--preset", "mine"] if kind == "preset" else []))
        assert saved.returncode == 0
        assert "seed = 7" in (base / "presets" / "more.toml").read_text(encoding="utf-8")
        return
    assert done.returncode == USAGE
    assert done.stderr.count("\n") == 1
    assert f"{path}: not a TOML file: {sentence}" in done.stderr


def test_metrics_at_a_host_that_is_no_utf8(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "-n", "3", "--prometheus", "\udcff:9464")
    assert done.returncode == 0
    assert "no metrics: \\xff:9464: no host has such a name" in done.stderr
