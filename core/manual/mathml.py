"""Formulas of the manual as MathML, which browsers draw by themselves: no font and no script, and readers can say it.

Roles become classes, so that the style sheet gives them their colours by day and by night.
"""

from __future__ import annotations

import functools
import re

from core.text.formulas import ROLES, lines, plain, with_colors

_COLORS = {role: f"#0000{at:02x}" for at, role in enumerate(ROLES, 1)}
_CLASSES = {f'mathcolor="{color}"': f'class="role-{role}"' for role, color in _COLORS.items()}


@functools.lru_cache(maxsize=4096)
def formula(latex: str, *, on_its_own: bool = False) -> str:
    """A formula as an element ``math``; lines that ``\\\\`` separates become several."""
    if on_its_own:
        return "".join(f'<div class="formula">{_math(line, True)}</div>' for line in lines(latex))
    return " ".join(_math(line, False) for line in lines(latex))


def _math(latex: str, own: bool) -> str:
    from ziamath.tex import tex2mml  # 0.13 s

    markup = str(tex2mml(with_colors(latex, _COLORS), inline=not own))
    markup = markup.replace("<mo>&#x00302;", '<mo stretchy="false">&#x002C6;')  # a hat as narrow as its letter
    for color, role in _CLASSES.items():
        markup = markup.replace(color, role)
    spoken = plain(latex).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return re.sub(r"<math ", f'<math aria-label="{spoken}" ', markup, count=1)
