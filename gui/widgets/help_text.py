"""What the help box says about the thing under the mouse or the keyboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.foundation.params import Param


@dataclass(frozen=True)
class Help:
    """What the help box says: a name, two sentences, a formula in LaTeX, when it applies and its default."""

    title: str
    text: str
    footer: str = ""
    formula: str = ""
    slot: int | None = None  # the lane whose colour its symbols wear; None: the selected one

    @staticmethod
    def of(param: Param, default: Any) -> Help:
        """The help of a knob, from its description."""
        when = "Applies at once" if param.live else "Restart to apply"
        shown = f"{default:g}" if isinstance(default, int | float) and not isinstance(default, bool) else str(default)
        unit = f" {param.unit}" if param.unit else ""
        return Help(param.label, param.help, f"{when}. Default {shown}{unit}.", param.formula)
