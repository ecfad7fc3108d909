"""A run folder from elsewhere: what it claims is compared with what it holds before anything of its size is built."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from core.engine import run_checks, run_folder
from core.engine.run_folder import CONFIG, METRICS, WEIGHTS
from core.faults.files import small_run
from core.foundation.files import FileError
from core.models.base import MODELS
from core.training.training import columns_of

ROOT = Path(__file__).parents[3]
GIANT = ", ".join(["9999"] * 8)
POINTS = (2, 1, 1)


@pytest.fixture
def contents() -> dict[str, bytes]:
    return small_run("vae", POINTS)


def with_config(contents: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> dict[str, bytes]:
    config = json.loads(contents[CONFIG])
    change(config)
    return {**contents, CONFIG: json.dumps(config).encode()}


def refused(contents: dict[str, bytes]) -> str:
    with pytest.raises(FileError) as caught:
        run_folder.from_contents(Path("run"), contents)
    words = str(caught.value)
    assert words.isprintable()
    assert len(words) < 400
    return words


@pytest.mark.parametrize("model", MODELS.names())
@pytest.mark.parametrize("image", [POINTS, (1, 28, 28), (3, 32, 32)])
def test_every_model_passes_its_own_check(model: str, image: tuple[int, int, int]) -> None:
    saved = run_folder.from_contents(Path("run"), small_run(model, image))
    assert saved.snapshot().shape.image == image
    assert len(saved.history) == 3


def test_networks_are_compared_with_the_header_before_they_are_built(
    contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setattr(run_folder, "build", lambda *_: built.append("for real"))
    words = refused(with_config(contents, lambda config: config["config"].update(hidden=GIANT)))
    assert "its weights do not fit its config: " in words
    assert "F32 (9999" in words
    assert built == []


def test_weights_that_are_too_few_are_counted(contents: dict[str, bytes]) -> None:
    words = refused({**contents, WEIGHTS: save({"other": torch.zeros(3)})})
    assert "its weights do not fit its config: 3 numbers, by the config" in words


def test_other_formats_of_numbers_are_refused(contents: dict[str, bytes]) -> None:
    halves = {name: tensor.half() for name, tensor in load(contents[WEIGHTS]).items()}
    assert "is F16 (" in refused({**contents, WEIGHTS: save(halves)})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused_with_their_name(value: float, contents: dict[str, bytes]) -> None:
    weights = load(contents[WEIGHTS])
    name = next(name for name in weights if name.endswith("bias"))
    weights[name][1] = value
    words = refused({**contents, WEIGHTS: save(weights)})
    assert words == (
        f"run cannot be used: its weights are not finite ({name}): the run had broken; open an earlier one"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"step": -5}, "step: −5 is outside 0 to 1,000,000,000,000"),
        ({"step": 1e300}, "step: 1e300 is outside"),
        ({"step": "7"}, "step: 7 is not a number"),
        ({"step": True}, "step: True is not a number"),
        ({"step": 2.5}, "step: 2.5 is not a whole number"),
        ({"seconds": -1}, "seconds: −1 is outside"),
        ({"seconds": 1e300}, "seconds: 1e300 is outside"),
        ({"turns": None, "turned_at": {"beta": 1e300}}, "turned_at of beta: 1e300 is outside"),
        ({"turns": None, "turned_at": [1]}, "turned_at: [1] is not a JSON object"),
        ({"name": 3}, "3 is no name of a lane"),
        ({"name": "x" * 41}, "at most 40 letters, this one has 41"),
        ({"turns": {"lr": 3}}, "turns: not a list of step, knob and value"),
        ({"turns": [[3, "lr"]]}, "turns: not a list of step, knob and value"),
        ({"turns": [[3, "gamma", 1]]}, "there is no knob 'gamma'"),
        ({"turns": [[3, "lr", "fast"]]}, "'fast' is not a number"),
        ({"turns": [[41, "lr", 0.1]]}, "its changes of knobs are not in the order of their steps"),
        ({"turns": [[3, "lr", 0.1], [2, "lr", 0.2]]}, "its changes of knobs are not in the order of their steps"),
        ({"turns": [[1, "lr", 0.1]] * 5_000}, "it has 5,000 changes of knobs; 4,096 are allowed"),
        ({"data": None}, "data: None is not a JSON object"),
        ({"data": ["moons"]}, "data: ['moons'] is not a JSON object"),
        ({"data": {"shape": [2, 1, 1], "config": None}}, "config of data: None is not a JSON object"),
        ({"data": {"shape": [2, 1, 1], "config": [1]}}, "config of data: [1] is not a JSON object"),
        ({"data": {"shape": [2, 1, 1], "name": 3}}, "data: name is not text"),
        ({"data": {"shape": [65, 1, 1]}}, "data: images of shape [65, 1, 1] are not ours"),
        ({"data": {"shape": [5, 2, 1]}}, "data: images of shape [5, 2, 1] are not ours"),
        ({"data": {"shape": [2, 1, 1], "columns": {"names": ["a"]}}}, "data: columns are not 2 names, means and units"),
        ({"data": {"shape": [2, 1, 1], "columns": []}}, "columns of data: [] is not a JSON object"),
        ({"data": {"shape": [2, 1, 1], "class_names": "ab"}}, "data: class_names is not a list of names"),
        ({"data": {"shape": "211"}}, "data: images of shape 211 are not ours"),
        ({"data": {"shape": [1.0, 28, 28]}}, "are not ours"),
        ({"model": "a\nb"}, "there is no model 'a\\nb'"),
        ({"model": "x" * 200_000}, "there is no model 'xxx"),
        ({"model": None}, "there is no model 'None'"),
        ({"config": None}, "None is no table of knobs"),
        ({"config": {"y" * 200_000: 1}}, "there is no knob 'yyy"),
        ({"config": {"hidden": "z" * 200_000}}, "Hidden layers: a text of 200,000 characters is too long"),
        ({"config": {"hidden": None}}, "Hidden layers: None is not text"),
        ({"setup": {"batch": "\0"}}, "Batch size: '\\x00' is not a number"),
        ({"format": "q" * 100_000}, "has format qqq"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else next(iter(value)),
)
def test_a_claim_that_cannot_be_is_refused(change: dict[str, Any], why: str, contents: dict[str, bytes]) -> None:
    assert why in refused(with_config(contents, lambda config: config.update(change)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"step": Infinity}', "config.json holds Infinity, which is no finite number; choose a folder"),
        ('{"seconds": NaN}', "config.json holds NaN"),
        ('{"step": ' + "9" * 400 + "}", "config.json holds 99999999999999999999999…, which is too large a number"),
        ("[" * 1000 + "]" * 1000, "config.json is nested more than 32 levels deep"),
        ("[1]", "config.json is not a JSON object"),
    ],
    ids=lambda value: value[:20],
)
def test_a_config_that_is_no_json_of_ours(text: str, why: str, contents: dict[str, bytes]) -> None:
    assert why in refused({**contents, CONFIG: text.encode()})


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("1,0.1\n", "is no table of numbers"),
        ("{row}\n{row}x\n", "is no table of numbers"),
        ("{row}\n{row}\n", "not in the order of its steps"),
        ("-1{rest}\n", "not in the order of its steps"),
        ("nan{rest}\n", "not in the order of its steps"),
        ("1,inf{terms}\n", "not in the order of its steps"),
        ("\n" * 20_000 + "{row}\n", "its history has 20,001 rows; 16,384 are allowed"),
    ],
    ids=lambda value: value[:20],
)
def test_a_history_that_cannot_be(rows: str, why: str, contents: dict[str, bytes]) -> None:
    columns = columns_of("vae")
    terms = ",2.5" * (len(columns) - 2)
    text = rows.format(row=f"1,0.1{terms}", rest=f",0.1{terms}", terms=terms)
    assert why in refused({**contents, METRICS: f"{','.join(columns)}\n{text}".encode()})


def test_terms_of_a_history_need_not_be_finite() -> None:
    table = run_checks.history_of(
        b"step,seconds,a,b\n1,0.1,nan,inf\n2,0.2,-inf,1e999\n", ("step", "seconds", "a", "b"), 1
    )
    np.testing.assert_array_equal(table.rows, [[1, 0.1, math.nan, math.inf]])
    assert not table.rows.flags.writeable


MEASURE = """
import json, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from core.engine import run_folder
from core.faults.files import small_run
from core.foundation.files import FileError

