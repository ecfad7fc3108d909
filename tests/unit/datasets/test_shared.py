"""Data sets in shared memory: the same data, or where that cannot be the same object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.datasets import base
from core.datasets.base import SOURCES, Dataset, describe
from core.datasets.shared import load, reload, shared
from core.foundation import shared_memory
from core.foundation.shared_memory import memory_of


@pytest.mark.skipif(not shared_memory.IS_POSSIBLE, reason="no memory can be shared on this system")
def test_data_lie_in_one_memory_and_are_the_same() -> None:
    config = SOURCES.get("shapes").Config(train_images=1_000)  # type: ignore[call-arg]
    original = base.load("shapes", config)
    for dataset in (load("shapes", config), reload(describe(original, config))[0]):
        assert dataset.fingerprint == original.fingerprint
        assert (dataset.name, dataset.class_names, dataset.origin) == (
            original.name,
            original.class_names,
            original.origin,
        )
        found = []
        for one, other in ((original.train, dataset.train), (original.test, dataset.test)):
            for name in ("pixels", "labels", "factors"):
                mine, moved = getattr(one, name), getattr(other, name)
                assert (mine is None) == (moved is None)
                if moved is not None:
                    assert np.array_equal(mine, moved)
                    found.append(memory_of(moved.reshape(-1).view(np.uint8).data))
        assert len({each[0] for each in found if each is not None}) == 1
        assert None not in found


def test_data_stay_where_they_are_if_they_are_small_or_nothing_can_be_shared(
    tiny: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tiny(1, 8)
    assert shared(small) is small

    def refuse(*_: Any) -> Any:
        raise OSError("no memory")

    monkeypatch.setattr(shared_memory, "anonymous_file", refuse)
    large = tiny()
    assert large.train.pixels.nbytes > 1 << 16
    assert shared(large) is large
