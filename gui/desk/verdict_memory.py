"""What is said of each lane: judged once per change, told once, and done with one click."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from core.verdicts import Verdict, judge, parts

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


class _Said:
    """Of one run: the parts that were judged last, what came of it, and what was told in this life."""

    def __init__(self) -> None:
        self.parts: tuple[object, ...] = ()
        self.verdicts: tuple[Verdict, ...] = ()
        self.life = -1
        self.told: set[str] = set()


class Verdicts:
    """One per desk; whoever shows verdicts asks here, as often as it draws."""

    def __init__(self) -> None:
        self._said: WeakKeyDictionary[Run, _Said] = WeakKeyDictionary()

    def of(self, run: Run, view: View) -> tuple[Verdict, ...]:
        """The verdicts on a view of a run, the weightiest first; judged only when a part of it changed.

        A warning or an error that is new in this life of the run becomes an event of its lane.
        """
        said = self._said.setdefault(run, _Said())
        if view.life != said.life:
            said.life, said.verdicts, said.told = view.life, (), set()
        now = parts(view)
        if len(now) == len(said.parts) and all(a is b for a, b in zip(now, said.parts, strict=True)):
            return said.verdicts
        said.parts = now
        dataset = run.dataset if view.dataset is None else view.dataset
        said.verdicts = judge(view, run.model, dataset, view.config, said.verdicts)
        for verdict in said.verdicts:
            if verdict.tone in ("warn", "error") and verdict.name not in said.told:
                said.told.add(verdict.name)
                tone = "error" if verdict.tone == "error" else "warn"
                run.board.tell(f"{verdict.word}. {verdict.sentence}", run.model.short, tone)  # type: ignore[arg-type]
        return said.verdicts
