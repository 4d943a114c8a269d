"""Small nets for tests: one that the GPU plugin batches by itself, and the probe of what ran together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as op

SIDE, CHANNELS = 32, 16


def pointwise_net(layers: int = 2) -> ov.Model:
    """1x1 convolutions over [1,3,32,32]: the GPU plugin gives such a net an OPTIMAL_BATCH_SIZE above 1."""
    rng = np.random.default_rng(0)
    image = op.parameter([1, 3, SIDE, SIDE], np.float32, name="x")
    image.set_layout(ov.Layout("NCHW"))
    node, channels = image, 3
    for _ in range(layers):
        weights = (rng.standard_normal((CHANNELS, channels, 1, 1)) / channels).astype(np.float32)
        node = op.relu(op.convolution(node, op.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1]))
        channels = CHANNELS
    return ov.Model([op.result(node)], [image], "pointwise")


def small_net() -> ov.Model:
    """So little work that a thousand requests in flight come back within a fraction of a second on the rig, too."""
    weights = np.full((8, 8, 1, 1), 0.1, np.float32)
    image = op.parameter([1, 8, 4, 4], np.float32, name="x")
    node = op.relu(op.convolution(image, op.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1]))
    return ov.Model([op.result(node)], [image], "small")


def with_gain(net: ov.Model) -> ov.Model:
    """Adds an input 'gain' [3] that scales the net's image: OpenVINO batches the image, and all members of a batch
    share the gain."""
    image = net.get_parameters()[0]
    gain = op.parameter([3], np.float32, name="gain")
    gain.output(0).set_names({"gain"})
    readers = list(image.output(0).get_target_inputs())
    scaled = op.multiply(image, op.reshape(gain, np.array([1, 3, 1, 1], np.int64), False))
    for reader in readers:
        reader.replace_source_output(scaled.output(0))
    net.add_parameters([gain])
    return net


def with_constant_output(net: ov.Model) -> ov.Model:
    """Adds an output [3,4] that depends on no input: OPTIMAL_BATCH_SIZE stays, and implicit batching is off."""
    constant = op.multiply(op.constant(np.ones((3, 4), np.float32)), op.constant(np.float32(2)))
    net.add_results([op.result(constant)])
    return net


def save(model: ov.Model, path: Path) -> Path:
    """Writes IR (`path` ends with .xml) in f32: the rig's device has no f16."""
    ov.save_model(model, path, compress_to_fp16=False)
    return path


def add_probe(model: ov.Model) -> ov.Model:
    """Adds an output [N,1] that holds N, the batch that ran. A scalar would turn implicit batching off."""
    zero = op.constant(np.array([0], np.int64))
    n = op.gather(op.shape_of(model.get_parameters()[0]), zero, op.constant(np.int64(0)))
    shape = op.concat([n, op.constant(np.array([1], np.int64))], 0)
    rows = op.broadcast(op.convert(n, np.float32), shape)
    rows.output(0).set_names({"batch_probe"})
    model.add_results([op.result(rows)])
    return model


def batch_sizes(compiled: ov.CompiledModel, in_flight: int, total: int) -> Counter[int]:
    """Runs `total` requests of a model with the probe, `in_flight` at a time; requests by batch size."""
    seen: Counter[int] = Counter()
    queue = ov.AsyncInferQueue(compiled, in_flight)

    def done(request: ov.InferRequest, _: object) -> None:
        seen[int(request.get_tensor("batch_probe").data[0, 0])] += 1

    queue.set_callback(done)
    image = np.ones((1, 3, SIDE, SIDE), np.float32)
    for _ in range(total):
        queue.start_async({0: image})
    queue.wait_all()
    return seen
