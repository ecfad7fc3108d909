"""An experiment as a document: all of it comes back, from a file and a folder, or it is refused in one sentence."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from core.datasets.base import Dataset
from core.engine.document import ARRAYS, EXPERIMENT, NAMES, PICTURE, Document, contents_of, from_contents
from core.engine.document_file import MIME_TYPE, load, picture_of, save
from core.engine.document_file import contents_of as contents_of_file
from core.engine.run_checks import CheckError
from core.evaluation import samplers
from core.foundation.files import FileError
from core.foundation.generations import MANIFEST, manifest_of
from tests.unit.engine.documents import assert_same, small_document

PLACES = ["run.lplay", "run"]
HERE = Path("x.lplay")


@pytest.fixture(scope="module")
def small(tiny: Callable[..., Dataset]) -> Document:
    assert "gaussian" in samplers.NAMES
    return small_document(tiny())


@pytest.mark.parametrize("name", PLACES)
def test_a_document_comes_back_as_it_was(name: str, small: Document, tmp_path: Path) -> None:
    save(tmp_path / "a new folder" / name, small)
    found = load(tmp_path / "a new folder" / name)
    assert_same(found, small)
    assert found.lanes[0].pending.hidden == "16"
    assert found.lanes[1].slot == 0
    assert found.lanes[0].run.continuation is not None
    assert picture_of(tmp_path / "a new folder" / name) == small.picture


@pytest.mark.parametrize("name", PLACES)
def test_it_is_replaced_as_a_whole(
    name: str, small: Document, tiny: Callable[..., Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / name
    save(place, small)
    other = small_document(tiny(), steps=6, lanes=small.lanes[:1], selected=0, picture=b"")
    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(FileError, match="No space left"):
            save(place, other)
    assert_same(load(place), small)
    save(place, other)
    assert_same(load(place), other)
    held = [place] if place.is_file() else list(place.iterdir())
    assert len(held) == (1 if place.is_file() else 1 + len(contents_of(other)))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_same_experiment_is_the_same_file(small: Document, tmp_path: Path) -> None:
    for name in ("a.lplay", "b.lplay"):
        save(tmp_path / name, small)
    assert (tmp_path / "a.lplay").read_bytes() == (tmp_path / "b.lplay").read_bytes()


def test_desktops_and_other_programs_know_the_file(small: Document, tmp_path: Path) -> None:
    save(tmp_path / "a.lplay", small)
    content = (tmp_path / "a.lplay").read_bytes()
    assert content[30:38] == b"mimetype"
    assert content[38 : 38 + len(MIME_TYPE)] == MIME_TYPE.encode()
    with zipfile.ZipFile(tmp_path / "a.lplay") as archive:
        assert archive.testzip() is None
        assert {"experiment.json", "lane-1-weights.safetensors"} <= set(archive.namelist())
        weights = load_arrays(archive.read("lane-1-weights.safetensors"))
    assert all(np.isfinite(array).all() for array in weights.values())


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(contents: dict[str, bytes]) -> str:
    with pytest.raises(ValueError) as caught:
        from_contents(HERE, contents)
    words = str(caught.value)
    assert words.isprintable()
    assert len(words) < 400
    return words


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": 2}, "it has format 2, this version reads 1"),
        ({"setup": {"latent": 4}}, "its array"),
        ({"setup": {"latent": 3, "network": "conv"}}, "lane 1 has other data, latent size or architecture"),
        ({"setup": 3}, "3 is no table of knobs"),
        ({"data": {"name": "x", "shape": [1, 9, 9]}}, "its array image"),
        ({"data": []}, "data: [] is not a JSON object"),
        ({"lanes": []}, "it has no lanes, or more than 5"),
        ({"lanes": [{"slot": 0, "pending": {}}] * 6}, "it has no lanes, or more than 5"),
        ({"lanes": [{"slot": 0, "pending": {}}] * 2}, "two of its lanes have one slot"),
        ({"lanes": [{"slot": 9, "pending": {}}]}, "slot: 9 is not a whole number from 0 to 4"),
        ({"lanes": [{"slot": 0, "pending": {"gamma": 1}}]}, "there is no knob 'gamma'"),
        ({"lanes": [{"slot": 0}]}, "it lacks 'pending'"),
        ({"lanes": [{"slot": n, "pending": {}} for n in range(3)]}, "it lacks 'lane-3-config.json'"),
        ({"selected": 2}, "selected: 2 is not a whole number from 0 to 1"),
        ({"selected": True}, "selected: True is not"),
        ({"sampler": "dice"}, "there is no sampler dice"),
        ({"sampler": ["prior"]}, "there is no sampler ['prior']"),
        ({"sample_seed": -1}, "sample_seed: -1 is not"),
        ({"plane": {"label": 3, "is_chosen": True, "follows_codes": False}}, "plane: 3 is no label"),
        (
            {"plane": {"label": "", "is_chosen": 1, "follows_codes": False}},
            "is_chosen of plane: 1 is not true",
        ),
        ({"path": {"arc": False, "t": 1.5}}, "path: t is 1.5, not a number from 0 to 1"),
        ({"path": {"arc": False}}, "it lacks 't'"),
        ({"image": {"kind": "cat", "index": 0}}, "there is no kind of image cat"),
        ({"shown": [1]}, "shown: [1] is not a JSON object"),
    ],
)
def test_facts_that_cannot_be(small: Document, change: dict[str, Any], why: str) -> None:
    contents = contents_of(small)
    facts = {**json.loads(contents[EXPERIMENT]), **change}
    assert why in refused({**contents, EXPERIMENT: json.dumps(facts).encode()})


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("z", lambda a: a[:2], "its array z is F32 (2,)"),
        ("z", lambda a: a * np.float32("nan"), "its array z holds numbers outside"),
        ("pin_a", lambda a: a + 1e9, "its array pin_a holds numbers outside"),
        ("axes", lambda a: a * 2, "its array axes holds numbers outside"),
        ("image", lambda a: a * 2, "its array image holds numbers outside 0 to 1"),
        ("image", lambda a: a[:, :9], "its array image is F32"),
        ("z", lambda a: a.astype(np.float64), "its array z is F64"),
        ("more", lambda a: np.zeros(1, np.float32), "its array more is F32"),
        ("axes", None, "it lacks 'axes'"),
    ],
)
def test_arrays_that_cannot_be(small: Document, name: str, change: Any, why: str) -> None:
    contents = contents_of(small)
    arrays = load_arrays(contents[ARRAYS])
    if change is None:
        del arrays[name]
    else:
        arrays[name] = np.ascontiguousarray(change(arrays.get(name)))
    assert why in refused({**contents, ARRAYS: save_arrays(arrays)})
    assert "arrays" in refused({**contents, ARRAYS: contents[ARRAYS][:-4]})


def zipped(path: Path, entries: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_files_that_are_no_document(small: Document, tmp_path: Path) -> None:
    contents = contents_of(small)
    path = tmp_path / "a.lplay"
    head = {"mimetype": MIME_TYPE.encode(), MANIFEST: manifest_of(contents)}
    whole = {**head, **contents}
    zipped(path, whole)
    assert contents_of_file(path) == contents
    cases = [
        ({**whole, "../../evil": b"x"}, "which is no part of an experiment"),
        ({**whole, "run.py": b"x"}, "which is no part of an experiment"),
        ({**whole, "mimetype": b"text/html"}, "is no experiment that Save wrote"),
        (contents, "is no experiment that Save wrote"),
        ({**whole, EXPERIMENT: b"{}"}, "is damaged"),
        ({**head, EXPERIMENT: b"{}"}, "is damaged"),
        ({**whole, MANIFEST: b"[]"}, "is not a JSON object"),
    ]
    for entries, why in cases:
        with pytest.raises(FileError, match=why):
            load(zipped(path, entries))
    with pytest.raises(FileError, match="is compressed or too large"):
        load(zipped(path, whole, zipfile.ZIP_DEFLATED))
    with pytest.raises(FileError, match="is missing"):
        load(tmp_path / "nowhere.lplay")
    with pytest.raises(FileError):
        load(tmp_path)


def test_any_damage_of_a_file_is_found(small: Document, tmp_path: Path) -> None:
    path = tmp_path / "a.lplay"
    save(path, small)
    whole = path.read_bytes()
    digest = hashlib.sha256(whole).digest()
    random = np.random.default_rng(int.from_bytes(digest[:4]))
    for at in {0, 31, len(whole) - 1, *random.integers(0, len(whole), 60).tolist()}:
        broken = bytearray(whole)
        broken[at] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        try:
            found = load(path)
        except FileError:
            continue
        assert_same(found, small)  # a bit of a time or of a flag that nothing depends on
    for end in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(FileError, match="damaged"):
            load(path)


def test_a_picture_that_cannot_be_had_is_none(small: Document, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.lplay", {PICTURE: b"x" * (NAMES[PICTURE] + 1)})
    assert picture_of(path) == b""
    path.write_bytes(b"no ZIP")
    assert picture_of(path) == picture_of(tmp_path) == picture_of(tmp_path / "none") == b""


def test_the_names_of_lanes_come_back_and_files_without_them_are_read(small: Document) -> None:
    first, *others = small.lanes
    named = dataclasses.replace(small, lanes=(dataclasses.replace(first, name="β of 4, mine"), *others))
    contents = contents_of(named)
    assert [lane.name for lane in from_contents(HERE, contents).lanes] == ["β of 4, mine", *[""] * len(others)]
    facts = json.loads(contents[EXPERIMENT])
    for lane in facts["lanes"]:
        del lane["name"]  # as files of before
    older = {**contents, EXPERIMENT: json.dumps(facts).encode()}
    assert {lane.name for lane in from_contents(HERE, older).lanes} == {""}


@pytest.mark.parametrize(("name", "words"), [(7, "7 is no name of a lane"), ("x" * 99, "at most 40 letters")])
def test_a_name_that_is_none_is_refused(small: Document, name: object, words: str) -> None:
    contents = contents_of(small)
    facts = json.loads(contents[EXPERIMENT])
    facts["lanes"][0]["name"] = name
    with pytest.raises(CheckError, match=words):
        from_contents(HERE, {**contents, EXPERIMENT: json.dumps(facts).encode()})
