"""One model in training, without a thread: its live weights, optimisers, random generators, and the training step.

The seed decides everything that a step needs: the initial weights, the order of the images (the same for every model of
an experiment) and the noise. Each has a generator of its own, which nothing but training uses.
"""

from __future__ import annotations

import contextlib
import copy
import time
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.models.base import MODELS, Batch, Model, Phase, Terms, TrainConfig, build
from core.nets import optimisers
from core.nets.networks import Shape, initialise
from core.nets.optimisers import Optimiser
from core.training.batches import Batches, DeviceDataset
from core.training.code_units import measure_unit
from core.training.setup import Setup
from core.training.snapshot import Snapshot, freeze

SLEPT_S = 2.0
"""A step that takes longer, s, and than `SLEPT_STEPS` usual ones, was stopped: the machine slept, or by Ctrl-Z."""
SLEPT_STEPS = 20.0
FIXED = ("step", "seconds")
"""The first columns of every history; the model's own terms follow."""

BUFFER_ROWS = 512
"""Steps whose terms fit into the buffer on the device."""
DIVERGED = 1e4
"""A run has diverged when a watched term exceeds its first value by this factor."""


def columns_of(model: str) -> tuple[str, ...]:
    """The columns of the history of the model of that name."""
    return FIXED + MODELS.get(model).columns


class Diverged(Exception):
    """A term is not finite or too large. Carries the step, the term, its value, and the ``good`` rows before it."""

    def __init__(self, step: int, term: str, value: float) -> None:
        super().__init__(f"{term} = {value} at step {step}")
        self.step, self.term, self.value = step, term, value
        self.good: npt.NDArray[np.float64] = np.empty((0, 0))


class Watch(Protocol):
    """Callbacks of `Training.advance` for an observer of one step, in the order of the calls.

    A turn is one update of one phase; a phase may have several in a step.
    """

    def takes(self, phase: Phase) -> bool:
        """Whether this phase takes part in this step."""

    def begin(self, phase: Phase, batch: Batch) -> Batch:
        """Before a turn. Returns the batch for the phase: the same numbers, perhaps with recording."""

    def lost(self, loss: Tensor, terms: Terms) -> None:
        """After the forward pass: the loss is known, gradients are not."""

    def learned(self, optimiser: Optimiser) -> None:
        """After the backward pass: every parameter of the phase has its gradient, none is updated."""

    def moved(self) -> None:
        """After the update: the turn is over."""


