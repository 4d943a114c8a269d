"""OpenVINO's texts, as OpenVINO 2026.4.1 gave them, and what is left of them in one line."""

from __future__ import annotations

import pytest

from ovtui.records.openvino_reason import DETAIL_BYTES, SUMMARY_CHARS, summary_of, whole_text

READ = "Exception from src/inference/src/cpp/core.cpp:84:\n"
COMPILE = "Exception from src/inference/src/cpp/core.cpp:117:\nException from src/inference/src/dev/plugin.cpp:54:\n"
CONVERT = (
    f"{READ}Check 'false' failed at src/frontends/common_translators/src/unconverted_ops_report.cpp:151:\n"
    "FrontEnd API failed with OpConversionFailure:\nModel wasn't fully converted."
)
HELP = (
    "\nTo facilitate the conversion of unsupported operations, refer to Frontend Extension documentation: "
    "https://docs.openvino.ai/latest/openvino_docs_Extensibility_UG_Frontend_Extensions.html \n\n\n"
)
MATMUL_CHECK = (
    "Check 'DimType::merge(merged_dimension, arg0_col_dim, arg1_row_dim) || arg0_col_dim.is_dynamic()' failed at "
    "src/core/shape_inference/include/matmul_shape_inference.hpp:65:\n"
)
MATMUL = (
    "Incompatible MatMul matrix dimension. First input dimension=4 at COL_INDEX_DIM=1 doesn't match the second input "
    "dimension=5 at ROW_INDEX_DIM=0"
)

