"""Verifies a device against another one: the outputs, where they differ an f32 rerun, and the layers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import openvino as ov

from ovtui import __version__
from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model import read_model
from ovtui.engine.verify import sides
from ovtui.engine.verify.constants import ConstantsCompared, compare_constants
from ovtui.engine.verify.counterparts import counterparts, name_apart
from ovtui.engine.verify.feed import Feed, places_on
from ovtui.engine.verify.inherited import look_again
from ovtui.engine.verify.layer_plan import LayerPlan, plan_layers, with_shapes
from ovtui.engine.verify.layer_run import LayerRun, Models
from ovtui.engine.verify.layers import told_layers
from ovtui.engine.verify.pair import Pair, compare_outputs, matched_outputs
from ovtui.engine.verify.roots import Key
from ovtui.engine.verify.sides import Compiled
from ovtui.engine.verify.tally import discrete_note
from ovtui.engine.verify.tolerances import Limit, limit_for
from ovtui.records.verification import (
    NOT_REACHED,
    Difference,
    Doing,
    NotCompared,
    Verdict,
    Verification,
    VerifyQuestion,
    VerifyStep,
)
from ovtui.settings.listing import first_few
from ovtui.settings.schema.settings import Settings

_MOST_NAMED = 3
_FIRST_SHARE = 0.4
"""Of the time, for the sets of inputs: a rerun of them and the layers need some too."""


class Verifier:
    """Owner: the process's one thread."""

    def __init__(self, core: ov.Core, question: VerifyQuestion, tell: Callable[[VerifyStep], None]) -> None:
        """Reads the model, or both. Raises SetupError, UsageError."""
        self._core, self._question, self._tell = core, question, tell
        self._settings, self._truth = question.settings, question.against
        self._device = question.settings.device
        now_s = time.monotonic()
        self._deadline_s = question.deadline_s
        self._first_s = now_s + _FIRST_SHARE * (question.deadline_s - now_s)
        self._notes: list[str] = []
        sides.require_device(core, self._device, "-d")
        sides.require_device(core, self._truth, "--against")
        self._doing("reading the model")
        other = msgspec.structs.replace(self._settings, model=question.against_model or self._settings.model)
        for each in (self._settings, other):
            if read_model.is_blob(each):
                what = "a compiled model (.blob) runs on its device alone; give the model that it was made of"
                raise UsageError(f"{each.model}: {what}")
        self._model = self._read(self._settings)
        self._other = self._read(other) if question.against_model else self._model
        self._both = (self._model, self._other)
        self._places = places_on(self._model, self._other)
        self._counterparts: dict[int, int] = {}
        self._constants: ConstantsCompared | None = None
        if question.against_model:
            self._doing("comparing the constants of both models")
            self._counterparts = counterparts(self._model, self._other, self._places)
            half_s = (time.monotonic() + self._first_s) / 2
            self._constants = compare_constants(self._model, self._other, self._counterparts, half_s)
            self._note(self._constants.notes)
        self._feed = Feed(self._settings, self._model, question.inputs)
        self._note(self._feed.notes)
        self._matched = matched_outputs(self._model, self._other)
        if not self._matched.places and self._model.outputs:
            raise SetupError("--against-model: the two models have no output of the same name")

    def run(self) -> Verification:
        """Raises SetupError, and what OpenVINO raises."""
        found = self._of_outputs()
        if self._question.layers:
            found = self._layers(found)
        return msgspec.structs.replace(found, notes=self._notes)

    def _of_outputs(self) -> Verification:
        """What was compiled is gone when it returns."""
        asked = self._question
        truth = self._compiled(
            self._other, self._truth, sides.truly(self._core, self._settings, self._truth),
            asked.against_model or self._settings.model,
        )  # fmt: skip
        device = self._compiled(
            self._model, self._device, sides.as_asked(self._settings, self._device), self._settings.model
        )
        if truth.precision not in ("f32", "f64"):
            told = truth.precision or "a precision that it does not tell"
            self._note([f"{self._truth} infers in {told}, not in f32"])
        limit = self._limit(device, truth)
        wanted = self._feed.count
        outputs, notes = self._compared(device, truth, limit, self._first_s)
        self._note(notes)
        if self._feed.count < wanted:
            self._note(
                [f"--inputs {wanted:,}: there was time for {self._feed.count:,} sets; --time-limit gives it more"]
            )
        self._note(discrete_note(outputs))
        self._note(_of_nothing(outputs))
        alone = self._matched.left_out
        found = Verification(
            ovtui=__version__,
            openvino=ov.__version__,
            model=self._settings.model,
            device=self._device,
            against=self._truth,
            sides=[device.side(), truth.side()],
            inputs=self._feed.count,
            seed=self._settings.seed,
            tolerance=limit.share,
            tolerance_from=limit.why,
            verdict="agree" if all(each.agrees for each in outputs) else "unknown",
            outputs=outputs,
            constants=self._constants.differing if self._constants is not None else None,
            not_compared=[NotCompared(names=alone, why="an output of one of the models alone")] if alone else [],
        )
        return found if found.verdict == "agree" else self._rerun(found, truth)

    def _rerun(self, found: Verification, truth: Compiled) -> Verification:
        """With the device in f32 as well: what is left then is no precision."""
        why = ""
        if "INFERENCE_PRECISION_HINT" not in sides.supported(self._core, self._device):
            why = f"{self._device} takes no INFERENCE_PRECISION_HINT"
        elif not sides.computes_f32(self._core, self._device):
            why = f"{self._device} does not compute in f32"
        elif truth.precision not in ("f32", "f64"):
            why = f"{self._truth} does not infer in f32"
        elif time.monotonic() > self._deadline_s:
            why = "there was no time left for it; --time-limit gives it more"
        if why:
            return msgspec.structs.replace(found, why_no_f32=why)
        try:
            device = self._compiled(
                self._model, self._device, sides.exactly(self._core, self._settings, self._device), ""
            )
            if device.precision not in ("f32", "f64"):
                told = f"infers in {device.precision}" if device.precision else "does not tell its precision"
                return msgspec.structs.replace(found, why_no_f32=f"asked for f32, {self._device} {told}")
            limit = self._limit(device, truth)
            outputs, _ = self._compared(device, truth, limit, self._deadline_s)
        except SetupError as error:
            return msgspec.structs.replace(found, why_no_f32=str(error))
        if self._feed.count < found.inputs and all(each.agrees for each in outputs):
            why = f"in f32 there was time for {self._feed.count:,} sets of inputs, which agree"
            return msgspec.structs.replace(found, why_no_f32=f"{why}; --time-limit gives it more")
        # What correct results in f32 have is no fault, however little was allowed.
        rounded = all(each.agrees or self._is_rounding(each, device, truth) for each in outputs)
        verdict: Verdict = "precision" if rounded else "fault"
        if verdict == "fault" and (drawn := _drawn(self._model)):
            why = f"{drawn} draws other random numbers in each inference"
            return msgspec.structs.replace(found, why_no_f32=why, f32_outputs=outputs, f32_tolerance=limit.share)
        return msgspec.structs.replace(found, verdict=verdict, f32_outputs=outputs, f32_tolerance=limit.share)

    def _is_rounding(self, each: Difference, *both: Compiled) -> bool:
        share = limit_for(None, [one.precision for one in both], self._both).of(each.element_type)
        return each.why.startswith("relative") and each.max_relative is not None and each.max_relative <= share

    def _layers(self, found: Verification) -> Verification:
        """In f32 unless a precision is asked for."""
        asked = self._settings.precision != "default" or any(
            key.rpartition(".")[2] == "INFERENCE_PRECISION_HINT" for key in self._settings.properties
        )
        models = Models(
            self._core, self._device, self._truth, self._model, self._other,
            sides.as_asked(self._settings, self._device)
            if asked
            else sides.exactly(self._core, self._settings, self._device),
            sides.truly(self._core, self._settings, self._truth),
        )  # fmt: skip
        shaped = with_shapes(self._model, self._feed.shapes)
        plan = plan_layers(shaped, self._other if self._question.against_model else None, self._counterparts)
        # What stands where a device dies over a layer.
        names = [layer.label for layer in plan.layers]
        until = [*found.not_compared, *([NotCompared(names=names, why=NOT_REACHED)] if names else [])]
        self._tell(msgspec.structs.replace(found, layers=[], not_compared=until, notes=self._notes))
        compared = LayerRun(models, self._feed, self._places, self._deadline_s, self._telling).run(plan)
        limit = limit_for(self._question.tolerance, compared.precisions or ["f32"], self._both, compared.states)
        others = self._constants.by_layer if self._constants is not None else {}
        look_again(models, self._feed, self._places, plan, compared, limit, others, self._deadline_s, self._telling)
        layers, firsts, notes = told_layers(
            plan, compared, limit, others,
            stateful=bool(self._model.get_variables()),
        )  # fmt: skip
        self._note(notes)
        wrong = {each.name for each in layers if not each.agrees}
        explained = (
            found.verdict == "fault"
            and all(each in ("f32", "f64") for each in compared.precisions)
            and not firsts
            and not any(not each.rounding for each in found.constants or [])
            and self._outputs_behind(plan, wrong, found.f32_outputs or [])
        )
        return msgspec.structs.replace(
            found, verdict="precision" if explained else found.verdict, layers=layers,
            layers_tolerance=limit.share, layers_precisions=compared.precisions, firsts=firsts,
            not_compared=[*found.not_compared, *compared.left_out],
        )  # fmt: skip

    def _outputs_behind(self, plan: LayerPlan, differing: set[str], outputs: list[Difference]) -> bool:
        """Whether each output that differs is a layer that does."""
        labels = {layer.key: layer.label for layer in plan.layers}
        wrong = {each.name for each in outputs if not each.agrees}
        sources = [
            self._model.outputs[mine].get_node().input_value(0)
            for (mine, _), name in zip(self._matched.places, self._matched.names, strict=True) if name in wrong
        ]  # fmt: skip
        keys = [Key(port.get_node().friendly_name, port.get_index()) for port in sources]
        return len(sources) == len(wrong) and all(labels.get(key) in differing for key in keys)

    def _limit(self, *both: Compiled) -> Limit:
        return limit_for(
            self._question.tolerance, [each.precision for each in both], self._both,
            [each.state_precision for each in both],
        )  # fmt: skip

    def _compared(
        self, device: Compiled, truth: Compiled, limit: Limit, deadline_s: float
    ) -> tuple[list[Difference], list[str]]:
        pair = Pair(device, truth, self._feed, self._places)
        return compare_outputs(pair, self._matched, limit, self._telling, deadline_s)

    def _read(self, settings: Settings) -> ov.Model:
        notes: list[Any] = []
        model = read_model.read_model(self._core, settings, notes)
        self._note([text for _, text in notes])
        if repeated := name_apart(model):
            few = first_few(repeated, _MOST_NAMED)
            self._note([f"several operations have the same name, which '#2' and so on tell apart: {few}"])
        return model

    def _compiled(self, model: ov.Model, device: str, properties: dict[str, Any], name: str) -> Compiled:
        self._doing(f"compiling for {device}")
        try:
            return Compiled(self._core, model, device, properties, name)
        except SetupError as error:
            meant = sides.misspelt(self._core, self._settings, device, str(error))
            if not meant:
                raise
            raise SetupError(f"{str(error).rstrip('.')}{meant}") from error.__cause__

    def _doing(self, text: str) -> None:
        self._tell(Doing(text))

    def _telling(self, text: str, done: int, planned: int) -> None:
        self._tell(Doing(text, done, planned))

    def _note(self, texts: list[str]) -> None:
        self._notes += [text for text in texts if text and text not in self._notes]


def _of_nothing(outputs: list[Difference]) -> list[str]:
    """A note on outputs whose agreement shows nothing."""
    zeros = [
        each.name
        for each in outputs
        if each.agrees and each.elements and each.cosine is None and not each.unequal and each.max_absolute == 0
    ]
    empty = [each.name for each in outputs if each.agrees and not each.elements]
    found = []
    if zeros:
        found.append(f"{first_few(zeros, 3)}: zeros on both sides, which shows little; other inputs may show more")
    if empty:
        found.append(f"{first_few(empty, 3)}: empty on both sides, which shows nothing")
    return found


def _drawn(model: ov.Model) -> str:
    """The operation that draws random numbers without a seed; empty where there is none."""
    for node in model.get_ordered_ops():
        if node.get_type_name() in ("RandomUniform", "Multinomial"):
            given = node.get_attributes()
            if not given.get("global_seed") and not given.get("op_seed"):
                return f"{node.friendly_name} ({node.get_type_name()})"
    return ""
