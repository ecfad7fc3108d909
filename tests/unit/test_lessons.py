"""Lesson files, the little sums in them, and the glossary."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import glossary
from core.expressions import DEEPEST, ExpressionError, evaluate, fill, names, places
from core.lesson_files import catalogue, check, read
from core.lesson_walk import judge
from core.lessons import Ask, Lesson, LessonError, Measure, Show, Train, Turn, keys

GOOD = """+++
title = "A title"
heading = "VAE"
dataset = "mnist"
setup = { latent = 2 }
lanes = [{ model = "vae", beta = 2.0 }, { model = "ae", name = "plain" }]
short = { setup = { batch = 32 } }
+++

## First

Some *text*.

## Second

```measure
name = "before"
what = ["vae.rate", "distortion", "data.pixels", "vae.train.objective"]
```

```ask
question = "Will the rate of {before.rate:.1f} fall?"
told = "It is {after.rate:.1f}."
[[choice]]
text = "Yes"
when = "after.rate < before.rate"
why = "It rose to {after.rate:.1f}."
[[choice]]
text = "No"
why = "It fell."
```

```set
vae.beta = 10.0
```

```train
steps = 40
short = 4
```

```measure
name = "after"
what = ["rate"]
```

```show
tab = "latent"
point = [1, 0]
```
""".replace('what = ["rate"]', 'what = ["vae.rate"]')


def lesson(old: str = "", new: str = "") -> Lesson:
    assert old in GOOD
    return read(GOOD.replace(old, new, 1), "07-x.md", 7)


def trouble(old: str, new: str) -> str:
    with pytest.raises(LessonError) as caught:
        lesson(old, new)
    return str(caught.value)


def test_a_file_becomes_a_lesson() -> None:
    made = lesson()
    assert (made.name, made.number, made.title, made.minutes) == ("07-x", 7, "A title", 3)
    assert made.recipe is not None
    assert [(each.name, each.model, dict(each.knobs)) for each in made.recipe.lanes] == [
        ("vae", "vae", {"beta": 2.0}),
        ("plain", "ae", {}),
    ]
    assert made.recipe.short_setup == {"batch": 32}
    first, second = made.pages
    assert (first.title, first.text, first.steps) == ("First", "Some *text*.", ())
    assert [type(step) for step in second.steps] == [Measure, Ask, Turn, Train, Measure, Show]
    assert second.steps[3] == Train(37, 40, 4)
    assert second.ask is not None
    assert [choice.when for choice in second.ask.choices] == ["after.rate < before.rate", ""]
    assert check(made) == ""


def test_numbers_are_known_by_lane_and_where_that_is_plain_without() -> None:
    made = lesson()
    step = made.pages[1].steps[0]
    assert isinstance(step, Measure)
    assert made.recipe is not None
    assert keys(step, made.recipe) == (
        "before.vae.rate",
        "before.rate",
        "before.vae.distortion",
        "before.plain.distortion",
        "before.data.pixels",
        "before.pixels",
        "before.vae.objective",
        "before.objective",
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('title = "A title"', "title = A title", 2, "write lines like"),
        ('title = "A title"', "", 1, "'title' is missing"),
        ('heading = "VAE"', "heading = 3", 1, "'heading' must be text in quotes"),
        ('heading = "VAE"', 'heading = "VAE"\ncolour = "red"', 1, "'colour' is not known here"),
        ("lanes = [{", "lanes = [{}, {", 1, "'model' is missing"),
        (', name = "plain"', ', name = "vae"', 1, "two lanes are called 'vae'"),
        (', name = "plain"', ', name = "data"', 1, "cannot be called 'data'"),
        ("+++\ntitle", "title", 1, "begin with one between two lines"),
        ("## First", "First", 9, "before the first page"),
        ("steps = 40", "steps = 0", 37, "above zero"),
        ("steps = 40", "steps = true", 37, "a whole number"),
        ("steps = 40", "steps = 40\nspeed = 1", 37, "'speed' is not known here; there are steps, short"),
        ("steps = 40", "steps = = 40", 38, "Invalid value"),
        ("```train", "```dance", 37, "'dance' is no step; there are train"),
        ("vae.beta", "gan.beta", 33, "'gan' is no lane"),
        ('"vae.rate", "dist', '"gan.rate", "dist', 16, "'gan' in 'gan.rate' is no lane"),
        ('when = "after.rate < before.rate"', "", 21, "only one choice"),
        ('when = "after.rate < before.rate"', 'when = "after.rate <"', 21, "is no expression"),
        ('when = "after.rate < before.rate"', 'when = "later.rate > 1"', 21, "'later.rate' is not measured by then"),
        ('when = "after.rate < before.rate"', "when = \"open('x')\"", 21, "is not allowed"),
        ("Some *text*.", "It is {before.rate:.1f}.", 10, "'before.rate' is not measured by then"),
        ("{after.rate:.1f}.", "{after.rate:r}.", 21, "'r' is no format"),
        ('tab = "latent"', 'tab = "nowhere"', 47, "'nowhere' is no tab"),
        ('tab = "latent"', 'page = "nowhere"', 47, "'nowhere' is no page of the Information tab; there are entropy"),
        ('why = "It fell."', 'why = "It fell."\nbecause = "Of {never.rate:.1f}."', 21, "'never.rate' is not measured"),
        ('why = "It fell."', 'why = "It fell."\nbecause = "$x}$"', 31, "there is a '}' too many"),
        ("Some *text*.", "It is $x$.\n\nAnd $\\foo$.", 14, "in the formula '\\foo', '\\foo' is not known; take away"),
        ("Some *text*.", "It is\n\n$$\nx^\n$$", 15, "the formula ends too early; write"),
        ('"It fell."', "'It $x}$ fell.'", 30, "there is a '}' too many; take it away"),
        ('"It fell."', '"It $\\log x$ fell."', 30, "put text with formulas between '…'"),
        ('"It fell."', '"It $\\theta$ fell."', 21, "a backslash is lost here; put text with formulas between '…'"),
        ('"It fell."', '"It $\\nabla$ fell."', 21, "a backslash is lost here"),
    ],
)
def test_a_mistake_is_told_by_file_line_reason_and_way_out(old: str, new: str, line: int, words: str) -> None:
    said = trouble(old, new)
    assert said.startswith(f"07-x.md, line {line}: "), said
    assert words in said


def test_a_page_of_the_information_tab_is_shown_in_that_tab() -> None:
    step = lesson('tab = "latent"', 'page = "holes"').pages[1].steps[-1]
    assert isinstance(step, Show)
    assert (step.tab, step.page) == ("information", "holes")


def test_the_reason_of_the_right_answer_is_told_to_everybody_and_no_other() -> None:
    made = lesson('why = "It fell."', 'why = "It fell."\nbecause = "Nothing pulled at it."')
    ask = made.pages[1].ask
    assert ask is not None
    yes, no = ask.choices
    fell, rose = {"after.rate": 1.0, "before.rate": 2.0}, {"after.rate": 2.0, "before.rate": 1.0}
    assert judge(ask, no, rose).words == "It is 2.0. Nothing pulled at it."
    assert judge(ask, yes, rose).words == "It rose to 2.0. It is 2.0. Nothing pulled at it."
    assert judge(ask, no, fell).words == "It fell. It is 1.0."


def test_a_block_without_end_is_told() -> None:
    assert "does not end" in trouble("point = [1, 0]\n```\n", "point = [1, 0]\n")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('dataset = "mnist"', 'dataset = "nist"', 1, "there is no dataset 'nist'"),
        ("latent = 2", "latent = 0", 1, "Latent dims"),
        ("beta = 2.0", "gamma = 2.0", 1, "there is no knob 'gamma'"),
        ("vae.beta = 10.0", "vae.beta = 1000.0", 33, "KL weight"),
        ("vae.beta = 10.0", 'vae.hidden = "64"', 33, "acts after a restart only"),
        ('"distortion", ', '"beauty", ', 16, "there is no measure 'beauty'"),
        ('"data.pixels"', '"data.beauty"', 16, "there is no fact 'beauty'"),
        ("train.objective", "train.joy", 16, "has no training curve 'joy'"),
        ("batch = 32", "batch = 0", 1, "Batch size"),
    ],
)
def test_a_mistake_of_meaning_is_told_too(old: str, new: str, line: int, words: str) -> None:
    said = check(lesson(old, new))
    assert said.startswith(f"07-x.md, line {line}: "), said
    assert words in said


def test_the_lessons_of_the_program_are_sound_and_in_order() -> None:
    found = catalogue()
    assert 8 <= len(found) <= 12
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert [each.trouble or check(each) for each in found] == [""] * len(found)
    assert all(any(page.ask for page in each.pages) for each in found)
    assert all(2 <= len(each.pages) <= 6 and each.minutes <= 5 for each in found)
    headings = " · ".join(each.heading for each in found).lower()
    at = -1
    for word in (
        "entropy",
        "cross-entropy",
        "kl div",
        "autoencoders and their training",
        "holes",
        "not generative",
        "sparse",
        "expected log likelihood",
        "p(z) assumed normal",
        "reparameterization",
        "gans",
        "comparison",
    ):
        assert headings.find(word) > at, word
        at = headings.find(word)


# Sums


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("-(4 - 1) / 2", -1.5),
        ("a.b < 0.5 * c", True),
        ("1 < c < 3 and not a.b > c", False),
        ("min(c, 3, a.b) + abs(-2) + max(1, 2)", 4.5),
        ("2 * ln2", 2 * math.log(2)),
        ("a.b == 0.5 or 1 / 0 > 1", True),
    ],
)
def test_sums(text: str, value: float) -> None:
    assert evaluate(text, {"a.b": 0.5, "c": 2.0} if "and not" not in text else {"a.b": 2.5, "c": 2.0}) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.__class__()",
        "(1).real",
        "[1, 2]",
        "x[0]",
        "lambda: 1",
        "'text'",
        "2 ** 999999999",
        "1 if 2 else 3",
        "f'{1}'",
        "abs(1, 2)",
        "min(1)",
        "print(1)",
        "True",
        "a in b",
        "x := 1",
        "1; 2",
        "",
        "9" * 400,
        "-" * 100 + "1",
    ],
)
def test_what_is_no_sum_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, {"a": 1.0, "b": 1.0, "x": 1.0})


def test_what_was_not_measured_and_what_has_no_value_is_told() -> None:
    with pytest.raises(ExpressionError, match=r"'b' in 'a < b' is not measured; there are a"):
        evaluate("a < b", {"a": 1.0})
    with pytest.raises(ExpressionError, match="divides by zero"):
        evaluate("1 / a", {"a": 0.0})


@given(st.text(max_size=60))
def test_no_text_does_anything_but_sums(text: str) -> None:
    try:
        value = evaluate(text, {"a": 1.0})
    except ExpressionError:
        return
    assert isinstance(value, int | float)


OPERATORS = ["+", "-", "*", "<", ">=", "=="]
_numbers = st.floats(-1e6, 1e6).map(lambda x: f"({x!r})")
_sums = st.recursive(
    _numbers | st.just("a.b"),
    lambda inner: st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda t: f"({' '.join(t)})"),
    max_leaves=6,
)


@given(_sums)
def test_sums_are_those_of_python(text: str) -> None:
    if len(text) <= 300:
        python = eval(text.replace("a.b", "(3.5)"), {"__builtins__": {}})  # text that we made
        assert evaluate(text, {"a.b": 3.5}) == python
        assert names(text) <= {"a.b"}


@given(st.floats(-1e9, 1e9))
def test_numbers_in_sentences_have_a_true_minus(value: float) -> None:
    said = fill("It is {x:.1f} nats.", {"x": value})
    assert said == f"It is {f'{value:.1f}'.replace('-', '−')} nats."
    assert places("{x:.1f} and {x - 1:,.0f}") == ("x", "x - 1")


def test_infinity_is_said_as_such() -> None:
    assert fill("{x} {y}", {"x": math.inf, "y": math.nan}) == "∞ no number"
    assert DEEPEST > 20


# Glossary


def test_every_term_is_explained_once_and_briefly() -> None:
    terms = glossary.terms()
    assert len(terms) >= 30
    words = [word.lower() for term in terms for word in term.words]
    assert len(words) == len(set(words))
    for term in terms:
        assert len(re.findall(r"[.!?](?:\s|$)", term.text)) <= 4, term.title
        assert glossary.find(term.key) is term
        assert glossary.tip(term.words[-1]).startswith(term.title)


def test_the_first_occurrence_of_a_term_is_a_link() -> None:
    said = glossary.linked("# Entropy\n\nThe entropy `KL` of a **VAE**, and its entropy. [rate](x) Posteriors.")
    assert said == (
        "# Entropy\n\nThe [entropy](term:entropy) `KL` of a **[VAE](term:variational-autoencoder)**, and its entropy."
        " [rate](x) [Posteriors](term:posterior)."
    )


def test_cross_entropy_is_not_entropy() -> None:
    assert glossary.linked("cross-entropy") == "[cross-entropy](term:cross-entropy)"
    assert glossary.linked("non-generative") == "non-generative"


def test_search_finds_titles_first() -> None:
    found = glossary.search("entropy")
    assert {found[0].title, found[1].title} == {"Cross-entropy", "Entropy"}
    assert glossary.search("rate")[0].title == "Rate"  # not "Learning rate"
    assert not glossary.search("xyzzy")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("## A\n\nOne.\n\n## a\n\nTwo.", "explained twice"),
        ("## A\nunit: nats\n\n## B\n\nTwo.", "is not explained"),
        ("## A\nformula: \\foo\nOne.", r"glossary.md, line 1: in the formula of 'A', '\\foo' is not known; take"),
    ],
)
def test_a_broken_glossary_is_told(text: str, words: str) -> None:
    with pytest.raises(glossary.GlossaryError, match=words):
        glossary.read(text)
