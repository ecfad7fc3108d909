"""Markdown of the manual and of lessons to HTML: CommonMark with tables, formulas, and an anchor on every heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from core.manual import mathml
from core.text import addresses, formulas, glossary

_KEPT = "\ue000{}\ue001"
"""What stands for a formula while Markdown is read: characters of no language."""


def html(text: str, above: int = 0) -> str:
    """The text as well-formed HTML. Headings are moved down by ``above`` levels.

    A formula that is alone in its paragraph is set on a line of its own.
    """
    from markdown_it import MarkdownIt

    kept: list[str] = []

    def keep(piece: formulas.Piece) -> str:
        if not piece.is_formula:
            return piece.text
        kept.append(mathml.formula(piece.text, on_its_own=piece.on_its_own))
        return _KEPT.format(len(kept) - 1)

    source = "".join(keep(piece) for piece in formulas.pieces(text))
    reader = MarkdownIt("commonmark", {"xhtmlOut": True, "html": False}).enable("table")
    tokens = reader.parse(source)
    _anchor(tokens, above)
    made = str(reader.renderer.render(tokens, reader.options, {}))
    made = re.sub(r"(<table>.*?</table>)", r'<div class="wide">\1</div>', made, flags=re.DOTALL)
    made = re.sub(r"<p>\ue000(\d+)\ue001</p>", lambda match: kept[int(match[1])], made)
    return re.sub(r"\ue000(\d+)\ue001", lambda match: kept[int(match[1])], made)


def _anchor(tokens: Sequence[Any], above: int) -> None:
    """Give headings their anchors, and links their targets."""
    for at, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + above)}"
        if token.type == "heading_open":
            token.attrSet("id", addresses.slug(tokens[at + 1].content))
        for child in token.children or ():
            if child.type == "link_open":
                target = str(child.attrGet("href"))
                child.attrSet("href", _address(target))
            elif child.type == "image":
                child.attrSet("src", _address(str(child.attrGet("src"))))


def _address(target: str) -> str:
    """A link as it stands in a text as an address of the manual.

    Guides name each other ``x.md`` and what is made ``html/x.html``, so that their links also work where a repository
    is read; lessons say ``term:key``.
    """
    if target.startswith(glossary.SCHEME):
        term = glossary.find(unquote(target.removeprefix(glossary.SCHEME)))
        return addresses.of_term(term.key if term is not None else target)
    return re.sub(r"^([\w-]+)\.md(?=#|$)", r"\1.html", target.removeprefix("html/"))
