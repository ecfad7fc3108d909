"""The whole manual: pages in a frame with contents and search, as files that work from a disk without a network."""

from __future__ import annotations

import argparse
import html
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from core.foundation.files import explained, make_folder, write_file
from core.foundation.user_error import UserError
from core.manual import command_line, formats, guides, knobs, lessons, measures, models, verdicts, window_commands
from core.manual.page import Page
from core.manual.window_commands import Listed

OWN = ("manual.css", "search.js")
"""Files of ``assets/manual`` that are taken as they are."""
PICTURES = ("lineup.png", "lineup-light.png", "latent.gif")
"""Files of ``assets/pictures`` that pages show."""
INDEX = "search-index.js"
LONGEST_IN_INDEX = 600
"""Characters of a section in the index of the search."""
_SECTION = re.compile(r'<(?:h[1-6]|span) id="([^"]+)">')
_TAG = re.compile(r"<math [^>]*aria-label=\"([^\"]*)\".*?</math>|<[^>]+>", re.DOTALL)

_BY_NIGHT = re.compile(r'(<img src="pictures/lineup)(\.png"[^>]*/>)')
_BY_DAY_TOO = (
    r'<picture><source srcset="pictures/lineup-light.png" media="(prefers-color-scheme: light)"/>\1\2</picture>'
)

_FRAME = """<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>{title} · Latent Playground</title>
<link rel="stylesheet" href="manual.css"/>
</head>
<body>
<a class="skip" href="#main">To the text</a>
<header>
<a class="home" href="index.html">Latent Playground</a><a class="to-contents" href="#contents">Contents</a>
</header>
<div class="columns">
<nav id="contents" aria-label="Contents">
<input id="search" type="search" placeholder="Search the manual  /" aria-label="Search the manual" autocomplete="off"/>
<ul id="hits" aria-live="polite"></ul>
{contents}</nav>
<main id="main">
<h1>{title}</h1>
{body}</main>
</div>
<script src="search-index.js"></script>
<script src="search.js"></script>
</body>
</html>
"""


def build(
    parser: argparse.ArgumentParser, listed: Sequence[Listed], hands: Sequence[tuple[str, str]]
) -> Mapping[str, bytes]:
    """Every file by its name: the same for the same program, to the byte.

    ``parser`` is that of the command line, ``listed`` and ``hands`` are the commands of the window.
    """
    guide = guides.pages()
    reference = (
        *(models.models(), models.data(), knobs.page(), measures.page(), verdicts.page()),
        *(window_commands.page(listed, hands), command_line.page(parser), formats.page()),
        *(lessons.lessons(), lessons.terms()),
    )
    made = {f"{page.name}.html": _framed(page, guide, reference).encode() for page in (*guide, *reference)}
    made[INDEX] = _index((*guide, *reference)).encode()
    made |= {name: files("assets").joinpath("manual", name).read_bytes() for name in OWN}
    return made | {f"pictures/{name}": _picture(name) for name in PICTURES}


def _picture(name: str) -> bytes:
    """A picture; an installed wheel has it only where its manual is, so that it is there once."""
    for folder in ("pictures", "manual/html/pictures"):
        file = files("assets").joinpath(folder, name)
        if file.is_file():
            return file.read_bytes()
    raise UserError(f"the picture {name} of the manual is missing; install the program again")


def write(made: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a manual. `FileError` where the folder cannot be written."""
    for name, content in made.items():
        with explained(folder / name):
            make_folder((folder / name).parent)
        write_file(folder / name, content)


def _framed(page: Page, guide: Sequence[Page], reference: Sequence[Page]) -> str:
    body = page.body
    if page.name == "index":
        body += _overview("Guide", guide[1:]) + _overview("Reference", reference)
    elif page in reference:
        body = f"<p>{html.escape(page.about)}</p>\n{_sections(page)}{body}"
    body = _BY_NIGHT.sub(_BY_DAY_TOO, body)
    contents = _contents("Guide", guide, page) + _contents("Reference", reference, page)
    return _FRAME.format(title=html.escape(page.title), contents=contents, body=body)


def _contents(title: str, pages: Sequence[Page], here: Page) -> str:
    rows = (
        f'<li><a href="{page.name}.html"{" aria-current=" + chr(34) + "page" + chr(34) if page is here else ""}>'
        f"{html.escape(page.title)}</a></li>\n"
        for page in pages
    )
    return f"<h2>{title}</h2>\n<ul>\n{''.join(rows)}</ul>\n"


def _overview(title: str, pages: Sequence[Page]) -> str:
    rows = (
        f'<li><a href="{page.name}.html">{html.escape(page.title)}</a> {html.escape(_plain(page.about))}</li>\n'
        for page in pages
    )
    return f'<h2 id="{title.lower()}">{title}</h2>\n<ul class="overview">\n{"".join(rows)}</ul>\n'


def _sections(page: Page) -> str:
    """Links to the sections of a page of reference."""
    found = re.findall(r'<h([23]) id="([^"]+)"><a class="self" [^>]*>(.*?)</a>', page.body)
    links = (
        f'<a href="#{anchor}">{_stripped(text)}</a>' if level == "2" or not anchor.startswith("part-") else ""
        for level, anchor, text in found
    )
    return f'<p class="sections">{" ".join(links)}</p>\n' if len(found) > 2 else ""


def _plain(text: str) -> str:
    """A line of Markdown without its marks."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)|[*`]", lambda match: match[1] or "", text)


def _stripped(markup: str) -> str:
    """HTML as escaped text: formulas by their plain reading, tags left out."""
    return " ".join(_TAG.sub(lambda match: match[1] or " ", markup).split())


def _split(opening: str, section: str) -> tuple[str, str]:
    """The title of a section and what follows it, both in HTML. The technical name beside a title is in the rest."""
    end = "</span>" if opening.startswith("<span") else "</a>" if section.startswith("<a ") else "</h"
    title, _, rest = section.partition(end)
    return title, rest.partition(">")[2] if end == "</h" else rest


def _index(pages: Sequence[Page]) -> str:
    """What the search reads: [address, page, title, text] of every page and every section with an anchor."""
    entries = []
    for page in pages:
        entries.append([f"{page.name}.html", page.title, page.title, _plain(page.about)])
        marks = list(_SECTION.finditer(page.body))
        for mark, after in zip(marks, [*marks[1:], None], strict=True):
            section = page.body[mark.end() : after.start() if after else len(page.body)]
            title, rest = _split(mark[0], section)
            text = html.unescape(_stripped(rest))[:LONGEST_IN_INDEX]
            entries.append([f"{page.name}.html#{mark[1]}", page.title, html.unescape(_stripped(title)), text])
    rows = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return f"window.MANUAL = [\n{rows}\n];\n"
