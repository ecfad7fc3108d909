"""The chooser of the sampler of z, and the note about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy

from core.evaluation.samplers import SAMPLERS, sampler
from core.probes.samples import SamplesLook
from gui.desk.desk import Desk
from gui.widgets.combo import Combo

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run


def is_fitted(name: str) -> bool:
    """Whether the sampler of that name is fitted to a model's codes."""
    return sampler(name).needs_codes


def shown_sampler(run: Run, view: View) -> str:
    """The name of the sampler that the samples on screen were drawn with; "" while there are none."""
    answer = view.looks.of(SamplesLook)
    return answer.look.sampler if answer is not None and isinstance(answer.look, SamplesLook) else ""


def waits(desk: Desk) -> bool:
    """Whether a lane still shows samples of another sampler than the chosen one."""
    return any(shown_sampler(run, run.view) not in ("", run.sampler_in_force(desk.sampler)) for run in desk.runs)


def sampling_note(desk: Desk) -> str:
    """What the lanes share with the current sampler, and what a lane without an encoder samples."""
    if waits(desk):
        return f"waiting for {sampler(desk.sampler).title}; grey samples are of another sampler"
    without = [run.model.short for run in desk.runs if not run.model.has_encoder]
    if desk.sampler == "prior" or len(without) == len(desk.runs):
        return "the same z in every lane"
    own = "each lane in its own units" if desk.sampler == "raw" else "each lane from its own codes"
    names = ", ".join(dict.fromkeys(without))
    return f"{own}; {names} without codes: from the prior" if names else own


class SamplerChooser(Combo):
    """Chooses the sampler of the desk. All choosers follow the desk."""

    def __init__(self, desk: Desk) -> None:
        super().__init__([(each.name, each.title) for each in SAMPLERS])
        self._desk = desk
        self.setObjectName("sampler")
        self.setAccessibleName("Where the z of samples come from")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for index, each in enumerate(SAMPLERS):
            self.setItemData(index, each.help, Qt.ItemDataRole.ToolTipRole)
        self.chosen.connect(desk.set_sampler)
        desk.sampler_changed.connect(self._follow)
        desk.opened.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        """Show the current sampler."""
        self.set_value(self._desk.sampler)
        self.setToolTip(f"{sampler(self._desk.sampler).help} A model without an encoder always takes the prior.")