class Training:
    """The live weights of a model and its training step. Not thread-safe: one thread owns an instance."""

    def __init__(self, model: str, config: TrainConfig, setup: Setup, device_dataset: DeviceDataset) -> None:
        self.config = config
        self.step = 0
        self.seconds = 0.0
        self._usual_s = 0.0  # time of a step, a running mean
        seeds = np.random.SeedSequence(setup.seed).generate_state(3, np.uint64).astype(np.int64)
        init, order, noise = (abs(int(seed)) for seed in seeds)
        device = device_dataset.device
        shape = Shape(*device_dataset.dataset.shape, setup.latent)
        self.model: Model = build(model, config, shape, setup.network)
        initialise(self.model, torch.Generator().manual_seed(init), type(self.model).he_init)
        self.model.settle()
        self.model.to(device).train()
        self._device_dataset = device_dataset
        self.unit_s = 0.0  # how long the unit of the last snapshot's codes took
        self.batches = Batches(device_dataset.train, setup.batch, torch.Generator().manual_seed(order))
        self.noise = torch.Generator(device=device).manual_seed(noise)
        self.columns = type(self.model).columns
        self.turns: list[tuple[Phase, Optimiser, list[nn.Parameter]]] = []
        for phase in self.model.phases():
            parameters = [p for module in phase.modules for p in module.parameters() if p.requires_grad]
            self.turns.append((phase, self._optimiser(phase, parameters), parameters))
        half = setup.precision == "bfloat16"
        self._multiplying: contextlib.AbstractContextManager[object] = (
            torch.autocast(device.type, torch.bfloat16) if half else contextlib.nullcontext()
        )
        self._rows = torch.empty((BUFFER_ROWS, len(self.columns)), device=device)
        self._times: list[float] = []
        self.first: dict[str, float] = {}
        """The values with which watched terms are compared to see that it diverges."""

    def set_config(self, config: TrainConfig) -> None:
        """Take new knobs at the next step."""
        self.config = config
        for phase, optimiser, _ in self.turns:
            optimiser.lr = phase.learning_rate(config)

    def _optimiser(self, phase: Phase, parameters: list[nn.Parameter]) -> Optimiser:
        return optimisers.make(self.config.optimiser, parameters, phase.learning_rate(self.config), phase.betas)

    def advance(self, watch: Watch | None = None) -> None:
        """One training step: every phase in turn. Terms stay on the device, so nothing waits for it.

        A watched step computes the same to the last bit, except for phases that ``watch`` leaves out. It adds no row
        to the history, because the observer gets its terms.
        """
        began = time.perf_counter()
        terms: Terms = {}
        x: Tensor | None = None
        several = len(self.turns) > 1
        for phase, optimiser, parameters in self.turns:
            if watch is not None and not watch.takes(phase):
                continue
            for _ in range(phase.times(self.config)):
                if phase.images or x is None:
                    x = self.batches.next()
                batch = Batch(x, self.config, self.step, self.noise)
                if watch is not None:
                    batch = watch.begin(phase, batch)
                with self._multiplying:
                    loss, phase_terms = phase.loss(batch)
                optimiser.clear()
                if watch is not None:
                    watch.lost(loss, phase_terms)
                loss.backward(inputs=parameters if several else None)
                if watch is not None:
                    watch.learned(optimiser)
                optimiser.step()
                if phase.after is not None:
                    phase.after(batch)
                if watch is not None:
                    watch.moved()
            terms.update(phase_terms)
        self.step += 1
        if watch is not None:
            self._count(time.perf_counter() - began)
            return
        with torch.no_grad():
            torch.stack([terms[name] for name in self.columns], out=self._rows[len(self._times)])
        self._count(time.perf_counter() - began)
        self._times.append(self.seconds)

    def _count(self, spent_s: float) -> None:
        """Count the time of a step; of one amid which the process was stopped that of a usual one."""
        usual_s = self._usual_s
        if usual_s and spent_s > SLEPT_S and spent_s > SLEPT_STEPS * usual_s:
            spent_s = usual_s
        self._usual_s = usual_s + 0.1 * (spent_s - usual_s) if usual_s else spent_s
        self.seconds += spent_s

    def snapshot(self, life: int = 0) -> Snapshot:
        """A frozen copy of the model, with the unit of its codes measured by its present weights."""
        if self.model.scale is not None:
            self.unit_s = measure_unit(self.model, self._device_dataset.sample)
        return Snapshot(freeze(self.model), self.step, life, self.config)

    def copy(self) -> Training:
        """A copy that would go on exactly like this one: weights, moments, generators, position in the batches.

        It shares only the images, which are read-only. Pending rows of the history are not copied.
        """
        shared = (self._device_dataset, self.batches.images)
        memo: dict[int, Any] = {id(each): each for each in shared}
        for generator in (self.noise, self.batches.generator):
            twin = torch.Generator(device=generator.device)
            twin.set_state(generator.get_state())
            memo[id(generator)] = twin
        other = copy.deepcopy(self, memo)
        other._times.clear()
        return other

    @property
    def rows_waiting(self) -> int:
        """Steps since the last `take_rows`, which must be called at `BUFFER_ROWS`."""
        return len(self._times)

    def take_rows(self) -> npt.NDArray[np.float64]:
        """The rows of the steps since the last call, (N, K) in the order of `columns_of`. One transfer from the device.

        Raises `Diverged` at the first bad step; its ``good`` has the rows before it.
        """
        began = time.perf_counter()
        rows = self.waiting_rows()
        self.seconds += time.perf_counter() - began  # a sync point: waits for a device that is behind
        self._times.clear()
        self._check(rows)
        return rows

    def waiting_rows(self) -> npt.NDArray[np.float64]:
        """The rows that `take_rows` would take, (N, K), unchecked."""
        count = len(self._times)
        rows = np.empty((count, len(FIXED) + len(self.columns)))
        rows[:, 0] = np.arange(self.step - count + 1, self.step + 1)
        rows[:, 1] = self._times
        rows[:, 2:] = self._rows[:count].cpu().numpy()
        return rows

    def check_waiting_rows(self) -> None:
        """Raise `Diverged` where `take_rows` would."""
        self._check(self.waiting_rows())

    def _check(self, rows: npt.NDArray[np.float64]) -> None:
        bad = ~np.isfinite(rows[:, 2:])  # (N, K)
        for name in type(self.model).watched:
            column = 2 + self.columns.index(name)
            if name not in self.first and len(rows) and np.isfinite(rows[0, column]):
                self.first[name] = max(100.0, abs(float(rows[0, column])))
            bad[:, column - 2] |= np.abs(rows[:, column]) > DIVERGED * self.first.get(name, np.inf)
        if bad.any():
            at = int(bad.any(1).argmax())
            term = int(bad[at].argmax())
            error = Diverged(int(rows[at, 0]), self.columns[term], float(rows[at, 2 + term]))
            error.good = rows[:at]
            raise error

    def check_last_step(self) -> None:
        """Try the present weights on a copy, because the loss of a step is that of the weights before it.

        Raises `Diverged` for the last step where they are no good. Without memory for a copy, or for a user's model
        that cannot be copied, nothing is tried.
        """
        try:
            ahead = self.copy()
        except Exception:
            return
        try:
            ahead.advance()
            ahead.take_rows()
        except Diverged as error:
            raise Diverged(self.step, error.term, error.value) from None

    def restore(self, weights: dict[str, Tensor], step: int) -> None:
        """Load weights of an earlier step, with new optimiser moments, and set the step counter back to ``step``."""
        self.model.load_state_dict(weights)
        self.turns = [(p, self._optimiser(p, parameters), parameters) for p, _, parameters in self.turns]
        self._times.clear()
        if self.step:
            self.batches.drawn = self.batches.drawn * step // self.step
        self.step = step
