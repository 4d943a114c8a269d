"""What one of the doctor's children has answered: its steps, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovtui.host.asked_processes import Answer
from ovtui.records.doctor_probe import Step, StepName, steps_of

_DOING: dict[str, str] = {
    "load": "loading {}",
    "platforms": "asking {} for its drivers",
    "versions": "asking {} for its drivers' versions",
    "open": "opening {}",
    "import": "importing OpenVINO",
    "devices": "asking the {} plugin for its devices",
    "name": "asking {} for its name",
    "compile": "compiling a tiny model for {}",
    "inference": "running one inference on {}",
}


@dataclass(frozen=True, slots=True)
class Probed:
    answer: Answer | None = None
    """None where nothing was asked."""
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def of(cls, answer: Answer) -> Probed:
        return cls(answer, steps_of(answer.stdout))

    @property
    def asked(self) -> bool:
        return self.answer is not None

    def step(self, name: StepName, target: str | None = None) -> Step | None:
        """The step where it has ended."""
        return next(
            (
                each
                for each in self.steps
                if each.name == name and each.fine is not None and target in (None, each.target)
            ),
            None,
        )

    def unfinished(self, *names: StepName) -> str | None:
        """The target of the step within which the child crashed or was cut off, where it is one of these."""
        step = self._open_step
        return step.target if step is not None and step.name in names else None

    @property
    def _open_step(self) -> Step | None:
        if self.answer is None or self.answer.ending == "not-started" or not self.steps:
            return None
        return self.steps[-1] if self.steps[-1].fine is None else None

    @property
    def is_late(self) -> bool:
        return self.answer is not None and self.answer.ending == "late"

    @property
    def ended_as(self) -> str:
        """'crashed with SIGSEGV', 'no answer in 4 s'. A driver may end the process that has loaded it as well."""
        if self._open_step is not None and self.answer is not None and self.answer.ending == "answered":
            return "ended the process"
        return self.answer.words if self.answer is not None else "not asked"

    @property
    def fate(self) -> str:
        """How it ended and at what: 'crashed with SIGSEGV while compiling a tiny model for GPU'."""
        step = self._open_step
        if step is None:
            return self.ended_as
        name = step.target.rpartition("/")[2] or step.target
        return f"{self.ended_as} while {_DOING.get(step.name, step.name).format(name)}"

    @property
    def died_early(self) -> bool:
        """It ended before its first step: the machine has no room for a process, or Python is damaged."""
        return self.answer is not None and self.answer.ending != "answered" and not self.steps

    @property
    def last_words(self) -> str:
        """The last line that the child or its driver printed on stderr."""
        if self.answer is None:
            return ""
        lines = self.answer.stderr.decode(errors="surrogateescape").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