def kilobytes(name):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])

def taken(folder):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, said = kilobytes("VmRSS"), ""
    try:
        run_folder.from_contents(Path("run"), {each.name: each.read_bytes() for each in folder.iterdir()})
    except FileError as error:
        said = str(error)
    return (kilobytes("VmHWM") - before) / 1000, said

run_folder.from_contents(Path("run"), small_run("vae", (1, 28, 28), "400"))
print(json.dumps({folder.name: taken(folder) for folder in sorted(Path(sys.argv[1]).iterdir())}))
"""


def giant(contents: dict[str, bytes]) -> dict[str, bytes]:
    return with_config(contents, lambda config: config["config"].update(hidden=GIANT))


def many_names(contents: dict[str, bytes]) -> dict[str, bytes]:
    each = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header = json.dumps({f"{number}": each for number in range(15_000)}).encode()
    return {**contents, WEIGHTS: struct.pack("<Q", len(header)) + header}


def many_lists(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, CONFIG: b"[" + b"{},[]," * 150_000 + b"0]"}


def long_history(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, METRICS: b"step,seconds\n" + (b"1," * 300 + b"1\n") * 16_000}


def one_row(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {**contents, METRICS: b"," * 2_000_000 + b"\n" + b"1," * 2_000_000}


def large(contents: dict[str, bytes]) -> dict[str, bytes]:
    return small_run("vae", (1, 64, 64), "1500, 1000")


LARGE: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], str]] = {
    "giant networks": (giant, "do not fit its config"),
    "many names": (many_names, "cannot be used"),
    "many lists": (many_lists, "is not a JSON object"),
    "long history": (long_history, "is no table of numbers"),
    "one row": (one_row, "is no table of numbers"),
    "what it says": (large, ""),
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of its memory from /proc")
def test_opening_takes_four_times_the_size_of_the_folder_and_50_mb(contents: dict[str, bytes], tmp_path: Path) -> None:
    size_mb = dict.fromkeys(LARGE, 0.0)
    for folder, (change, _) in LARGE.items():
        (tmp_path / folder).mkdir()
        for name, content in change(contents).items():
            (tmp_path / folder / name).write_bytes(content)
            size_mb[folder] += len(content) / 1e6
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for folder, (taken_mb, said) in json.loads(done.stdout).items():
        words = LARGE[folder][1]
        assert (words in said) if words else said == ""
        assert taken_mb < 4 * size_mb[folder] + 50, folder


LOOKS_AT_ITS_NUMBERS = """
import torch

