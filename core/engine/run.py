"""A run: one model in training, with its config, worker and board; the handle of window and command line."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.datasets.base import Dataset
from core.engine.asleep import Asleep
from core.engine.board import View
from core.engine.commands import Command, Keep, Limits, Pause, Restart, RollBack, Set, Start, Step, Stop
from core.engine.engine import Engine, Worker
from core.engine.followed import Followed
from core.engine.kept import Kept
from core.engine.look_requests import LookRequests
from core.engine.measure_rounds import Pace
from core.engine.reel import Moment, Reel
from core.engine.run_folder import SavedRun
from core.engine.still import Still, until, view_at
from core.evaluation import training_codes
from core.evaluation.reference import Reference
from core.foundation.arrays import Floats, Pixels
from core.foundation.mailbox import Mailbox
from core.foundation.params import KnobValue
from core.foundation.pixels import display
from core.metrics.base import applicable
from core.models.base import MODELS, Model, TrainConfig
from core.nets.networks import Shape
from core.probes.codes import known_training_codes
from core.probes.look import Look
from core.training.saved import Saved, Turn
from core.training.setup import Setup
from core.training.snapshot import Codes, Snapshot


class Run:
    """One lane. Reading it never changes the training."""

    def __init__(
        self,
        slot: int,
        model: str,
        config: TrainConfig,
        setup: Setup,
        dataset: Dataset,
        reference: Reference,
        engine: Engine,
        threads: int = 1,
        life: int = 0,
        saved: Saved | None = None,
        following: tuple[Path, SavedRun] | None = None,
    ) -> None:
        self.slot = slot
        self.model_name = model
        self.model: type[Model] = MODELS.get(model)
        self.setup = setup
        self.dataset = dataset
        self.reference = reference
        self.threads = threads
        """CPU threads where the setup fixes none. They decide the last bits, so a run keeps its number."""
        self.worker: Worker
        """What computes it, or follows a folder and what was read of it."""
        if following is None:
            self.worker = engine.employ(self.model.short, model, config, setup, dataset, threads, saved, life)
        else:
            self.worker = Followed(self.model.short, *following, setup, dataset, engine.background)
        self.board = self.worker.board
        self._view_before: View | None = None  # of another engine, until there are weights in this one
        self.pending = config
        """The config of the next restart; live knobs are in force already."""
        self.name = ""
        """What the user calls it; "" where its model and knobs name it."""
        self._last_life = life  # at most: some restarts that were said are never built
        self._is_fresh = saved is None and following is None  # its weights were drawn, not read
        self._asked: Mailbox[Kept] | None = None  # the state to fall asleep with
        self.reel = Reel()
        """What it was at steps gone by, since it was shown."""
        self._background = engine.background  # of this process
        self._of_past: LookRequests | None = None  # looks that are made of the reel, for the present board
        self._moment: Moment | None = None
        self._still: Still | None = None

    # --- what it shows ---------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What is shown of it: the newest view, or that of the moment looked back at."""
        return self.live_view if self._still is None else self._still.view

    @property
    def live_view(self) -> View:
        """The newest view. After a move it is the one of before, as being built, until there are weights to show."""
        return self._shown(self.board.view)

    def _shown(self, view: View) -> View:
        before = self._view_before
        if before is None or (view.snapshot is None and view.status.failure is None):
            return view if before is None else before
        self._view_before = None
        return view

    def look(self) -> View:
        """`view`, for display: marks its snapshot as read (`Board.look`), and keeps what is new in the reel."""
        live = self.live_view if self._still is not None else self._shown(self.board.look())
        self.reel.follow(live, self.worker.kept)
        return live if self._still is None else self._still.view

    @property
    def moment(self) -> Moment | None:
        """The moment that is looked back at; None now."""
        return self._moment

    def look_back(self, moment: Moment | None) -> None:
        """Show what it was at a moment of its reel, while it goes on; None: what it is now.

        A moment of another space than the present one is not shown.
        """
        live = self.live_view
        if moment is None or self._fitting(live) is None:
            self._moment = None
            if self._still is not None:
                self._still.end()
                self._still = None
        elif moment is not self._moment:
            self._moment, view = moment, view_at(moment, live, self._turns)
            if self._still is None:
                self._still = Still(view, self._background, self.reel.film)
            else:
                self._still.show(view)

    @property
    def _turns(self) -> tuple[Turn, ...]:
        kept = self.worker.kept
        return () if kept is None else kept.turns

    def state_at(self, moment: Moment) -> Saved:
        """What goes on from a moment of its reel: to the last bit where the whole state was kept, else its weights."""
        live = self.live_view
        if moment.saved is None:
            then = view_at(moment, live, self._turns)
            return SavedRun.of(self.model_name, then, self.setup, {}).training_state()
        history, pending = until(live.history, moment.step), moment.saved.pending
        if pending is not None:
            pending = pending[pending[:, 0] > (history.last("step") or 0)]
        return dataclasses.replace(moment.saved, history=history, pending=pending)

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest frozen copy of the model; None while it is rebuilt for other data or another latent size."""
        return self._fitting(self.view)

    def _fitting(self, view: View) -> Snapshot | None:
        snapshot = view.snapshot
        fits = snapshot is not None and snapshot.shape == Shape(*self.dataset.shape, self.setup.latent)
        return snapshot if fits else None

    @property
    def title(self) -> str:
        """The model's long name."""
        return self.model.title

    def decode(self, z: Floats) -> Floats | None:
        """Decode z (N, D) to images (N, C, H, W) in [0, 1] in the calling thread; None before there are weights."""
        snapshot = self._fitting(self.look())
        if snapshot is None or z.shape[1] != self.setup.latent:
            return None
        return snapshot.decode(z)

    def show(self, z: Floats) -> Pixels | None:
        """`decode` to pixels, (N, H, W) or (N, H, W, 3) uint8."""
        images = self.decode(z)
        return None if images is None else display(images)

    def encode(self, x: Floats) -> Codes | None:
        """Codes of images (N, C, H, W) in [0, 1]; None without an encoder, or for images of another shape."""
        snapshot = self.snapshot
        if snapshot is None or not snapshot.has_encoder or x.shape[1:] != snapshot.shape.image:
            return None
        return snapshot.encode(x)

    def hole_ratio(self, z: Floats) -> float | None:
        """r(z) (see `core.evaluation.training_codes`) of one point (D,), once the training codes are known."""
        view = self.view
        known = known_training_codes(view.looks, view.status.step)
        if known is None or known.value.codes.shape[1] != z.shape[0]:
            return None
        return training_codes.hole_ratio(z, known.value)

    # --- slow looks, made in the background --------------------------------------------------------------------------

    def ask(self, look: Look[Any]) -> None:
        """Ask for a look (see `core.probes.look`), any number of times; the answer appears in the view's ``looks``."""
        if self._measurable(self.view) is None:
            return
        if self._still is not None:
            self._still.ask(look, self.reference)
        elif look.of_past:
            self._own_requests().ask(look, self.reference)
        else:
            self.worker.ask(look, self.reference)

    def _own_requests(self) -> LookRequests:
        if self._of_past is None:
            self._of_past = LookRequests(("past", id(self)), self.board, self._background, self.reel.film)
        return self._of_past

    def _measurable(self, view: View) -> Snapshot | None:
        """The snapshot, unless it was trained on other data than the reference."""
        return self._fitting(view) if view.dataset is self.reference.dataset else None

    def sampler_in_force(self, name: str) -> str:
        """The sampler used for ``name``: the prior for a model without an encoder, which has no codes."""
        return name if self.model.has_encoder else "prior"

    def ask_measures(self, names: Sequence[str], sampler: str, pace: Pace = "in focus") -> None:
        """Ask for measures (see `core.metrics`), as far as they exist for this model on these data.

        ``sampler`` names a sampler (see `core.evaluation.samplers`); a model without an encoder takes the prior.
        ``pace`` bounds what they cost while something trains: rarely where the user looks at something else ("in
        passing"), on fewer images where they are expensive, unless all were asked for in full ("at once"). Of a moment
        looked back at there are those that were measured by then.
        """
        if self._still is not None:
            return
        existing = tuple(name for name in applicable(self.model, self.dataset) if name in names)
        if existing and self._measurable(self.view) is not None:
            self.worker.ask_measures(existing, self.sampler_in_force(sampler), pace, self.reference)

    # --- commands ----------------------------------------------------------------------------------------------------

    def say(self, command: Command) -> None:
        """Send a command (see `core.engine.commands`)."""
        self.worker.say(command)

    @property
    def will_train(self) -> bool:
        """Whether it trains or takes steps, or will once it has obeyed what it was told and is built."""
        return self.worker.will_train

    def start(self) -> None:
        """Train."""
        self.say(Start())

    def pause(self) -> None:
        """Pause training."""
        self.say(Pause())

    def step(self, count: int = 1, kept: bool = False) -> None:
        """Take ``count`` steps, then pause; ``kept``: a pause and a start meanwhile do not move the last step."""
        self.say(Step(count, kept))

    def set(self, name: str, value: KnobValue) -> None:
        """Change a live knob; it acts at the next step."""
        self.say(Set(name, value))

    def restart(self, setup: Setup | None = None, dataset: Dataset | None = None, go: bool | None = False) -> None:
        """Begin again with ``pending`` knobs, from the seed. ``go`` None: go on training if it trains."""
        self.setup = self.setup if setup is None else setup
        if dataset is not None:
            self.dataset = dataset
        self._last_life += 1
        self._is_fresh = True
        self._forget_past()
        self.say(Restart(self.pending, self.setup, self.dataset, go))

    @property
    def has_learned(self) -> bool:
        """Whether another beginning would lose something: steps, or weights that were read."""
        return self.live_view.status.step > 0 or not self._is_fresh

    def _forget_past(self) -> None:
        self.look_back(None)
        self.reel.clear(self.board.view.life)

    @property
    def is_of_present_file(self) -> bool:
        """Whether its model is as its file says now: a user may change that while the lane is open."""
        return self.model_name in MODELS.names() and MODELS.get(self.model_name) is self.model

    def begin_apart(self, setup: Setup, reference: Reference, engine: Engine) -> Run:
        """Begin again with ``pending`` knobs in a worker of its own, and rest.

        Returns what it was until now, paused, as a run of its own: an `exchange` with it takes everything back.
        """
        life, dataset = self._last_life + 1, reference.dataset
        self.pause()
        other = Run(
            self.slot, self.model_name, self.pending, setup, dataset, reference, engine, self.threads, life=life
        )
        other.name = self.name
        self.exchange(other)
        return other

    def exchange(self, other: Run) -> None:
        """Exchange with a run of the same slot and model all that it shows and computes, and stay the same lane."""
        for run in (self, other):
            run.look_back(None)
            run._of_past = None  # it is of the board that goes
        ours, theirs = vars(self), vars(other)
        ours_before = dict(ours)
        ours.update(theirs)
        theirs.update(ours_before)
        self._last_life = other._last_life = max(self._last_life, other._last_life)  # no two have one number

    def roll_back(self) -> None:
        """After a failure: pause at the last good weights."""
        self.say(RollBack())

    @property
    def is_settled(self) -> bool:
        """Whether it rests and, where states of it are kept, one is of its present step: a move then loses nothing."""
        status, kept = self.live_view.status, self.worker.kept
        is_kept = not self.worker.keeps or status.step == 0 or (kept is not None and kept.step == status.step)
        return not self.will_train and status.state not in ("training", "building") and is_kept

    def move_to(self, engine: Engine, reference: Reference, goes_on: bool) -> None:
        """Be computed by another engine, on from the newest state or weights. Until then it shows what it did."""
        self.reference = reference
        if not self.is_asleep:
            before = self.worker
            self._go_on_in(engine)
            if goes_on:
                self.start()
            before.say(Stop())

    def _go_on_in(self, engine: Engine) -> None:
        self.look_back(None)
        if (followed := self.followed) is not None:
            self.worker = followed.again(engine.background)
            self.board, self._background, self._of_past = self.worker.board, engine.background, None
            return
        view = self.live_view
        saved = self._newest(view)
        self._last_life = max(self._last_life, view.life) + 1
        self.worker = engine.employ(
            self.model.short,
            self.model_name,
            view.config,
            self.setup,
            self.dataset,
            self.threads,
            saved,
            self._last_life,
        )
        self.board, self._background, self._of_past = self.worker.board, engine.background, None
        if saved is not None:
            waiting = dataclasses.replace(view.status, state="building", steps_per_s=0.0, failure=None)
            self._view_before = dataclasses.replace(view, status=waiting)

    @property
    def followed(self) -> Followed | None:
        """What follows a folder for it, where another program trains it; None for a run of ours."""
        return self.worker if isinstance(self.worker, Followed) else None

    @property
    def is_asleep(self) -> bool:
        """Whether nothing computes it, until `wake`."""
        return isinstance(self.worker, Asleep)

    def fall_asleep(self) -> None:
        """Let nothing compute it any more, if it rests and its state is here; else ask for that, or nothing.

        Its reel goes, which is most of what it holds.
        """
        view = self.live_view
        rests = view.status.state in ("paused", "finished") and not self.will_train
        if self.is_asleep or self.followed or not rests or not view.setup:
            return
        kept = self._state_at_rest(view)
        if kept is not None and kept.saved.step == view.status.step and view.dataset is kept.dataset:
            before = self.worker
            self.worker = Asleep(kept, self.board)
            self.board, self._asked, self._of_past = self.worker.board, None, None
            self._forget_past()
            before.say(Stop())

    def _state_at_rest(self, view: View) -> Kept | None:
        if self.worker.keeps:
            saved = self.worker.kept
            known = saved is not None and view.setup is not None and view.dataset is not None
            return Kept(view.life, view.config, view.setup, view.dataset, saved) if known else None  # type: ignore[arg-type]
        if self._asked is None:
            self._asked = self.keep()
            return None
        found = self._asked.take()
        if found is not None and not isinstance(found, Kept):
            self._asked = None
        return found if isinstance(found, Kept) else None

    def wake(self, engine: Engine) -> None:
        """Be computed again, on to the last bit, if it is asleep."""
        if self.is_asleep:
            self._go_on_in(engine)

    def _newest(self, view: View) -> Saved | None:
        """What was kept of it, or its newest weights where they are newer; None where neither fits."""
        snapshot, kept = self._fitting(view), self.worker.kept
        if snapshot is None or (kept is not None and kept.step >= snapshot.step):
            return None if snapshot is None else kept
        return SavedRun.of(self.model_name, view, self.setup, {}).training_state()

    def keep(self, every: int = 0) -> Mailbox[Kept]:
        """Ask for its whole state: now, or at the next step that is a multiple of ``every``."""
        answer: Mailbox[Kept] = Mailbox()
        self.say(Keep(answer, every))
        return answer

    def limit(self, setup: Setup) -> None:
        """Take over the stop conditions of a setup."""
        self.setup = setup
        self.say(Limits(setup.steps, setup.epochs, setup.seconds))

    def stop(self) -> None:
        """End it without waiting for it."""
        self.say(Stop())

    @property
    def has_ended(self) -> bool:
        """Whether it has obeyed `stop`."""
        return self.worker.has_ended
