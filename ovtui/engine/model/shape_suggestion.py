"""Shapes to try where a model leaves them open, the most usual first, and how a shape is written as a setting.

What a dimension is meant for is guessed from its place, the input's type and name; only an inference shows whether a
guess is right (engine.model.shape_search)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import heappop, heappush

import openvino as ov

from ovtui.engine.errors import SetupError
from ovtui.engine.model.decoder_ports import decoder_ports
from ovtui.engine.model.open_shapes import OpenInput, batch_shapes, open_dims, open_inputs
from ovtui.engine.model.ports import port_shape, shape_lists_by_port, shape_text

Shapes = dict[int, tuple[int, ...]]
"""By input."""

Place = tuple[int, int]
"""Of a dimension: the input and the position."""

USUAL: dict[str, tuple[int, ...]] = {
    "batch": (1,),
    "side": (224, 640, 320, 512, 256, 128, 64, 32, 16, 8),
    "height": (48, 32, 64, 224, 128, 640, 8),
    "width": (320, 192, 640, 224, 128, 512, 8),
    "channels": (3, 1, 4),
    "tokens": (128, 16, 77, 1, 512, 8, 2),
    "past": (0, 1, 16),
    "samples": (16000, 512, 1, 48000, 128),
    "window": (512, 576, 256, 160, 1),
    "frames": (16, 8, 1, 32),
    "time": (128, 3000, 16, 1, 100),
    "features": (128, 80, 64, 256, 512, 768, 1),
    "count": (1, 16, 128),
}
"""Sizes by what a dimension is meant for."""
EVERYWHERE = (1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512)
"""Sizes for all open dimensions alike, once the usual ones are through."""
USUAL_MOST = 48
"""Usual candidates before those that give all dimensions one size."""
LONG = 72
"""Characters of a text for --shape that names every input."""
APART_MOST = 96
"""Candidates whose dimensions differ."""
_SIDES = {2: "height", 1: "width"}
"""By the distance from the end, where channels come first."""
LEARN_AFTER = 2
"""Usual candidates before the sizes that OpenVINO's reasons name are tried."""
_GREATEST_LEARNT = 1 << 16

_NUMBER = re.compile(r"(?<![\w.:])\d{1,6}(?![\w.])")
"""A size in a reason, and neither part of a name nor a line of OpenVINO's source."""
_STATE = re.compile(r"(?<![a-z])(mem|memory|state|states|hidden|h|c|hn|cn)(?![a-z])", re.IGNORECASE)
_CACHE = re.compile(r"past|cache|(?<![a-z])(key|value)(?![a-z])", re.IGNORECASE)
_SOUND = re.compile(r"audio|wav|sound|speech|pcm|signal|samples", re.IGNORECASE)
_MASK = re.compile(r"mask", re.IGNORECASE)
_FLOATS = ("f", "bf", "nf")

Dim = int | tuple[str, ...]
"""A size, or the groups of dimensions whose sizes it is the sum of: those of one group are equal."""


