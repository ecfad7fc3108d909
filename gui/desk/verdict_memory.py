"""Verdicts of each lane: judged once per change, and logged once as events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from core.verdicts import Verdict, judge, parts

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


class _Judged:
    """Of one run: the parts that were judged last, their verdicts, and the events logged since its last restart.

    ``turned_at`` is that of the view: a verdict from before a knob was turned no longer stands.
    """

    def __init__(self) -> None:
        self.parts: tuple[object, ...] = ()
        self.verdicts: tuple[Verdict, ...] = ()
        self.turned_at: Mapping[str, int] = {}
        self.life = -1
        self.logged: dict[str, str] = {}  # the text of the event, by the verdict's name

    def shown(self) -> tuple[Verdict, ...]:
        """Its confirmed verdicts."""
        return tuple(verdict for verdict in self.verdicts if verdict.is_confirmed)


class Verdicts:
    """Verdicts of every run. One per desk; panels call `of` as often as they draw."""

    def __init__(self) -> None:
        self._judged: WeakKeyDictionary[Run, _Judged] = WeakKeyDictionary()

    def of(self, run: Run, view: View) -> tuple[Verdict, ...]:
        """Verdicts on a view of a run, the most severe first; judged only when a part of it changed.

        A warning or an error that is new since the run's last restart becomes an event of its lane. A moment gone by is
        not judged.
        """
        if run.moment is not None:
            return ()
        judged = self._judged.setdefault(run, _Judged())
        if view.life != judged.life:
            judged.life, judged.verdicts, judged.logged = view.life, (), {}
        current = parts(view)
        if len(current) == len(judged.parts) and all(a is b for a, b in zip(current, judged.parts, strict=True)):
            return judged.shown()
        judged.parts = current
        if view.turned_at is not judged.turned_at:
            judged.turned_at, judged.verdicts = view.turned_at, ()
        dataset = run.dataset if view.dataset is None else view.dataset
        judged.verdicts = judge(view, run.model, dataset, view.config, judged.verdicts)
        for verdict in judged.shown():
            if verdict.tone in ("warn", "error") and verdict.name not in judged.logged:
                text = judged.logged[verdict.name] = f"{verdict.word}. {verdict.sentence}"
                tone = "error" if verdict.tone == "error" else "warn"
                run.board.tell(text, run.model.short, tone)  # type: ignore[arg-type]
        return judged.shown()

    def has_withdrawn(self, run: Run, text: str) -> bool:
        """Whether an event of a run was logged for a verdict that no longer stands."""
        judged = self._judged.get(run)
        if judged is None:
            return False
        standing = {verdict.name for verdict in judged.shown()}
        return any(text == said and name not in standing for name, said in judged.logged.items())
