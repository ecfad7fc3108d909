"""``manual``: write the manual as HTML, of this program with the models, data and measures of a user's own."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.foundation.user_error import UserError

SHIPPED = Path(__file__).parents[2] / "assets" / "manual" / "html"
"""Where the manual that comes with the program is: in a checkout, and in an installed wheel."""


def write(parser: argparse.ArgumentParser, folder: Path) -> int:
    """Write the files and say where the first page is; ``parser`` is that of the command line."""
    from core.cli import qt

    qt.torch_before_qt()
    try:
        from core.manual import links, site
        from gui.shell import listed_commands
    except ImportError as error:
        raise UserError(qt.why_missing(error)) from error
    made = site.build(parser, listed_commands.listed(), listed_commands.HANDS)
    if dead := links.dead(made):
        raise UserError(f"{len(dead)} links of the manual are dead, {dead[0]} first; mend them in assets/manual")
    site.write(made, folder)
    pages = sum(name.endswith(".html") for name in made)
    print(f"Wrote {pages} pages without a dead link; the first is {folder / 'index.html'}")
    return 0
