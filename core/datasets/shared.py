"""Data sets in memory that other processes can map: read once, held once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from core.datasets import base
from core.datasets.base import Dataset, Images, Report, SourceConfig, no_report
from core.foundation import shared_memory

WORTH_BYTES = 1 << 16
"""Smaller data sets stay where they are."""


def load(name: str, config: SourceConfig | None = None, report: Report = no_report) -> Dataset:
    """`core.datasets.base.load` into shared memory."""
    return shared(base.load(name, config, report))


def reload(data: Mapping[str, Any], report: Report = no_report) -> tuple[Dataset, SourceConfig]:
    """`core.datasets.base.reload` into shared memory."""
    dataset, config = base.reload(data, report)
    return shared(dataset), config


def shared(dataset: Dataset) -> Dataset:
    """The same data in shared memory; the data set itself where that cannot be, or is not worth it."""
    arrays = [array for images in (dataset.train, dataset.test) for array in _arrays(images).values()]
    if sum(array.nbytes for array in arrays) < WORTH_BYTES:
        return dataset
    try:
        moved = iter(shared_memory.shared(arrays))
    except OSError:
        return dataset
    train, test = (Images(**{name: next(moved) for name in _arrays(each)}) for each in (dataset.train, dataset.test))
    return dataclasses.replace(dataset, train=train, test=test)


def _arrays(images: Images) -> dict[str, Any]:
    fields = {"pixels": images.pixels, "labels": images.labels, "factors": images.factors}
    return {name: array for name, array in fields.items() if array is not None}
