"""The whole manual: it is up to date, needs no network, has no dead link, and has a place for everything there is."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import urldefrag

import pytest

from core.cli.main import _parser
from core.cli.manual import SHIPPED
from core.datasets.base import SOURCES
from core.foundation.params import knobs
from core.lessons import reader
from core.manual import command_line, links
from core.metrics.base import METRICS
from core.models.base import MODELS
from core.text import addresses, glossary
from core.training.setup import Setup
from core.verdicts import RULES
from core.verdicts.meanings import MEANINGS
from gui.shell import listed_commands

ROOT = Path(__file__).parents[3]


def anchors(content: bytes) -> set[str | None]:
    return {each.get("id") for each in ElementTree.fromstring(content).iter()}


def places() -> Iterator[str]:
    """The address of everything that the manual must explain."""
    configs = (Setup, *(MODELS.get(name).Config for name in MODELS.names()))
    configs += tuple(SOURCES.get(name).Config for name in SOURCES.names())
    yield from (addresses.of_knob(knob.name) for config in configs for knob in knobs(config))
    yield from map(addresses.of_model, MODELS.names())
    yield from map(addresses.of_data, SOURCES.names())
    yield from map(addresses.of_measure, METRICS.names())
    yield from (addresses.of_verdict(meaning.name) for meaning in MEANINGS)
    yield from (addresses.of_term(term.key) for term in glossary.terms())
    yield from (addresses.of_lesson(lesson.name) for lesson in reader.one_by_one())
    yield from (addresses.of_command(name) for name, _, _ in command_line.commands(_parser(("manual",))))
    yield from (addresses.of_action(each.name) for each in listed_commands.listed())
    yield from (addresses.HOME, addresses.SAMPLERS, "data.html", "lessons.html", "knobs.html")


def test_no_link_is_dead_and_every_page_is_well_formed(built: Mapping[str, bytes]) -> None:
    assert links.dead(built) == []


def test_a_dead_link_would_be_found(built: Mapping[str, bytes]) -> None:
    page = built["numbers.html"]
    for target in ("nowhere.html", "measures.html#nowhere", "https://example.org/", "pictures/none.png"):
        bad = page.replace(b'href="measures.html"', f'href="{target}"'.encode())
        assert bad != page
        assert f"numbers.html: {target}" in links.dead({**built, "numbers.html": bad})


def test_everything_has_a_place(built: Mapping[str, bytes]) -> None:
    there = {name: anchors(content) for name, content in built.items() if name.endswith(".html")}
    wanted = set(places())
    assert len(wanted) > 300
    missing = [place for place in wanted if (urldefrag(place)[1] or None) not in there[urldefrag(place)[0]] | {None}]
    assert missing == []


def test_no_anchor_stands_twice_on_a_page(built: Mapping[str, bytes]) -> None:
    for name, content in built.items():
        if name.endswith(".html"):
            ids = [each.get("id") for each in ElementTree.fromstring(content).iter() if each.get("id")]
            assert len(ids) == len(set(ids)), name


def test_a_change_of_the_program_reaches_the_shipped_pages(built: Mapping[str, bytes]) -> None:
    shipped = {path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("*") if path.is_file()}
    assert shipped == set(built), "./playground manual --shipped renews them; take away what is too much"
    stale = [name for name, content in built.items() if (SHIPPED / name).read_bytes() != content]
    assert stale == [], "./playground manual --shipped renews them"


def test_another_process_makes_the_same_bytes(built: Mapping[str, bytes], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "core", "manual", "--out", str(tmp_path / "manual")]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=120)
    made = {each.relative_to(tmp_path / "manual").as_posix(): each.read_bytes() for each in tmp_path.rglob("*.*")}
    assert made == dict(built)


def test_a_section_is_found_by_its_title(built: Mapping[str, bytes]) -> None:
    text = built["search-index.js"].decode()
    entries = json.loads(text.removeprefix("window.MANUAL = ").rstrip().removesuffix(";"))
    found = {address: (page, title, words) for address, page, title, words in entries}
    page, title, words = found[addresses.of_knob("beta")]
    assert (page, title) == ("Knobs", "KL weight β")
    assert "How hard each code is pulled toward the prior" in words
    assert {address.partition("#")[0] for address in found} == {name for name in built if name.endswith(".html")}


def test_a_knob_says_range_unit_default_and_owner(built: Mapping[str, bytes]) -> None:
    page = built["knobs.html"].decode()
    entry = page[page.index('id="free_bits"') : page.index('id="samples"')]
    for words in ("0 to 10; 0 is “none”", "nats", "<td>none</td>", "applies at once", "models.html#vae", "--free-bits"):
        assert words in entry


@pytest.mark.parametrize("page", ["measures", "glossary", "lessons"])
def test_formulas_are_drawn_by_the_browser_and_read_aloud(built: Mapping[str, bytes], page: str) -> None:
    made = ElementTree.fromstring(built[f"{page}.html"])
    formulas = list(made.iter("{http://www.w3.org/1998/Math/MathML}math"))
    assert len(formulas) > 20
    assert all(each.get("aria-label") for each in formulas)
    assert any("role-" in (each.get("class") or "") for each in made.iter())


def test_every_verdict_that_a_rule_can_give_has_a_meaning() -> None:
    """The names and words in the code of the rules are those that the manual explains."""
    given: dict[str, set[str]] = {}
    words: set[str] = set()
    for path in (ROOT / "core" / "verdicts").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Verdict":
                name, word = node.args[0], node.args[2]
                assert isinstance(name, ast.Constant)
                given.setdefault(str(name.value), set())
                words |= {str(word.value)} if isinstance(word, ast.Constant) else set()
    assert {meaning.name for meaning in MEANINGS} == set(given)
    assert words <= {word for meaning in MEANINGS for word in meaning.words}
    assert {meaning.judge for meaning in MEANINGS} == {rule.judge for rule in RULES}


def test_guides_are_listed_and_have_a_title() -> None:
    there = {each.name.removesuffix(".md") for each in files("assets").joinpath("manual").iterdir()}
    from core.manual import guides

    assert {page.name for page in guides.pages()} == there - {"html", "manual.css", "search.js"}
    assert all(page.title and page.about for page in guides.pages())


def test_links_of_readme_and_guides_also_work_where_the_repository_is_read() -> None:
    texts = [ROOT / "README.md", *(ROOT / "assets" / "manual").glob("*.md")]
    links_in = [(path, target) for path in texts for target in re.findall(r"\]\(([^)\s#]+)", path.read_text("utf-8"))]
    assert len(links_in) > 25
    assert [f"{path.name}: {target}" for path, target in links_in if not (path.parent / target).exists()] == []


def test_the_five_minutes_of_readme_are_those_of_the_manual() -> None:
    def steps(path: Path) -> list[str]:
        numbered = re.findall(r"^(\d+\. .*(?:\n {2,}.*|\n(?=\n\d+\. ))*)", path.read_text("utf-8"), re.MULTILINE)
        return [" ".join(step.split()) for step in numbered]

    readme = steps(ROOT / "README.md")
    assert len(readme) == 11
    start = steps(ROOT / "assets" / "manual" / "start.md")
    assert readme[: len(start)] == start
    saved = " ".join((ROOT / "assets" / "manual" / "saving.md").read_text("utf-8").split())
    assert readme[10].removeprefix("11. ") in saved
