"""Every lesson from its first page to its last without a person: it trains, and its answers follow from its numbers."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from core.datasets.base import Dataset, load
from core.engine.experiment import Experiment
from core.lessons.reader import one_by_one, read
from core.lessons.script import Ask, Lesson, LessonError
from core.lessons.walkthrough import Walkthrough, data_of, judge
from core.text.formulas import spoken
from core.training.setup import Setup
from tests.alone import run_lesson

LESSONS = tuple(one_by_one())
RIGHT = {
    "01-entropy": ("About 784", "Yes, the code"),
    "02-cross-entropy": ("A part",),
    "03-kl-divergence": ("Only KL(p",),
    "04-autoencoders": ("Usual", "Large"),
    "05-holes": ("The autoencoder's", "The autoencoder's"),
    "06-not-generative": ("Less than 20 %", "Many more"),
    "07-sparse-and-denoising": ("The denoising one", "Fewer numbers speak, the pictures get worse"),
    "08-vae": ("Fall",),
    "09-prior-and-posterior": ("Much farther", "Some nats"),
    "10-reparameterization": ("More than thirty",),
    "11-gan": ("Around 2 ln 2", "Neither loss"),
    "12-comparison": ("The autoencoder", ""),  # the VAE's points or the GAN's: both come near
}
"""How the right answers begin: what a lesson teaches. Short forms gave the same with six seeds."""


@functools.cache
def data(name: str, config: Any) -> Dataset:
    return load(name, config)


@pytest.fixture(scope="module", autouse=True)
def forget_data() -> Any:
    yield
    data.cache_clear()


def go(lesson: Lesson, answers: Any) -> tuple[list[Any], Walkthrough]:
    """The verdicts of a lesson, and the walk with its numbers."""
    assert lesson.recipe is not None
    walks: list[Walkthrough] = []

    def answer(walk: Walkthrough, ask: Ask) -> int:
        walks.append(walk)
        chosen: int = answers(ask)
        return chosen

    dataset = data(*data_of(lesson.recipe, short=True))
    experiment = Experiment(Setup(threads=1, device="cpu"), dataset, ())
    try:
        verdicts = run_lesson(lesson, answer, experiment, dataset, short=True)
        assert experiment.engine.errors == []
        assert all(run.view.status.step > 0 for run in experiment.runs)  # it did train
        return verdicts, walks[-1]
    finally:
        assert experiment.close()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_runs_unattended_and_its_answer_follows(lesson: Lesson) -> None:
    verdicts, walk = go(lesson, lambda ask: 0)
    asks = [page.ask for page in lesson.pages if page.ask is not None]
    assert len(verdicts) == len(asks)
    for ask, verdict, begins in zip(asks, verdicts, RIGHT[lesson.name], strict=True):
        right = verdict.right
        assert right is not None, walk.values
        assert spoken(right.text).startswith(begins), walk.values
        assert not right.because or verdict.words.endswith(spoken(right.because)[-12:])
        said = [judge(ask, choice, walk.values) for choice in ask.choices]
        assert [each.is_right for each in said].count(True) == 1
        for choice, each in zip(ask.choices, said, strict=True):
            assert "{" not in spoken(each.words)
            if choice is not right:
                assert choice.why[:12] in each.words
                assert not each.is_right
        assert said[0] == verdict
    for walk.at, page in enumerate(lesson.pages):  # what a page says of values has a step, measured there or before
        assert walk.measured_step is not None or page.ask is None or "{" not in page.ask.told


WRONG_WAY = """+++
title = "T"
heading = "H"
dataset = "mixture"
data = { train_images = 1000 }
setup = { latent = 2 }
lanes = [{ model = "ae", hidden = "16" }]
+++

## Only

```ask
question = "Which?"
told = "It is {x.distortion:.2f}."
[[choice]]
text = "Above"
when = "x.distortion > 1000"
why = "It is below: {x.distortion:.2f}."
[[choice]]
text = "Below"
when = "x.distortion < 1000"
why = "It is above."
```

```train
steps = 5
```

```measure
name = "x"
what = ["distortion"]
```
"""


def test_a_wrong_answer_is_told_why_with_the_numbers() -> None:
    verdicts, walk = go(read(WRONG_WAY, "x.md"), lambda ask: 0)
    value = f"{walk.values['x.distortion']:.2f}".replace("-", "−")
    assert not verdicts[0].is_right
    assert verdicts[0].words == f"It is {value}. It is below: {value}."


def test_numbers_that_settle_nothing_are_told_as_such() -> None:
    unclear = WRONG_WAY.replace("< 1000", "< -1000")
    verdicts, _ = go(read(unclear, "x.md"), lambda ask: 1)
    assert verdicts[0].right is None
    assert not verdicts[0].is_right
    assert verdicts[0].words.startswith("These numbers settle nothing. It is ")


def test_a_measure_that_does_not_exist_for_the_data_ends_the_lesson_in_a_sentence() -> None:
    strange = WRONG_WAY.replace('what = ["distortion"]', 'what = ["distortion", "ssim"]')
    with pytest.raises(LessonError, match="could not measure"):
        go(read(strange, "x.md"), lambda ask: 0)