class Candidates:
    """Iterates over shapes of the given inputs, each once. `learn` takes a reason why the last ones failed."""

    def __init__(
        self, inputs: list[OpenInput], agreeing: Iterable[set[Place]] = (), first: Iterable[Shapes] = ()
    ) -> None:
        """`agreeing`: dimensions that are known to be equal. `first`: what is tried before all else."""
        self._inputs = inputs
        self._first = list(first)
        self._agreeing = list(agreeing)
        self._learnt: list[Shapes] = []
        self._seen: set[tuple[tuple[int, ...], ...]] = set()
        self._last: Shapes = {}

    def __iter__(self) -> Iterator[Shapes]:
        ordered = itertools.chain(self._first, self._usual(), self._alike(), self._apart())
        for number in itertools.count():
            in_turn = number >= LEARN_AFTER and number % 2 == 0
            shapes = self._learnt.pop(0) if self._learnt and in_turn else next(ordered, None)
            if shapes is None:
                if not self._learnt:
                    return
                continue
            key = tuple(shapes[each.index] for each in self._inputs)
            if key not in self._seen:
                self._seen.add(key)
                self._last = shapes
                yield shapes

    def learn(self, reason: str) -> None:
        """Sizes that a reason names are tried in the shapes that failed, in place of each open dimension but the batch:
        'doesn't match the second input dimension=80'."""
        present = {size for shape in self._last.values() for size in shape}
        named = dict.fromkeys(int(number) for number in _NUMBER.findall(reason))
        for number in sorted(named, key=lambda number: number in present):
            if not 0 < number <= _GREATEST_LEARNT:
                continue
            for places in self._open_groups():
                self._learnt.append(
                    {
                        each.index: tuple(
                            self._bounded(each, at, number) if (each.index, at) in places else size
                            for at, size in enumerate(self._last[each.index])
                        )
                        for each in self._inputs
                    }
                )

    def _open_groups(self) -> list[set[Place]]:
        """Dimensions that take one size: each open one with those that are known to be equal to it, then those that are
        meant for the same."""
        dims = _meanings(self._inputs, self._agreeing, 0)
        single: list[set[Place]] = []
        by_group: dict[tuple[str, ...], set[Place]] = {}
        for each in self._inputs:
            for at, dim in enumerate(dims[each.index]):
                place = each.index, at
                if isinstance(dim, int) or dim == ("batch",) or at >= len(self._last[each.index]):
                    continue
                known = next((same for same in self._agreeing if place in same), {place})
                if known not in single:
                    single.append(known)
                by_group.setdefault(dim, set()).add(place)
        return single + [places for places in by_group.values() if places not in single]

    def _usual(self) -> Iterator[Shapes]:
        """The products of the usual sizes, those near the head of the lists first; where even the number of dimensions
        is open, of each number in turn."""
        variants = [
            itertools.islice(self._products(_meanings(self._inputs, self._agreeing, variant)), USUAL_MOST)
            for variant in range(self._variants)
        ]
        while variants:
            for variant in list(variants):
                some = list(itertools.islice(variant, 4))
                yield from some
                if not some:
                    variants.remove(variant)

    def _products(self, dims: Mapping[int, list[Dim]]) -> Iterator[Shapes]:
        groups = list(
            dict.fromkeys(
                group for shape in dims.values() for dim in shape if not isinstance(dim, int) for group in dim
            )
        )
        start = (0,) * len(groups)
        ahead, seen = [(0, start)], {start}
        while ahead:
            _, ranks = heappop(ahead)
            yield self._shapes(dims, {group: _sizes(group)[rank] for group, rank in zip(groups, ranks, strict=True)})
            for at, group in enumerate(groups):
                further = (*ranks[:at], ranks[at] + 1, *ranks[at + 1 :])
                if further[at] < len(_sizes(group)) and further not in seen:
                    seen.add(further)
                    heappush(ahead, (sum(further), further))

    def _alike(self) -> Iterator[Shapes]:
        """One size for all open dimensions, with a batch of 1 and then of that size too."""
        for variant in range(self._variants):
            dims = _meanings(self._inputs, self._agreeing, variant)
            alike = {
                index: [dim if isinstance(dim, int) else dim[:1] for dim in shape] for index, shape in dims.items()
            }
            for batch_too in (False, True):
                for size in EVERYWHERE:
                    sizes = {group: 1 if group == "batch" and not batch_too else size for group in USUAL}
                    yield self._shapes(alike, sizes)

    def _apart(self) -> Iterator[Shapes]:
        """Each open dimension with sizes of its own."""
        for variant in range(self._variants):
            dims = _meanings(self._inputs, self._agreeing, variant)
            named: dict[int, list[Dim]] = {}
            for index, shape in dims.items():
                named[index] = []
                for at, dim in enumerate(shape):
                    if isinstance(dim, int) or dim == ("batch",):
                        named[index].append(dim)
                        continue
                    group = _SIDES.get(len(shape) - at, "width") if dim == ("side",) else dim[0]
                    named[index].append((f"{group}@{index},{at}",))
            yield from itertools.islice(self._products(named), APART_MOST)

    @property
    def _variants(self) -> int:
        return max((len(_ranks(each)) for each in self._inputs if each.dims is None), default=1)

    def _shapes(self, dims: Mapping[int, list[Dim]], sizes: Mapping[str, int]) -> Shapes:
        return {
            each.index: tuple(
                dim if isinstance(dim, int) else self._bounded(each, at, sum(sizes[group] for group in dim))
                for at, dim in enumerate(dims[each.index])
            )
            for each in self._inputs
        }

    @staticmethod
    def _bounded(each: OpenInput, at: int, size: int) -> int:
        if each.dims is None:
            return size
        least, most = each.dims[at]
        return max(least, size if most < 0 else min(size, most))


