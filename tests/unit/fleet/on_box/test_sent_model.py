"""A model sent to a box: which files, once, checked; and the settings as the preset that it gets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from harness.local_line import LocalBox, LocalLine
from harness.onnx_bytes import onnx_bytes

from ovtui.engine.errors import SetupError
from ovtui.engine.model.model_parts_child import parts_of_model
from ovtui.fleet.box import BoxError, FleetError
from ovtui.fleet.on_box.looking import OnBox
from ovtui.fleet.on_box.paths_there import paths_there, why_not_there
from ovtui.fleet.on_box.preset import preset_text
from ovtui.fleet.on_box.sent_model import ModelChanged, ModelUnusable, SentModel, read_model, send_model
from ovtui.settings.files import presets
from ovtui.settings.schema.settings import Settings, fields

IR = '<?xml version="1.0"?><net name="n" version="11"><layers></layers></net>'


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "my model's"
    folder.mkdir()
    (folder / "net.xml").write_text(IR)
    (folder / "net.bin").write_bytes(bytes(5000))
    (folder / "other.bin").write_bytes(b"x")
    return folder / "net.xml"


class _Box:
    def __init__(self, folder: Path, *, free_kb: int = 1 << 20) -> None:
        self.there = LocalBox(folder, "b")
        self.on_box = OnBox("/state", f"{self.there.home}/models", "ovtui", "1", free_kb)
        self.sent: list[str] = []

    def send(self, model: SentModel) -> str:
        async def run() -> str:
            line = await self.there.open(self.there.box)
            send = line.send

            async def counted(local: Path, remote: str, **more: object) -> None:
                self.sent.append(local.name)
                await send(local, remote)

            line.send = counted  # type: ignore[method-assign]
            return await send_model(line, self.there.box, self.on_box, model, sent_for="r1")

        return asyncio.run(run())


def test_a_model_goes_with_its_weights_and_only_once(model: Path, tmp_path: Path) -> None:
    read = read_model(str(model))
    assert read is not None
    assert [file.name for file in read.files] == ["net.xml", "net.bin"]
    box = _Box(tmp_path)
    path = Path(box.send(read))
    assert path.read_text() == IR
    assert path.with_suffix(".bin").stat().st_size == 5000
    assert path.parent.name == read.key
    assert path.parent.stat().st_mode & 0o077 == 0
    assert box.send(read) == str(path)
    assert box.sent == ["net.xml", "net.bin"]


def test_a_model_of_other_weights_has_another_folder(model: Path) -> None:
    first = read_model(str(model))
    model.with_suffix(".bin").write_bytes(bytes(4999) + b"1")
    second = read_model(str(model))
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_a_file_that_is_there_with_other_bytes_is_sent_again(model: Path, tmp_path: Path) -> None:
    read = read_model(str(model))
    assert read is not None
    box = _Box(tmp_path)
    weights = Path(box.send(read)).with_suffix(".bin")
    weights.write_bytes(bytes(4000))
    box.sent.clear()
    box.send(read)
    assert box.sent == ["net.bin"]
    assert weights.stat().st_size == 5000


def test_what_arrives_with_other_bytes_twice_is_told(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: LocalLine, local: Path, remote: str, **more: object) -> None:
        Path(remote).write_bytes(b"?")

    read = read_model(str(model))
    assert read is not None
    monkeypatch.setattr(LocalLine, "send", broken)
    with pytest.raises(BoxError, match="other bytes, twice"):
        _Box(tmp_path).send(read)


def test_a_box_without_room_gets_nothing(model: Path, tmp_path: Path) -> None:
    read = read_model(str(model))
    assert read is not None
    box = _Box(tmp_path, free_kb=2)
    with pytest.raises(BoxError, match="its disk is full: the model needs") as caught:
        box.send(read)
    assert caught.value.kind == "full-disk"
    assert box.sent == []


def test_a_model_that_changes_meanwhile_is_told(model: Path, tmp_path: Path) -> None:
    read = read_model(str(model))
    assert read is not None
    model.with_suffix(".bin").write_bytes(b"1")
    with pytest.raises(ModelChanged, match=r"net\.bin: has changed"):
        _Box(tmp_path).send(read)


def test_a_folder_that_is_a_model_goes_whole(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    (folder / "variables" / "variables.index").write_bytes(b"i")
    parts = parts_of_model(str(folder))
    assert (parts.main, set(parts.files)) == (".", {"saved_model.pb", "variables/variables.index"})
    read = read_model(str(folder))
    assert read is not None
    path = Path(_Box(tmp_path).send(read))
    assert (path / "variables" / "variables.index").read_bytes() == b"i"
    assert path.name == "saved"


def test_the_weights_beside_an_onnx_file_go_along_and_none_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(onnx_bytes("m.onnx.data"))
    (tmp_path / "m.onnx.data").write_bytes(bytes(1000))
    assert parts_of_model(str(path)).files == ("m.onnx", "m.onnx.data")
    (tmp_path / "below").mkdir()
    path = tmp_path / "below" / "m.onnx"
    path.write_bytes(onnx_bytes("../m.onnx.data"))
    with pytest.raises(SetupError, match="outside of its folder"):
        parts_of_model(str(path))


def test_built_in_models_have_no_files_and_what_is_none_is_told(tmp_path: Path) -> None:
    assert read_model("demo-mlp") is None
    with pytest.raises(ModelUnusable, match="no such model file"):
        read_model(str(tmp_path / "none.xml"))


def test_the_preset_names_every_setting_and_is_read_as_what_it_was(tmp_path: Path) -> None:
    settings = Settings(
        model="demo-mlp", shape="[1,3,'x\"]", batch_timeout_ms=None, properties={"PERF_COUNT": "YES", "A.B": "c\\d"},
        slo="p99<20ms", rate=12.5, requests=20, cache_dir="/a b", device="CPU",
    )  # fmt: skip
    path = tmp_path / "preset.toml"
    path.write_text(preset_text(settings))
    read = presets.load(path)
    assert set(fields()) - set(read.settings) <= {"properties"}
    assert read.applied_to(Settings(nireq=7, batch_timeout_ms=5, cache_dir="/c")) == settings
    path.write_text(preset_text(settings, "/models/x.xml"))
    assert presets.load(path).settings["model"] == "/models/x.xml"


def test_a_setting_that_no_toml_holds_is_told() -> None:
    with pytest.raises(FleetError, match="bytes that are no text"):
        preset_text(Settings(input="/\udcff"))


def test_paths_of_a_box_are_absolute_or_below_its_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    settings = Settings(
        input='image:/data/a.npy,"a:0":/data/b.npy', cache_dir="/home/me/cache", arrival="trace:/t.csv",
        extensions="openvino-tokenizers,/lib/x.so", model="/m.xml", rate=1.0,
    )  # fmt: skip
    assert paths_there(settings, model_there=True) == {
        "MODEL": ["/m.xml"], "--input": ["/data/a.npy", "/data/b.npy"], "--cache-dir": ["~/cache"],
        "--extensions": ["/lib/x.so"], "--arrival": ["/t.csv"],
    }  # fmt: skip
    assert why_not_there(paths_there(settings, model_there=True)) == ""
    for more in ({"input": "a.npy"}, {"cache_dir": "c"}, {"extensions": "./x.so"}):
        assert "write it from / or ~/ on" in why_not_there(paths_there(Settings(**more), model_there=False))
    assert 'cache_dir = "~/cache"' in preset_text(settings)
