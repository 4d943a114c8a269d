"""The layers of two devices beside each other: what was made of the same operations belongs together."""

from __future__ import annotations

from made_layers import layer

from ovtui.metrics.layers.beside import beside, sorted_groups

CPU = [
    layer("in", 0, None),
    layer("reorder", 1, 5.0, [], type="Reorder"),
    layer("conv1", 2, 40.0, ["conv1", "relu1", "conv2"]),
    layer("norm", 3, 8.0, ["norm"]),
    layer("gather", 4, 0.0, ["gather"]),
]
GPU = [
    layer("in", 0, 3.0),
    layer("conv1", 1, 10.0, ["conv1"]),
    layer("relu1", 2, 2.0, ["relu1"]),
    layer("conv2", 3, 8.0, ["conv2", "norm"]),
    layer("gather", 4, 1.0, ["gather"]),
    layer("convert", 5, 6.0, [], type="Convert"),
]


def test_groups_hold_what_any_fusion_joins_and_what_is_on_one_side_only() -> None:
    groups = beside(CPU, GPU)
    assert [(group.name, group.a_layers, group.b_layers, group.a_us, group.b_us) for group in groups] == [
        ("in", [], ["in"], None, 3.0),
        ("reorder", ["reorder"], [], 5.0, None),
        ("conv1", ["conv1", "norm"], ["conv1", "relu1", "conv2"], 48.0, 20.0),
        ("gather", ["gather"], ["gather"], 0.0, 1.0),
        ("convert", [], ["convert"], None, 6.0),
    ]
    assert [group.ratio for group in groups] == [None, None, 20 / 48, None, None]
    assert groups[2].original_names == ["conv1", "relu1", "conv2", "norm"]
    assert [group.order for group in groups] == [0, 1, 2, 3, 4]


def test_no_time_is_lost_in_a_group() -> None:
    groups = beside(CPU, GPU)
    for side, layers in (("a_us", CPU), ("b_us", GPU)):
        assert sum(getattr(group, side) or 0 for group in groups) == sum(each.median_us or 0 for each in layers)


def test_the_longer_side_decides_the_order_and_any_layer_of_a_group_finds_it() -> None:
    groups, layers = beside(CPU, GPU), [*CPU, *GPU]
    assert [group.name for group in sorted_groups(groups, layers)] == ["conv1", "convert", "reorder", "in", "gather"]
    assert [group.name for group in sorted_groups(groups, layers, "name")] == [
        "conv1", "convert", "gather", "in", "reorder",
    ]  # fmt: skip
    assert [group.type for group in sorted_groups(groups, layers, "type")] == [
        "Convert",
        *["Convolution"] * 3,
        "Reorder",
    ]
    assert [group.name for group in sorted_groups(groups, layers, "order", "RELU1")] == ["conv1"]
    assert sorted_groups(groups, layers, "time", "nothing") == []


def test_a_group_is_found_by_its_kernels_and_not_by_a_namesake() -> None:
    a = [layer("conv", 0, 5.0, [], type="Reorder", exec_type="jit_uni"), layer("conv", 1, 50.0, exec_type="brgconv")]
    b = [layer("conv", 0, 9.0, exec_type="conv_gpu_ref")]
    groups = beside(a, b)
    assert [group.a_us for group in sorted_groups(groups, [*a, *b], pattern="reorder")] == [5.0]
    assert [group.b_us for group in sorted_groups(groups, [*a, *b], pattern="GPU_REF")] == [9.0]
    assert groups[1].a_kernels == ["brgconv"]
    assert groups[1].b_kernels == ["conv_gpu_ref"]
