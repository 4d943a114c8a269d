"""What becomes of the inputs, in the JSON, the summary and the reports."""

from __future__ import annotations

import msgspec
from samples import compiled, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result, to_json
from ovtui.metrics.result.summary_text import WIDTH, summary_lines
from ovtui.records.descriptions import preparation_text
from ovtui.records.events import Compiled, InputPreparation

PICTURE = InputPreparation(
    input="image", data="picture", files=12, file="0.jpg", picture_size=(640, 480), picture_sizes=3,
    resized_to=[(224, 224)], color="bgr", remarks=["turned upright"], layout="NCHW", layout_from="guessed",
    tensor_type="u8", model_type="f32", mean=[123.7, 116.3, 103.5], scale=[58.4],
)  # fmt: skip
TEXT = (
    "image: 12 pictures 640x480 and 2 other sizes → 224x224 bgr (turned upright), NCHW (guessed), u8; in the model: to "
    "f32, minus 123.7 116.3 103.5, over 58.4"
)


def digest_of(*inputs: InputPreparation) -> Digest:
    digest = Digest()
    events = [msgspec.structs.replace(e, inputs=list(inputs)) if isinstance(e, Compiled) else e for e in started()]
    digest.feed(update(None, *events, now_s=3))
    return digest


def test_json_summary_and_report_tell_the_same() -> None:
    plain = InputPreparation(input="gain", tensor_type="f32", model_type="f32")
    digest = digest_of(PICTURE, plain)
    result = build_result(digest)
    told = msgspec.json.decode(to_json(result))["model"]["preparation"]
    assert msgspec.convert(told, list[InputPreparation]) == [PICTURE, plain]
    lines = summary_lines(result)
    at = next(number for number, line in enumerate(lines) if line.startswith("input "))
    assert " ".join(line.strip() for line in lines[at : at + 3]).removeprefix("input").strip() == TEXT
    assert lines[at + 3].startswith("device")
    assert max(map(len, lines)) <= WIDTH
    assert "gain:" not in "\n".join(lines)


def test_of_many_inputs_the_first_are_told() -> None:
    each = InputPreparation(input="x", tensor_type="u8", model_type="f32")
    lines = summary_lines(build_result(digest_of(*[each] * 50)))
    assert sum("x: random values, u8; in the model: to f32" in line for line in lines) == 3
    assert "             and 47 more such inputs" in lines


def test_recordings_without_it_are_read() -> None:
    old = msgspec.json.decode(msgspec.json.encode(compiled()))
    del old["inputs"]
    assert msgspec.convert(old, Compiled).inputs == []
    assert build_result(digest_of()).model.preparation == []


def test_the_report_has_a_row() -> None:
    report = build_report(build_result(digest_of(PICTURE)), {})
    assert dict(report.facts.rows)["input"] == TEXT


def test_one_other_size_is_one() -> None:
    two = msgspec.structs.replace(PICTURE, picture_sizes=2)
    assert " 640x480 and 1 other size → " in preparation_text(two)