from core.models.base import register
from core.models.vae import VariationalAutoencoder

@register("mine")
class Mine(VariationalAutoencoder):
    title, short, summary = "My model", "MINE", "It looks at its numbers while it is made."

    def __init__(self, config, shape, network):
        super().__init__(config, shape, network)
        self.register_buffer("gain", torch.full((3,), {gain}))
        assert self.gain.sum().item() > 0
"""


def test_a_model_that_looks_at_its_numbers_while_it_is_made_is_opened_all_the_same(
    user_files: Callable[[str, str], Path],
) -> None:
    user_files("models/mine.py", LOOKS_AT_ITS_NUMBERS.replace("{gain}", "2.0"))
    contents = small_run("mine", POINTS)
    assert run_folder.from_contents(Path("run"), contents).model == "mine"
    assert "size mismatch" in refused(with_config(contents, lambda config: config["config"].update(hidden="5")))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = " + "(" * 5000 + ")" * 5000, "too many nested parentheses"),
        ("x = " + "-" * 100_000 + "1", ""),
        ("raise ValueError('a\\n\\0' * 100_000)", "ValueError: a \\x00"),
        ("\0", "null bytes"),
        ("x" * 200_000, "NameError"),
        ("class A(metaclass=type('x' * 100_000, (), {})): pass", ""),
    ],
    ids=range(6),
)
def test_a_file_of_a_user_fails_in_one_short_sentence(
    text: str, why: str, user_files: Callable[[str, str], Path]
) -> None:
    user_files("models/mine.py", text)
    trouble = next(why_broken for label, why_broken in MODELS.broken.items() if label.startswith("mine"))
    assert why in trouble
    assert trouble.isprintable()
    assert len(trouble) < 400
