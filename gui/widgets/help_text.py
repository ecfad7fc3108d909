"""The text of the help box about the control under the mouse or with the keyboard focus."""

from __future__ import annotations

from dataclasses import dataclass

from core.foundation.params import KnobValue, Param


@dataclass(frozen=True)
class Help:
    """The content of the help box: a name, two sentences, a formula in LaTeX, when a change applies and the default."""

    title: str
    text: str
    footer: str = ""
    formula: str = ""
    slot: int | None = None  # the lane that colours its symbols; None: the selected one

    @staticmethod
    def of(param: Param, default: KnobValue) -> Help:
        """The help for a knob."""
        when = "Applies at once" if param.live else "Restart to apply"
        shown = f"{default:g}" if isinstance(default, int | float) and not isinstance(default, bool) else str(default)
        unit = f" {param.unit}" if param.unit else ""
        return Help(param.label, param.help, f"{when}. Default {shown}{unit}.", param.formula)
