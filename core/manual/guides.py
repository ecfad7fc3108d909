"""The pages written by hand: Markdown files in ``assets/manual``, in the order of the table of contents."""

from __future__ import annotations

from importlib.resources import files

from core.foundation.user_error import UserError
from core.manual import markdown
from core.manual.page import Page

NAMES = (
    *("index", "start", "window", "own-data", "saving", "without-window", "sweeps", "remote", "exports", "own-code"),
    *("numbers", "speed", "troubleshooting"),
)
"""Names of the files without their ending: the first page, then the guides."""


def pages() -> tuple[Page, ...]:
    """Every guide. Its first line is the title, its first paragraph says what it is about."""
    return tuple(_page(name) for name in NAMES)


def _page(name: str) -> Page:
    text = files("assets").joinpath("manual", f"{name}.md").read_text("utf-8")
    title, _, rest = text.partition("\n")
    if not title.startswith("# "):
        raise UserError(f"assets/manual/{name}.md has no title; begin it with a line '# Title'")
    about = " ".join(rest.strip().partition("\n\n")[0].split())
    return Page(name, title.removeprefix("# ").strip(), about, markdown.html(rest))
