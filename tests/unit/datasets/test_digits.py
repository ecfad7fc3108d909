"""The digits are scikit-learn's own, enlarged without anything made up, and always divided alike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from core.datasets import digits
from core.datasets.base import DataError, load


def test_they_are_those_of_scikit_learn() -> None:
    data, theirs = load("digits"), load_digits()
    assert data.shape == (1, 32, 32)
    assert data.class_names == tuple(map(str, theirs.target_names))
    ours = []
    for images in (data.train, data.test):
        small = images.pixels[:, 0, ::4, ::4]
        np.testing.assert_array_equal(small.repeat(4, axis=1).repeat(4, axis=2), images.pixels[:, 0])
        assert images.labels is not None
        ours += [(label, each.tobytes()) for label, each in zip(images.labels.tolist(), small, strict=True)]
    greys = np.rint(theirs.images * 255 / 16).astype(np.uint8)
    assert sorted(ours) == sorted(
        (int(label), each.tobytes()) for label, each in zip(theirs.target, greys, strict=True)
    )


def test_a_fifth_of_each_class_is_the_test() -> None:
    data = load("digits")
    assert data.train.labels is not None
    assert data.test.labels is not None
    train, test = np.bincount(data.train.labels), np.bincount(data.test.labels)
    np.testing.assert_allclose(test / (train + test), 0.2, atol=0.003)
    assert not {each.tobytes() for each in data.train.pixels} & {each.tobytes() for each in data.test.pixels}
    assert load("digits").fingerprint == data.fingerprint


def test_reading_them_imports_no_scikit_learn() -> None:
    script = "import sys; from core.datasets.base import load; load('digits'); print('sklearn' in sys.modules)"
    root = Path(digits.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_broken_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="scikit-learn is not found: install scikit-learn again"):
        load("digits")

    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(digits, "find_spec", lambda name: Spec)
    with pytest.raises(DataError, match=r"digits\.csv\.gz is missing: install scikit-learn again"):
        load("digits")