TEXTS = {
    "an operation without a rule": (
        f"{CONVERT}\nSummary:\n-- No conversion rule found for operations: com.microsoft.GreedySearch{HELP}",
        "No conversion rule found for operations: com.microsoft.GreedySearch",
    ),
    "operations that fail beside those without a rule": (
        f"{CONVERT} Failed operations detailed log:\n-- MatMul with a message:\n{MATMUL_CHECK}"
        "While validating node 'opset1::MatMul MatMul_346 (opset1::Parameter x:0[0]:f32[1,4]) -> (dynamic[...])' with "
        f"friendly_name 'MatMul_346':\n{MATMUL}\n\nSummary:\n-- No conversion rule found for operations: FancyOp, "
        f"OtherOp\n-- Conversion is failed for: MatMul{HELP}",
        "No conversion rule found for operations: FancyOp, OtherOp; Conversion is failed for: MatMul; "
        f"{MATMUL} (node MatMul_346)",
    ),
    "a place behind another": (
        f"{CONVERT} Failed operations detailed log:\n-- Conv-17 with a message:\n"
        "Check '(pad_val_it != auto_pad_values.end())' failed at src/frontends/onnx/frontend/src/utils/convpool.cpp:98:"
        "\nWhile validating ONNX node '<Node(Conv): y>':\nProvided `auto_pad` attribute value: 'WHAT' is invalid.\n\n"
        "Summary:\n-- Conversion is failed for: Conv-17\n\n",
        "Conversion is failed for: Conv-17; Provided `auto_pad` attribute value: 'WHAT' is invalid.",
    ),
    "what a loader was doing": (
        f"{READ}Check 'false' failed at src/frontends/common/src/frontend.cpp:47:\nLoading input model\n"
        'Input tensor isn\'t found for node "nope"\n\n\n',
        'Input tensor isn\'t found for node "nope"',
    ),
    "an unknown operation of an IR": (
        f"{READ}Exception from src/core/xml_util/src/xml_deserialize_util.cpp:1316:\n"
        "Cannot create MyTokenizer layer Relu_5 id:3 from unsupported opset: extension\n\n\n",
        "Cannot create MyTokenizer layer Relu_5 id:3 from unsupported opset: extension",
    ),
    "a shape that does not fit": (
        "Check 'data_rank.is_dynamic() || data_shape[1].compatible(filters_shape[1])' failed at "
        "src/core/shape_inference/include/convolution_shape_inference_util.hpp:307:\n"
        "While validating node 'opset1::Convolution Convolution_115 (opset1::Parameter x[0]:f32[1,4,8,8]) -> "
        "(f32[1,4,6,6])' with friendly_name 'Convolution_115':\n"
        "Data batch channel count (4) does not match filter input channel count (3).\n\n",
        "Data batch channel count (4) does not match filter input channel count (3) (node Convolution_115)",
    ),
    "the cause below a list of possible ones": (
        "Check 'false' failed at src/core/src/model.cpp:1163:\nFailed to set batch size to 3. Possible reasons are:\n"
        "    1) Ensure that all inputs have valid layout set with batch dimension\nAvailable inputs:\n"
        "0: { name='x', shape=[1,8], layout=[N,C], batch=1 }\n---\nOriginal error message is: "
        "Check 'TRShape::merge_into(output_shape, in_copy)' failed at src/core/concat_shape_inference.hpp:43:\n"
        "While validating node 'opset1::Concat Concat_447 (x) -> (f32[1,16])' with friendly_name 'Concat_447':\n"
        "Shape inference input shapes {[3,8],[1,8]}\nArgument shapes are inconsistent.\n\n",
        "Argument shapes are inconsistent. Shape inference input shapes {[3,8],[1,8]} (node Concat_447)",
    ),
    "a property that a device lacks": (
        f"{COMPILE}Exception from src/plugins/intel_cpu/src/config.cpp:505:\n"
        "NotFound: Unsupported property CPU_THROUGHPUT_STREAMS by CPU plugin.\n\n\n\n",
        "Unsupported property CPU_THROUGHPUT_STREAMS by CPU plugin.",
    ),
    "a description that is empty": (
        f"{COMPILE}Exception from src/inference/src/dev/plugin_config.cpp:90:\n"
        "Invalid value: i3 for property: KV_CACHE_PRECISION\nProperty description: \n\n",
        "Invalid value: i3 for property: KV_CACHE_PRECISION",
    ),
    "places within lines": (
        f"{COMPILE}Exception from src/plugins/intel_npu/src/plugin_compiler_adapter.cpp:54:\n"
        "VCL compiler loading failed, aborting. Error: Exception from src/plugins/intel_npu/src/vcl_api.cpp:22:\n"
        'Cannot load library "/x/npu.so": /x/npu.so: cannot open shared object file: No such file or directory\n\n',
        'VCL compiler loading failed, aborting. Error: Cannot load library "/x/npu.so": /x/npu.so: cannot open shared '
        "object file: No such file or directory",
    ),
    "AUTO's reason, of which the log cut off the end": (
        "Exception from src/inference/src/dev/plugin.cpp:54:\n"
        "VCL compiler loading failed, aborting. Error: Exception from src/plugi",
        "VCL compiler loading failed, aborting",
    ),
    "a device's reason below AUTO's": (
        f"{COMPILE}Exception from src/plugins/auto/src/auto_schedule.cpp:401:\n"
        "[AUTO] compile model failed, CPU:Exception from src/inference/src/dev/plugin.cpp:54:\n"
        "Exception from src/inference/include/openvino/runtime/properties.hpp:1379:\n"
        "Could not read number of streams from str: foo; stoi\n\n\n; \n\n",
        "[AUTO] compile model failed, CPU: Could not read number of streams from str: foo; stoi",
    ),
    "a failed request": (
        "Exception from src/inference/src/cpp/infer_request.cpp:224:\n"
        "Exception from src/plugins/intel_cpu/src/node.cpp:794:\n[CPU] Reshape node with name 'Reshape_1' Check "
        "'minusOneCount <= 1 && inputProduct == outputProduct' failed at src/plugins/intel_cpu/src/reshape.cpp:77:\n"
        "[cpu]reshape: the shape of input data (1.7) conflicts with the reshape pattern (2.4)\n\n\n",
        "[CPU] Reshape node with name 'Reshape_1': [cpu]reshape: the shape of input data (1.7) conflicts with the "
        "reshape pattern (2.4)",
    ),
    "a check without a word": (
        f"{READ}Check 'i < m_inputs.size()' failed at src/core/src/node.cpp:480:\n\n",
        "the check i < m_inputs.size() failed",
    ),
    "nothing but places": (f"{COMPILE}\n\n", ""),
    "a name with control characters": (
        f"{READ}Cannot create A\x1b[31mB\tlayer\x07 from unsupported opset: extension\r\n",
        r"Cannot create A\x1b[31mB layer\x07 from unsupported opset: extension",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_line_that_helps(name: str) -> None:
    text, summary = TEXTS[name]
    assert summary_of(text) == summary


def test_many_operations_are_counted() -> None:
    names = [f"com.acme.Operation{number}" for number in range(60)]
    summary = summary_of(f"{CONVERT}\nSummary:\n-- No conversion rule found for operations: {', '.join(names)}\n")
    shown = summary.count("Operation")
    assert 10 < shown < 20
    assert summary.endswith(f"com.acme.Operation{shown - 1} and {60 - shown} more")
    assert len(summary) <= SUMMARY_CHARS


def test_a_long_sentence_ends_with_a_sentence_or_shows_that_it_was_cut() -> None:
    told = "The plugin cannot compile this model because of its size, its shape and its weights, all of them. "
    assert summary_of(told * 6) == (told * 4).strip()
    cut = summary_of(f"{'word ' * 100}end")
    assert cut.endswith("word…")
    assert len(cut) <= SUMMARY_CHARS


def test_the_whole_text_keeps_its_lines_and_lacks_its_middle_where_it_is_long() -> None:
    assert whole_text(f"{READ}\n\n\n\n\tA\x1b[2J\n") == f"{READ.strip()}\n\n    A\\x1b[2J"
    log = "".join(f"-- Operation{number} with a message: ä\n" for number in range(2000))
    long = whole_text(f"{CONVERT}\n{log}Summary:\n-- Conversion is failed for: MatMul\n")
    assert len(long.encode()) <= DETAIL_BYTES
    assert long.startswith(READ)
    assert long.endswith("Summary:\n-- Conversion is failed for: MatMul")
    assert "bytes left out" in long