def _sizes(group: str) -> tuple[int, ...]:
    return USUAL[group.partition("@")[0]]


def _meanings(inputs: list[OpenInput], agreeing: Iterable[set[Place]], variant: int) -> dict[int, list[Dim]]:
    """What each dimension of each input is meant for. `variant`: which number of dimensions, where it is open."""
    caches = _caches(inputs)
    streams = any(_is_recurrent(each) for each in inputs)
    several = len(inputs) > 1
    meant: dict[int, list[Dim]] = {}
    for each in inputs:
        if each.dims is None:
            ranks = _ranks(each)
            meant[each.index] = list(ranks[min(variant, len(ranks) - 1)])
        else:
            meant[each.index] = [
                least if least == most else _meaning(each, at, caches, several=several, streams=streams)
                for at, (least, most) in enumerate(each.dims)
            ]
    for same in agreeing:
        places = [(index, at) for index, at in sorted(same) if index in meant and at < len(meant[index])]
        known = [dim for index, at in places if not isinstance(dim := meant[index][at], int)]
        if known:
            for index, at in places:
                meant[index][at] = ("batch",) if ("batch",) in known else known[0]
    return meant


def _caches(inputs: list[OpenInput]) -> set[int]:
    """The inputs that hold what a decoder has seen: by their names, or because several of four dimensions are alike and
    leave only batch and length open, as no picture does."""
    lengths = [
        each
        for each in inputs
        if each.dims is not None and len(each.dims) == 4 and open_dims(each) in ([0, 2], [0, 1], [2], [0, 3])
    ]
    alike = {each.index for each in lengths if sum(each.dims == other.dims for other in lengths) > 1}
    named = {each.index for each in inputs if _CACHE.search(each.name) and len(each.dims or []) > 2}
    return {each.index for each in inputs if each.kind.startswith(_FLOATS)} & (alike | named)


def _is_recurrent(each: OpenInput) -> bool:
    """[2,?,128]: the state of a recurrent layer, whose batch comes second."""
    if each.dims is None or len(each.dims) != 3 or not each.kind.startswith(_FLOATS) or each.batch not in (None, 1):
        return False
    (layers, most), beside, width = each.dims
    is_open = [least != most for least, most in (beside, width)]
    return layers == most and is_open == [True, False] and (layers > 1 or _STATE.search(each.name) is not None)


def _ranks(each: OpenInput) -> list[list[Dim]]:
    """Shapes of an input whose number of dimensions is open."""
    one: list[Dim] = [("batch",)]
    if each.kind == "string":
        return [one]
    if each.kind.startswith(_FLOATS) or each.kind == "u8":
        side: Dim = ("side",)
        return [[*one, 3, side, side], [*one, ("features",)], [*one, ("tokens",), ("features",)], [("count",)], []]
    return [[*one, ("tokens",)], [("count",)], []]


