"""Files of a user: they are held to what ours are held to, and what they lack is said before anything relies on it."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core.cli.main import main
from core.datasets.base import SOURCES, DataError, Dataset, load
from core.engine import run_folder
from core.evaluation import model_side
from core.foundation.files import FileError
from core.metrics.base import METRICS
from core.models.base import MODELS
from tests.own_files import DATASET, MEASURE, MODEL, changed

Write = Callable[[str, str], Path]
Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


def contract(name: str) -> ModuleType:
    """The tests of a registry, to be run on a newcomer by hand: at collection it was not there."""
    spec = importlib.util.spec_from_file_location("contract", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def promises(tests: ModuleType, *arguments: tuple[str, Any]) -> Iterator[Callable[[], None]]:
    """Every test of a registry that takes just these arguments, to be run with them."""
    wanted, values = zip(*arguments, strict=True)
    found = [each for name, each in vars(tests).items() if name.startswith("test_")]
    found = [each for each in found if tuple(inspect.signature(each).parameters) == wanted]
    assert found
    for test in found:
        yield functools.partial(test, *values)


# --- what they can do ------------------------------------------------------------------------------------------------


def test_a_model_keeps_the_promises_of_every_model(
    user_files: Write, tiny: Callable[..., Dataset], tmp_path: Path
) -> None:
    user_files("models/mine.py", MODEL)
    tests, slow = contract("test_models"), contract("test_slow_motion")
    assert "mine" in tests.NAMES
    for latent in (1, 2, 10):
        tests.check_model(tests.trained("mine", tiny(), latent=latent), tiny(), latent)
    for module in (tests, slow):
        for test in promises(module, ("name", "mine"), ("tiny", tiny)):
            test()
    for test in promises(tests, ("name", "mine")):
        test()
    for test in promises(tests, ("name", "mine"), ("network", "mlp"), ("tiny", tiny), ("tmp_path", tmp_path / "run")):
        test()


def test_a_dataset_keeps_the_promises_of_every_dataset(user_files: Write, tmp_path: Path) -> None:
    user_files("datasets/bars.py", DATASET)
    tests = contract("test_datasets")
    assert "bars" in tests.NAMES
    config = tests.small_config("bars", tmp_path)
    loaded = {"bars": (config, load("bars", config))}
    for test in (
        *promises(tests, ("name", "bars")),
        *promises(tests, ("name", "bars"), ("loaded", loaded)),
    ):
        with contextlib.suppress(pytest.skip.Exception):  # nothing is drawn by a seed of its own
            test()


def test_a_measure_keeps_the_promises_of_every_measure(user_files: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    user_files("metrics/ink.py", MEASURE)
    tests = contract("test_metrics")
    assert "ink" in tests.NAMES
    monkeypatch.setattr(model_side, "DRAWS", tests.DRAWS)
    for test in promises(tests, ("name", "ink")):
        test()
    tests.check("ink", *tests.measure("ink", tests.subject_of("vae", "mnist")), "prior")


def test_pytest_itself_runs_the_contract_over_a_folder(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.py").write_text(MODEL)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contract/test_models.py"]
    done = subprocess.run(
        [sys.executable, *words, "-k", "mine and (says_what or knobs_are)"],
        cwd=ROOT,
        env={**os.environ, "LATENT_PLAYGROUND_TESTED": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_command_line_trains_samples_and_measures_with_them(
    user_files: Write, tmp_path: Path, capsys: Captured
) -> None:
    user_files("models/mine.py", MODEL)
    user_files("datasets/bars.py", DATASET)
    user_files("metrics/ink.py", MEASURE)
    words = (
        "train --model mine --dataset bars --train-images 500 --steps 20 --pull 0.25 --json --device cpu --threads 1"
    )
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["config"]["pull"] == 0.25
    assert lines[0]["train_images"] == 500
    assert lines[-1]["event"] == "done"
    assert main(["sample", str(tmp_path / "run"), "--n", "4", "--out", str(tmp_path / "grid.png")]) == 0
    assert main(["train", "--model", "mine", "--dataset", "bars", "--help"]) == 0
    assert "How strongly codes are pulled to 0." in capsys.readouterr().out


def test_a_saved_run_opens_while_its_files_are_there(user_files: Write, tmp_path: Path, capsys: Captured) -> None:
    model = user_files("models/mine.py", MODEL)
    data = user_files("datasets/bars.py", DATASET)
    words = "train --model mine --dataset bars --steps 2 --json --device cpu --threads 1"
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    assert run_folder.load(tmp_path / "run").model == "mine"
    model.unlink()
    MODELS.rescan()
    with pytest.raises(FileError, match=r"no model 'mine'; there are ae.*needs its file in .*models$"):
        run_folder.load(tmp_path / "run")
    capsys.readouterr()
    assert main(["sample", str(tmp_path / "run")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    user_files("models/mine.py", "1 / 0\n" + MODEL.replace("from __future__ import annotations", ""))
    with pytest.raises(FileError, match=r"no model 'mine' \(mine.py: ZeroDivisionError: division by zero \(line 1\)\)"):
        run_folder.load(tmp_path / "run")
    user_files("models/mine.py", MODEL)
    data.unlink()
    SOURCES.rescan()
    assert main(["evaluate", str(tmp_path / "run")]) == 2
    assert "there is no dataset 'bars'" in capsys.readouterr().err


# --- what is said before anything relies on it -----------------------------------------------------------------------

BARE = "from core.models.base import Model, register\n@register('mine')\nclass Mine(Model):\n    pass\n"
REMEDIES = """remedies(cls, config):
        from core.models.declarations import set_knob
        return {"holes": (set_knob("push", "push", 1.0, "Push."),)}"""
READOUTS = """readouts(cls, config):
        from core.models.declarations import Readout
        return (Readout("speed", "Speed"),)"""


def with_method(text: str) -> str:
    """The model with one more class method."""
    return changed(MODEL, "    def phases", f"    @classmethod\n    def {text}\n\n    def phases")


MODELS_THAT_LACK: dict[str, tuple[str, str]] = {
    "everything": (BARE, "^Mine lacks logits, phases, title, short, columns, watched, chart$"),
    "its phases": (changed(MODEL, "def phases", "def faces"), "^Mine lacks phases$"),
    "a title": (changed(MODEL, '"My autoencoder", "MINE"', '"", "MINE"'), "^Mine lacks title$"),
    "a title of letters": (changed(MODEL, '"My autoencoder", "MINE"', '7, "MINE"'), "title is no text"),
    "an order": (changed(MODEL, "    Config = Knobs", "    Config, order = Knobs, 'last'"), "order is no number"),
    "the base": (
        "from core.models.base import register\n@register('mine')\nclass Mine: pass\n",
        "no subclass of Model",
    ),
    "a class": ("from core.models.base import register\n@register('mine')\ndef mine(): pass\n", "no subclass of Model"),
    "a Config of ours": (changed(MODEL, "Knobs(AutoencoderConfig)", "Knobs"), "Knobs is no subclass of TrainConfig"),
    "a decorated Config": (changed(MODEL, "@dataclass(frozen=True)\n", ""), "Knobs lacks @dataclass"),
    "bounds": (changed(MODEL, '"Pull", 0.0, 10.0,', '"Pull",'), "Knobs.pull lacks its bounds"),
    "a default within bounds": (changed(MODEL, ")] = 0.1", ")] = 99.0"), "Pull: 99 is outside 0 to 10"),
    "a default": (changed(MODEL, ")] = 0.1", ")]"), "^TypeError: non-default argument 'pull'"),
    "a Param": (changed(MODEL, "Annotated[float, Param", "tuple[float, Param"), "cannot be read"),
    "a kind that a form has": (
        changed(MODEL, "Annotated[float, ", "Annotated[list, "),
        "is of no kind that a form has",
    ),
    "a known type": (changed(MODEL, "Annotated[float, ", "Annotated[Folat, "), "NameError: name 'Folat'"),
    "the knob that shows it": (changed(MODEL, "live=True", "when=('mode', ('a',))"), "a knob 'mode' that is not there"),
    "columns": (changed(MODEL, '("objective", "distortion")\n', '("step", "step")\n'), "Mine.columns must be"),
    "a tuple of columns": (changed(MODEL, '("objective", "distortion")\n', '"distortion"\n'), "must be a tuple"),
    "a watched column": (changed(MODEL, '("objective", "distortion")\n', '("objective",)\n'), "Mine.watched must be"),
    "a chart": (changed(MODEL, "    Config = Knobs", "    Config, chart = Knobs, 3"), "is no Chart"),
    "a column of its chart": (
        changed(MODEL, '("objective", "distortion")\n', '("objective",)\n    watched = ("objective",)\n'),
        "draws distortion, which is none of its columns",
    ),
    "an __init__ of three": (
        changed(MODEL, "    def phases", "    def __init__(self):\n        pass\n\n    def phases"),
        r"^Mine.__init__ must take \(self, config, shape, network\)$",
    ),
    "the knob of its badge": (
        changed(MODEL, "    Config = Knobs", "    Config, badge = Knobs, 'λ {lamda:.2f}'"),
        "^Mine.badge_of fails with the default knobs: KeyError: 'lamda'$",
    ),
    "the knob of a remedy": (with_method(REMEDIES), "declares something of push, which is none of its knobs"),
    "the column of a readout": (with_method(READOUTS), "declares something of speed, which is none of its columns"),
    "remedies that work": (with_method("remedies(cls, config):\n        return 1 / 0"), "^Mine.remedies fails with"),
    "an encoder": (
        changed(
            MODEL,
            "    def phases",
            "    from core.models.base import Model\n    encode = Model.encode\n\n    def phases",
        ),
        "^Mine lacks encode, which a model with has_encoder",
    ),
}


DATASETS_THAT_LACK: dict[str, tuple[str, str]] = {
    "load": (changed(DATASET, "def load", "def lode"), "^Bars lacks load$"),
    "a summary": (changed(DATASET, '"images with one bright column", 200', '"", 200'), "^Bars lacks summary$"),
    "a description of a knob": (changed(DATASET, "Annotated[int, Param", "tuple[int, Param"), "cannot be read"),
    "an __init__ of none": (
        changed(DATASET, "    def load", "    def __init__(self, folder):\n        pass\n\n    def load"),
        r"^Bars.__init__ must take \(self\)$",
    ),
}


MEASURES_THAT_LACK: dict[str, tuple[str, str]] = {
    "measure": (changed(MEASURE, "def measure", "def mesure"), "^Ink lacks measure$"),
    "why_not": (changed(MEASURE, "def why_not", "def why"), "^Ink lacks why_not$"),
    "a help": (changed(MEASURE, "    help = ", "    halp = "), "^Ink lacks help$"),
    "a side that is better": (changed(MEASURE, "of_samples = True", "better = 7"), "better must be -1, 0 or 1"),
    "whole decimals": (changed(MEASURE, "of_samples = True", "decimals = 0.5"), "decimals must be a whole number"),
    "a name of its own": (changed(MEASURE, '"ink"', '"seconds"'), "cannot be called 'seconds'"),
}


LACKING = [
    *(("models/mine.py", what) for what in MODELS_THAT_LACK),
    *(("datasets/bars.py", what) for what in DATASETS_THAT_LACK),
    *(("metrics/ink.py", what) for what in MEASURES_THAT_LACK),
]


@pytest.mark.parametrize(("file", "what"), LACKING)
def test_a_class_that_lacks(file: str, what: str, user_files: Write) -> None:
    kinds = {"models": (MODELS, MODELS_THAT_LACK), "datasets": (SOURCES, DATASETS_THAT_LACK)}
    folder, _, name = file.removesuffix(".py").partition("/")
    registry, lacking = kinds.get(folder, (METRICS, MEASURES_THAT_LACK))
    text, why = lacking[what]
    user_files(file, text)
    is_refused(registry, name, why)


def is_refused(registry: Any, name: str, why: str) -> None:
    assert name not in registry.names()
    assert set(registry.broken) == {f"{name}.py"}
    sentence = registry.broken[f"{name}.py"]
    assert re.search(why, sentence), sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("kind", "text", "own", "taken"),
    [
        ("models", MODEL, '"mine"', '"vae"'),
        ("datasets", DATASET, '"bars")\nclass', '"mnist")\nclass'),
        ("metrics", MEASURE, '"ink"', '"rate"'),
    ],
)
def test_our_names_win(kind: str, text: str, own: str, taken: str, user_files: Write) -> None:
    registry: Any = {"models": MODELS, "datasets": SOURCES, "metrics": METRICS}[kind]
    name = taken.split('"')[1]
    before = registry.get(name)
    user_files(f"{kind}/thief.py", changed(text, own, taken))
    assert registry.get(name) is before
    assert f"'{name}' already, of this program; register another name" in registry.broken["thief.py"]


# --- what the command line says --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("option", "kind"), [("--model", "models"), ("--dataset", "datasets")])
def test_a_broken_one_is_named_with_its_reason(option: str, kind: str, user_files: Write, capsys: Captured) -> None:
    user_files(f"{kind}/broken_one.py", "def half(:\n")
    assert main(["train", option, "broken_one"]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert f"there is no {option[2:]} 'broken_one' (broken_one.py: SyntaxError: " in told
    assert "there are " in told
    assert main(["train", "--help"]) == 0
    assert "broken_one.py (SyntaxError" in " ".join(capsys.readouterr().out.split())


def test_two_knobs_of_one_name_are_a_sentence(user_files: Write, capsys: Captured) -> None:
    user_files("models/mine.py", changed(MODEL, "    pull: ", "    seed: "))
    assert main(["train", "--model", "mine"]) == 2
    told = capsys.readouterr().err
    assert "conflicting option string: --seed" in told
    assert len(told.splitlines()) == 1


# --- data that nothing could train on --------------------------------------------------------------------------------

DATA_THAT_FAILS: dict[str, tuple[str, str, str]] = {
    "raises": ("report(0.5)", "1 / 0", r"^Bars cannot be read: ZeroDivisionError: division by zero \(line \d+\)$"),
    "exits": ("report(0.5)", "raise SystemExit(3)", "^Bars cannot be read: it calls sys.exit"),
    "nothing": ("return made", "pass", "^Bars cannot be used: its load returns NoneType, not a Dataset"),
    "another name": ('Dataset("bars", ', 'Dataset("mnist", ', "calls the data 'mnist', not 'bars'"),
    "no images": ("return Images(pixels, ", "return Images(pixels[:0], ", "N > 0"),
    "floats": ("return Images(pixels, ", "return Images(pixels / 255, ", "must be uint8, not float64"),
    "oblongs": ("return Images(pixels, ", "return Images(pixels[:, :, :20].copy(), ", "squares of 28 to 128 pixels"),
    "a view": ("return Images(pixels, ", "return Images(pixels[..., ::-1], ", "must be contiguous and writable"),
    "short labels": ("at // 14)", "at[1:] // 14)", "labels must be int64"),
    "labels of floats": ("at // 14)", "at / 14)", "labels must be int64"),
}


@pytest.mark.parametrize("what", DATA_THAT_FAILS)
def test_data_that_cannot_be_used_are_a_sentence(what: str, user_files: Write, capsys: Captured) -> None:
    before, after, why = DATA_THAT_FAILS[what]
    user_files("datasets/bars.py", changed(DATASET, before, after))
    with pytest.raises(DataError, match=why):
        load("bars")
    assert main(["train", "--dataset", "bars", "--steps", "1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
