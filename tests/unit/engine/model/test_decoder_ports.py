"""What a language model's inputs are filled with, by the names of optimum-intel's exports."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from harness.stateful_models import POSITIONS, VOCABULARY, accumulator, decoder
from openvino import opset13 as op

from ovtui.engine.errors import UsageError
from ovtui.engine.model.batch_probe import batching_possibility
from ovtui.engine.model.decoder_ports import NO_DECODER, decoder_ports, open_shapes_text
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.preprocessing import add_preprocessing
from ovtui.engine.model.read_model import variable_list
from ovtui.records.events import Variable
from ovtui.settings.changes import convert


def model_of(**shapes: tuple[list[int], Any]) -> ov.Model:
    """A model with these inputs, in this order."""
    parameters = [op.parameter(shape, dtype, name=name) for name, (shape, dtype) in shapes.items()]
    for parameter in parameters:
        parameter.output(0).set_names({parameter.friendly_name})
    return ov.Model([op.result(op.shape_of(parameter)) for parameter in parameters], parameters)


def filled(model: ov.Model, **settings: Any) -> list[dict[str, Any]]:
    """Each item by the name of its input."""
    items = inputs_for(convert(settings), model)._items
    return [{min(port.names): tensor.data for port, tensor in zip(model.inputs, item, strict=True)} for item in items]


def test_variables_and_tables_are_read_from_the_model() -> None:
    model = decoder()
    assert variable_list(model) == [
        Variable("past.key", "[?,1,?,4]", "f32"),
        Variable("past.value", "[?,1,?,4]", "f32"),
    ]
    known = decoder_ports(model)
    assert (known.vocabulary, known.positions) == (VOCABULARY, POSITIONS)
    assert variable_list(accumulator())[0] == Variable("sum", "[1,1]", "f32")


def test_a_blob_tells_its_variables_too() -> None:
    compiled = ov.Core().compile_model(accumulator(), "CPU")
    assert variable_list(compiled) == [Variable("sum", "[1,1]", "f32")]


def test_open_shapes_become_one_token_and_the_note_says_so() -> None:
    for seed in range(5):
        for item in filled(decoder(), seed=seed):
            assert {name: array.shape for name, array in item.items()} == {
                "input_ids": (1, 1), "attention_mask": (1, 1), "position_ids": (1, 1), "beam_idx": (1,),
            }  # fmt: skip
            assert (item["attention_mask"] == 1).all()
            assert item["position_ids"].tolist() == [[0]]
            assert item["beam_idx"].tolist() == [0]
            assert 0 <= item["input_ids"].min() <= item["input_ids"].max() < VOCABULARY
    text = open_shapes_text(decoder_ports(decoder()))
    assert "each request has 1 token (input_ids[1,1], attention_mask[1,1], " in text
    assert "--data-shape 'input_ids[1,128]'" in text


def test_the_shape_of_the_tokens_gives_the_others() -> None:
    (item,) = filled(decoder(), data_shape="input_ids[3,5]")
    assert {name: array.shape for name, array in item.items()} == {
        "input_ids": (3, 5), "attention_mask": (3, 5), "position_ids": (3, 5), "beam_idx": (3,),
    }  # fmt: skip
    assert item["position_ids"].tolist() == [[0, 1, 2, 3, 4]] * 3
    assert item["beam_idx"].tolist() == [0, 1, 2]
    with pytest.raises(UsageError, match="no input 'tokens'"):
        filled(decoder(), data_shape="tokens[1,5]")


def test_caches_that_are_inputs_are_empty_at_first() -> None:
    caches = {f"past_key_values.{n}.{what}": ([-1, 4, -1, 8], np.float32) for n in (0, 1) for what in ("key", "value")}
    model = model_of(
        input_ids=([-1, -1], np.int64), attention_mask=([-1, -1], np.int64), position_ids=([-1, -1], np.int64), **caches
    )
    item = filled(model)[0]
    assert {item[name].shape for name in caches} == {(1, 4, 0, 8)}
    assert item["attention_mask"].shape == (1, 1)
    (item,) = filled(model, data_shape="past_key_values.0.key[1,4,6,8],input_ids[1,2]")
    # One cache's past would not fit the others': all take the length of the first that is given.
    assert {item[name].shape for name in caches} == {(1, 4, 6, 8)}
    assert item["attention_mask"].shape == (1, 8)
    assert item["position_ids"].tolist() == [[6, 7]]


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("token_type_ids", [-1, -1], [[0, 0, 0]]),
        ("cache_position", [-1], [0, 1, 2]),
        ("position_ids", [3, -1, -1], [[[0, 1, 2]]] * 3),
        ("attention_mask", [1, 16], [[1] * 16]),
    ],
)
def test_other_inputs_of_decoders(name: str, shape: list[int], expected: Any) -> None:
    model = model_of(input_ids=([-1, -1], np.int64), beam_idx=([-1], np.int32), **{name: (shape, np.int64)})
    (item,) = filled(model, data_shape="input_ids[1,3]")
    assert item[name].tolist() == expected
    # A mask of fixed length cannot follow the state.
    following = {index for index, _ in decoder_ports(model).following()}
    assert following == ({2} if "position" in name else set())


def test_caches_of_a_static_batch_are_empty_at_first_too() -> None:
    caches = {f"past_key_values.0.{what}": ([2, 4, -1, 8], np.float32) for what in ("key", "value")}
    model = model_of(input_ids=([2, -1], np.int64), attention_mask=([2, -1], np.int64), **caches)
    (first, *_) = filled(model)
    assert {name: array.shape for name, array in first.items()} == {
        "input_ids": (2, 1), "attention_mask": (2, 1), **dict.fromkeys(caches, (2, 4, 0, 8)),
    }  # fmt: skip
    (later,) = filled(model, data_shape="input_ids[2,3],attention_mask[2,9]")
    assert {later[name].shape for name in caches} == {(2, 4, 6, 8)}


def test_embeddings_in_place_of_tokens() -> None:
    model = model_of(inputs_embeds=([-1, -1, 32], np.float32), beam_idx=([-1], np.int32))
    assert filled(model)[0]["inputs_embeds"].shape == (1, 1, 32)


def test_any_other_model_is_left_as_it_was() -> None:
    encoder = model_of(input_ids=([1, 8], np.int64), attention_mask=([1, 8], np.int64))
    assert decoder_ports(encoder) is NO_DECODER
    assert decoder_ports(model_of(beam_idx=([1], np.int32))) is NO_DECODER


def test_a_model_with_state_never_batches() -> None:
    x = op.parameter([1, 4], np.float32)
    assert batching_possibility(convert({}), "BATCH:CPU(4)", ov.Model([op.result(op.relu(x))], [x]), {}).any
    found = batching_possibility(convert({}), "BATCH:CPU(4)", accumulator(), {})
    assert (found.any, found.why_not) == (False, "the model holds state, which a batch would share")


@pytest.mark.parametrize(
    ("kind", "last"), [("i8", 127), ("u8", 255), ("i4", 7), ("bf16", 256), ("f8e4m3", 16), ("boolean", 1), ("u64", 999)]
)
def test_a_small_type_gets_values_that_it_holds(kind: str, last: int) -> None:
    """Tokens and positions that turn around into negative ones, or into no number, are no valid index."""
    ids, positions = (op.parameter([-1, -1], np.int64, name=name) for name in ("input_ids", "position_ids"))
    beams = op.parameter([-1], np.int32, name="beam_idx")
    for port in (ids, positions, beams):
        port.output(0).set_names({port.friendly_name})
    table = op.constant(np.arange(1000, dtype=np.float32))
    outputs = [op.gather(table, ids, op.constant(np.int64(0))), op.convert(positions, np.float32)]
    plain = ov.Model([op.result(each) for each in (*outputs, op.convert(beams, np.float32))], [ids, positions, beams])
    settings = convert({"input_precision": kind, "data_shape": "input_ids[1,300]"})
    model = add_preprocessing(plain, settings)
    compiled = ov.Core().compile_model(model, "CPU")

    inputs, request = inputs_for(settings, model), compiled.create_infer_request()
    inputs.fill_new(request, 0)
    request.infer()
    tokens, rising = (request.get_output_tensor(n).data for n in range(2))
    assert 0 <= tokens.min() <= tokens.max() <= last
    assert tokens.max() > min(last, 900) / 2
    assert rising.tolist() == [[min(n, last) for n in range(300)]]

    inputs, request = inputs_for(convert({"input_precision": kind}), model), compiled.create_infer_request()
    inputs.fill_new(request, 0)
    assert inputs.past is not None
    for past in (5, 900):
        inputs.past.follow(request, 0, past)
        request.infer()
        assert request.get_output_tensor(1).data.tolist() == [[min(past, last)]]
