"""The text of the help box about the control under the mouse or with the keyboard focus."""

from __future__ import annotations

from dataclasses import dataclass

from core.foundation.number_words import unit_of
from core.foundation.params import Knob
from core.text import addresses


@dataclass(frozen=True)
class Help:
    """The content of the help box: a name, two sentences, a formula in LaTeX, when a change applies and the default."""

    title: str
    text: str
    footer: str = ""
    formula: str = ""
    slot: int | None = None  # the lane that colours its symbols; None: the selected one
    address: str = ""  # its place in the manual (`core.text.addresses`)

    @staticmethod
    def of(knob: Knob, *, waits: bool = True) -> Help:
        """The help for a knob. ``waits`` False: a change that needs a restart begins it at once, in every lane."""
        param, shown = knob.param, knob.written(knob.default)
        restart = "Restart to apply" if waits else "A change restarts every lane"
        when = "Applies at once" if param.live else restart
        unit = unit_of(float(knob.default), param.unit) if isinstance(knob.default, int) else param.unit
        unit = f" {unit}" if unit and shown not in dict(param.words).values() else ""
        footer = f"{when}. Default {shown}{unit}."
        return Help(param.label, param.help, footer, param.formula, address=addresses.of_knob(knob.name))