def _meaning(each: OpenInput, at: int, caches: set[int], *, several: bool, streams: bool) -> tuple[str, ...]:
    assert each.dims is not None
    dims, rank = each.dims, len(each.dims)
    fixed = [least if least == most else None for least, most in dims]
    floats = each.kind.startswith(_FLOATS)
    if each.batch is not None and at == each.batch:
        return ("batch",)
    if at == 0 and each.batch is None:
        if rank > 1 or each.kind == "string" or several:
            return ("batch",)
        return ("samples",) if floats else ("count",)
    if rank == 2:
        if _MASK.search(each.name):
            return ("tokens", "past") if caches else ("tokens",)
        if not floats:
            return ("tokens",) if each.kind in ("i64", "i32") else ("samples",)
        if streams:
            return ("window",)
        return ("samples",) if _SOUND.search(each.name) or not several else ("features",)
    if rank == 3:
        if at == 1:
            return ("batch",) if _is_recurrent(each) else ("past",) if each.index in caches else ("tokens",)
        return ("time",) if fixed[1] is not None else ("features",)
    if each.index in caches:
        return ("past",)
    last_are_channels = fixed[-1] in (1, 3, 4) and fixed[1] not in (1, 3, 4)
    if at == (rank - 1 if last_are_channels else 1):
        return ("channels",) if rank == 4 or fixed[-1] is None else ("frames",)
    if rank > 4 and at == (1 if last_are_channels else 2):
        return ("frames",)
    return ("side",)


def defaults_of(model: ov.Model) -> Shapes:
    """The shapes that ovtui puts into all open ones of a model that runs: those of a decoder, and a batch of 1."""
    known = decoder_ports(model).complete({})
    needing = [each for each in open_inputs(model) if each.index not in known]
    opened = {each.index for each in open_inputs(model)}
    found = {index: tuple(shape) for index, shape in known.items() if index in opened}
    return found | {index: tuple(shape) for index, shape in (batch_shapes(model, needing) or {}).items()}


def needed_inputs(original: ov.Model, model: ov.Model, tried: Collection[OpenInput]) -> list[int]:
    """The inputs that --shape has to give: those that are tried, and those that it gives now. `original` is the model
    without it."""
    given = [index for index, port in enumerate(model.inputs) if port_shape(port) != port_shape(original.inputs[index])]
    opened = [each.index for each in tried]
    return sorted({*given, *opened})


def option_text(model: ov.Model, shapes: Shapes) -> str:
    """The text for --shape that gives inputs these shapes and no others: where all have one shape, or the text is long,
    the shape of most stands once and without a name. Empty where none says it. `model` as it stands in its file."""
    lists = {index: _list_text(shapes[index]) for index in sorted(shapes)}
    plain = shape_text(model, {index: shapes[index] for index in lists})
    if len(model.inputs) == 1:
        plain = "".join(lists.values())
    everywhere = max(set(lists.values()), key=list(lists.values()).count, default="")
    others = {
        index: port_shape(port) for index, port in enumerate(model.inputs) if port.partial_shape.is_dynamic
    } | lists
    named = {index: own.strip("[]").split(",") for index, own in others.items() if own != everywhere and own != "[...]"}
    short = ",".join(filter(None, [everywhere, shape_text(model, named)]))
    shortens = list(lists.values()).count(everywhere) > 1 and (not named or len(short) < len(plain) > LONG)
    texts = [short, plain] if shortens else [plain]
    return next((text for text in texts if says(model, text, shapes)), "")


def _list_text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def says(model: ov.Model, text: str, shapes: Shapes) -> bool:
    """Whether --shape takes the text as these shapes, and leaves the other inputs theirs."""
    try:
        given = shape_lists_by_port(text, model, "--shape")
    except SetupError:
        return False
    wanted = {index: ov.PartialShape(list(shape)) for index, shape in shapes.items()}
    own = {index: port.partial_shape for index, port in enumerate(model.inputs)}
    return wanted.keys() <= given.keys() and all(
        lists == [wanted.get(index, own[index])] for index, lists in given.items()
    )
