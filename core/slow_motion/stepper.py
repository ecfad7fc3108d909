"""Slow motion: a copy of a training takes a step, and the step becomes named stages with their numbers.

The step is taken at once and narrated afterwards. The copy draws the same images and the same noise as the run it was
taken from, so its steps are those that the run itself would take next.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.models.narration import CodedTurn, GameTurn
from core.slow_motion.narrate import plain_turn
from core.slow_motion.narrate_adversarial import adversarial_turn, has_both
from core.slow_motion.narrate_autoencoder import autoencoder_turn, fits
from core.slow_motion.recorder import Recorder, Recording
from core.slow_motion.stages import PhaseRecord, StepRecord
from core.training.training import Training


class SlowMotion:
    """Steps of a copied training, which it owns from then on; for one thread at a time.

    ``before`` has the weights that the stages up to the update are about, ``after`` those after the update.
    """

    def __init__(self, copied: Training) -> None:
        self.before = self.after = copied

    def step(self, phases: Sequence[str] | None = None) -> StepRecord:
        """The next step, by all phases or only those named; ValueError where it has none of them."""
        self.before = self.after
        return self._take(phases)

    def again(self, phases: Sequence[str] | None = None) -> StepRecord:
        """The last step again, from the weights before it, by all phases or only those named."""
        return self._take(phases)

    def _take(self, phases: Sequence[str] | None) -> StepRecord:
        names = phase_names(self.before)
        if phases is not None and not set(phases) & set(names):
            raise ValueError(f"there is no phase {', '.join(phases)}; there are {', '.join(names)}")
        after = self.before.copy()
        recorder = Recorder(after.model, phases)
        with recorder.listening():
            after.advance(recorder)
        self.after = after
        turns: list[PhaseRecord] = []
        for at, seen in enumerate(recorder.turns):
            turn = _narrate(after, seen, _ordinal(recorder.turns, at))
            turns.append(turn)
            if turn.stages and turn.stages[-1].trouble:
                break  # no number after it means anything
        return StepRecord(after.step, tuple(turns))


def phase_names(training: Training) -> tuple[str, ...]:
    """The phases of a step, in order."""
    return tuple(phase.name for phase, _, _ in training.turns)


def _ordinal(turns: Sequence[Recording], at: int) -> str:
    """ "1 of 3" where a phase has several turns, else nothing."""
    name = turns[at].phase.name
    same = [k for k, seen in enumerate(turns) if seen.phase.name == name]
    return f"{same.index(at) + 1} of {len(same)}" if len(same) > 1 else ""


def _narrate(training: Training, seen: Recording, ordinal: str) -> PhaseRecord:
    """The turn as its phase declares it; layer by layer where it declares nothing, or did not run as declared."""
    declare = seen.phase.narration
    declared = None if declare is None else declare(seen.batch.config, seen.batch.step)
    if isinstance(declared, GameTurn) and has_both(declared, seen):
        return adversarial_turn(declared, training, seen, ordinal)
    if isinstance(declared, CodedTurn) and fits(declared, training.model, seen):
        return autoencoder_turn(declared, training, seen)
    return plain_turn(training, seen, ordinal)
