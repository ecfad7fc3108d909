"""What is said of a run that failed: the error, and what can be done about it, in a sentence each."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import torch

from core.foundation.mailbox import sentence_of
from core.foundation.number_words import significant
from core.models.base import TrainConfig
from core.training.setup import Setup
from core.training.training import Diverged, Training


class NotFinite(Exception):
    """Weights that are not finite after a step, by the name of their tensor. Its loss need not show it: a GAN's
    pictures come from averaged weights that no loss contains."""

    def __init__(self, step: int, tensor: str) -> None:
        super().__init__(f"{tensor} is not finite after step {step}")
        self.step, self.tensor = step, tensor


@dataclass(frozen=True)
class Caught:
    """An error, without what the frames that it passed held in memory, and their traceback as text."""

    error: BaseException
    details: str


def caught(work: Callable[[], None]) -> Caught | None:
    """Do the work; what it raises, whatever that is, is returned."""
    try:
        work()
    except BaseException as error:
        try:
            details = traceback.format_exc()
        except BaseException:  # without memory even this may fail
            details = ""
        held: BaseException | None = error
        while held is not None:
            traceback.clear_frames(held.__traceback__)
            held = held.__context__
        return Caught(error.with_traceback(None), details)
    return None


def report_uncaught(error: BaseException) -> None:
    """Report what nobody catches as the end of this thread would, without ending it: the window shows a dialog."""
    with contextlib.suppress(BaseException):
        threading.excepthook(
            threading.ExceptHookArgs((type(error), error, error.__traceback__, threading.current_thread()))
        )


def is_of_weights(error: BaseException) -> bool:
    """Whether the newest weights may be what is wrong."""
    return isinstance(error, Diverged | NotFinite)


def sentence(error: BaseException) -> str:
    """What went wrong."""
    match error:
        case Diverged():
            term = error.term.replace("_", " ").replace("negative elbo", "−ELBO")
            what = "is not a number" if error.value != error.value else f"grew to {significant(error.value)}"
            return f"stopped at step {error.step:,}: {term} {what}"
        case NotFinite():
            return f"stopped at step {error.step:,}: the weights “{error.tensor}” are not finite"
        case torch.OutOfMemoryError():
            return "the device ran out of memory"
        case _:
            return sentence_of(error)


def details_of(trouble: Caught, training: Training | None, config: TrainConfig, setup: Setup) -> str:
    """What can be copied for whoever mends it: the traceback, where the weights and learning rates are, the knobs."""
    details = [trouble.details.strip()]
    if training is not None:
        lr = ", ".join(f"{p.lr} = {significant(getattr(config, p.lr), 6)}" for p, _, _ in training.turns)
        details += [f"weights of step {training.step}", lr]
    return "\n".join([*details, f"config {config}", f"setup {setup}"])


def remedy(error: BaseException, back_at: int | None, last_set: str) -> str:
    """What can be done: weights of step ``back_at`` are in force, and ``last_set`` is the knob last touched."""
    back = "" if back_at is None else f"Weights are back at step {back_at:,}"
    if is_of_weights(error):
        touched = f" The knob last touched: {last_set}." if last_set else ""
        return f"{back or 'There are no weights to go back to'}; try a smaller learning rate.{touched}"
    back = f"{back}. " if back else ""
    if isinstance(error, torch.OutOfMemoryError):
        return f"{back}Make the batch or the networks smaller, then restart."
    return f"{back}Restart the lane; the details can be copied."
