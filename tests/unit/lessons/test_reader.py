"""Lesson files: the parsed lesson, and every error in a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.lessons import quantities, reader
from core.lessons.checker import check
from core.lessons.reader import one_by_one, read
from core.lessons.script import Ask, Lesson, LessonError, Measure, SetKnob, Show, Train, keys
from core.lessons.walkthrough import judge

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
    assert [type(step) for step in second.steps] == [Measure, Ask, SetKnob, Train, Measure, Show]
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
        ('title = "A title"', 'title = ""', 1, "'title' is empty; write something"),
        ('heading = "VAE"', 'heading = " "', 1, "'heading' is empty"),
        ('text = "Yes"', 'text = ""', 21, "'text' is empty"),
        ('heading = "VAE"', 'heading = "VAE"\nminutes = 30', 1, "'minutes' is 30; a lesson takes 1 to 10, so make two"),
        ('heading = "VAE"', 'heading = "VAE"\nminutes = 0', 1, "'minutes' is 0; a lesson takes 1 to 10"),
        ('heading = "VAE"', 'heading = "VAE"\nminutes = 2.5', 1, "'minutes' must be a whole number"),
        ("short = { setup = { batch = 32 } }", "short = 3", 1, "'short' must be a table in { }"),
        ("{ setup = { batch = 32 } }", "{ setup = 3 }", 1, "'setup' in 'short' must be a table in { }"),
        ("setup = { latent = 2 }", "setup = [2]", 1, "'setup' must be a table in { }"),
        ("lanes = [{", 'lanes = ["ae", {', 1, "'ae' in 'lanes' is no table; write lanes = [{ model"),
        ('"vae.rate", "dist', '3, "dist', 16, "3 in 'what' must be text in quotes"),
        ('"vae.rate", "dist', '"vae.rate.now", "dist', 16, "'vae.rate.now' is no measure; write one like vae.rate"),
        ('"vae.rate", "dist', '"data.train.x", "dist', 16, "'data.train.x' is no measure"),
        ('name = "before"', 'name = "before"\nsampler = 3', 16, "'sampler' must be text in quotes"),
        ("point = [1, 0]", "point = 3", 47, "'point' must be a list in [ ]"),
        ("point = [1, 0]", 'point = ["a"]', 47, "'point' must be numbers up to ±100, as in point = [1.5, -2]"),
        ("point = [1, 0]", "point = [true, 0]", 47, "'point' must be numbers"),
        ("point = [1, 0]", "point = [nan, 0]", 47, "'point' must be numbers"),
        ("point = [1, 0]", "point = []", 47, "'point' must be numbers"),
        ("point = [1, 0]", 'lane = ["vae"]', 47, "'lane' must be text in quotes"),
        ("point = [1, 0]", "page = 3", 47, "'page' must be text in quotes"),
        ("```train", "~~~train", 37, "'~~~train' begins no block; write ```train, ```set"),
        ("```train", " ```train", 37, "begins no block; write ```train, ```set"),
        ("```train", "```train 40 steps", 37, "'```train 40 steps' begins no block"),
        ("short = 4\n```\n", "short = 4\n", 37, "does not end; close it"),  # the next block's end is not its own
        ("## Second", "##Second", 14, "'##Second' begins no page; write '## Second' at the start of the line"),
        ("## Second", " ## Second", 14, "begins no page; write '## Second'"),
        ("## Second", "# Second", 14, "begins no page; write '## Second'"),
        ("## Second", "## ", 14, "this page has no title"),
        ("## Second", "##", 14, "'##' begins no page; write '## Title'"),
        ("{after.rate:.1f}.", "{after.rate:.1f.", 21, "a '{' is not closed; write a number like {after.rate:.1f}"),
        ("{after.rate:.1f}.", "{}.", 21, "'{}' is empty; write a number like"),
        ("{after.rate:.1f}.", "after.rate}.", 21, "a '}' stands without its '{'"),
        ("Some *text*.", "It is {before.rate", 10, "a '{' is not closed"),
        ("Some *text*.", "It is {:.1f}", 10, "'{:.1f}' is empty"),
        ('text = "Yes"', 'text = "Above {before.rate:.0f}"', 21, "a choice is read before anything is measured"),
        ('when = "after.rate < before.rate"', "when = 3", 21, "'when' must be text in quotes"),
        ('when = "after.rate < before.rate"', 'when = "3"', 21, "'3' is no condition; compare it, as in"),
        ('when = "after.rate < before.rate"', 'when = "after.rate"', 21, "'after.rate' is no condition"),
        ('when = "after.rate < before.rate"', 'when = "after.rate < 3 and 1"', 21, "is no condition"),
        ('when = "after.rate < before.rate"', 'when = "not after.rate"', 21, "is no condition"),
        ('when = "after.rate < before.rate"', 'when = "1 < 2"', 21, "'1 < 2' holds whatever was measured"),
        ('when = "after.rate < before.rate"', 'when = "after.rate = 3"', 21, "is no expression"),
        ('when = "after.rate < before.rate"', "when = ['a']", 21, "'when' must be text in quotes"),
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
    assert judge(ask, yes, rose).words == "It is 2.0. It rose to 2.0. Nothing pulled at it."
    assert judge(ask, no, fell).words == "It is 1.0. It fell."


def test_a_block_without_end_is_reported() -> None:
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
        ("beta = 2.0", f"beta = {'9' * 400}", 1, "KL weight β: a number of so many digits is too large"),
        ("beta = 2.0", "beta = [2]", 1, "KL weight β: [2] is not a number"),
        (
            "point = [1, 0]",
            "point = [1]",
            47,
            "'point' is 1 long, and the setup has latent = 2; write a number for each",
        ),
        ("point = [1, 0]", "point = [1, 0, 2]", 47, "'point' is 3 long"),
        ("latent = 2", "latent = 10", 47, "'point' is 2 long, and the setup has latent = 10"),
        (
            '"vae.rate", ',
            '"plain.rate", ',
            16,
            "'rate' of AE does not exist: the code has no prior, so there is no rate",
        ),
        ('"distortion", ', '"distortion", "log_px", ', 16, "'log_px' of AE does not exist"),
        ('"distortion", ', '"distortion", "plain.tight_bound", ', 16, "'tight_bound' of AE does not exist"),
        ('"distortion", ', '"distortion", "modes", ', 16, "'modes' of VAE does not exist: only for points of a plane"),
    ],
)
def test_a_mistake_of_meaning_is_told_too(old: str, new: str, line: int, words: str) -> None:
    said = check(lesson(old, new))
    assert said.startswith(f"07-x.md, line {line}: "), said
    assert words in said


def test_what_a_model_without_an_encoder_does_not_have_is_reported() -> None:
    gan = GOOD.replace('model = "ae", name = "plain"', 'model = "gan"')
    for thing, reason in (
        ("psnr", "a GAN has no encoder; measure something else, or another lane"),
        ("stretch", ""),
        ("active_numbers", "a GAN has no encoder"),
        ("precision", ""),
    ):
        said = check(read(gan.replace('"distortion", ', f'"gan.{thing}", '), "07-x.md"))
        assert said == "" if not reason else reason in said, thing


def test_a_file_may_say_it_in_other_ways() -> None:
    made = lesson("```train", "``` train")
    assert [type(step) for step in made.pages[1].steps] == [Measure, Ask, SetKnob, Train, Measure, Show]
    assert (
        lesson("Some *text*.", "Some\n\n### part\n\n#1 and `#2` $\\{x\\}$").pages[0].text.startswith("Some\n\n### part")
    )
    assert lesson('when = "after.rate < before.rate"', 'when = "0 > 1"').pages[1].ask is not None  # never right


WRONG = [
    "3",
    "1.5",
    "true",
    '""',
    '"x"',
    "[]",
    '["a"]',
    "[[1]]",
    "{}",
    "{ a = 1 }",
    "nan",
    "1979-05-27",
    "0x" + "f" * 400,
]


@pytest.mark.parametrize("value", WRONG)
def test_no_value_of_another_kind_is_more_than_a_mistake(value: str) -> None:
    lines = GOOD.splitlines()
    for at, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        if not equals:
            continue
        text = "\n".join([*lines[:at], f"{key} = {value}", *lines[at + 1 :]])
        try:
            said = check(read(text, "07-x.md"))
        except LessonError as error:
            said = str(error)
        assert said == "" or re.match(r"07-x\.md, line \d+: ", said), (line, said)
        assert "compare it with a lesson" not in said, (line, said)  # nobody foresaw it


def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *contents: bytes) -> tuple[Lesson, ...]:
    """The lessons of a folder with these files."""
    (tmp_path / "lessons").mkdir()
    for number, content in enumerate(contents, 1):
        (tmp_path / "lessons" / f"{number:02}-any-name.md").write_bytes(content)
    monkeypatch.setattr(reader, "files", lambda _: tmp_path)
    return tuple(one_by_one())


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (GOOD.replace("point = [1, 0]", "point = 3").encode(), "01-any-name.md, line 47: 'point' must be a list"),
        (GOOD.replace("{ batch = 32 }", "3").encode(), "01-any-name.md, line 1: 'setup' in 'short' must be a table"),
        (b"", "01-any-name.md, line 1: there is no recipe"),
        (GOOD.replace("Some *text*", "na\u00efve").encode("latin-1"), "line 12: it cannot be read; save it as UTF-8"),
        (GOOD.replace("beta = 2.0", f"beta = {'9' * 5_000}").encode(), "it holds a number of thousands of digits"),
        (GOOD.replace("beta = 2.0", f"beta = {'[' * 5_000}").encode(), "it is nested too deep"),
    ],
)
def test_a_broken_file_hides_no_other(
    broken: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = folder(tmp_path, monkeypatch, broken, GOOD.encode(), b"\xef\xbb\xbf" + GOOD.encode())
    assert words in found[0].trouble
    assert (found[0].title, found[0].number, check(found[0])) == ("Any name", 1, found[0].trouble)
    for other in found[1:]:
        assert (other.title, other.trouble, check(other)) == ("A title", "", "")


def test_what_cannot_be_opened_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lessons" / "00-x.md").mkdir(parents=True)
    (tmp_path / "lessons" / "01-y.md").write_text(GOOD, "utf-8")
    monkeypatch.setattr(reader, "files", lambda _: tmp_path)
    first, second = tuple(one_by_one())
    assert "00-x.md: it cannot be opened (" in first.trouble
    assert check(second) == ""


def test_a_check_that_fails_itself_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise TypeError("out of order")

    monkeypatch.setattr(quantities, "why_not", fail)
    said = "07-x.md, line 16: it cannot be used (TypeError: out of order); compare it with a lesson that works"
    assert check(lesson()) == said


def test_a_reason_names_what_it_speaks_of() -> None:
    """The reason of the right answer follows that of a wrong one: "it" would be what was chosen wrongly."""
    vague = re.compile(r"(It|Its|They|Their)\b|Steps of this size")
    choices = [choice for each in one_by_one() for page in each.pages if page.ask for choice in page.ask.choices]
    said = [text for choice in choices for text in (choice.why, choice.because)]
    assert any(said)
    assert [text for text in said if vague.match(text)] == []


def test_the_lessons_of_the_program_are_sound_and_in_order() -> None:
    found = tuple(one_by_one())
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
