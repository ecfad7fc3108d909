"""Files of arrays, damaged: a small one of each format by its usual writer."""

from __future__ import annotations

import functools
import io
import tarfile
import tempfile
from pathlib import Path
from random import Random

import numpy as np

from core.datasets.base import SOURCES, load
from core.faults.mutants import TOKENS, mutated_bytes
from core.foundation.params import from_json


@functools.cache
def _array_files() -> tuple[tuple[str, bytes], ...]:
    """A small file of each format of arrays by its usual writer."""
    from scipy.io import savemat

    pixels = (np.arange(12 * 81) % 251).astype(np.uint8).reshape(12, 9, 9)
    labels = np.arange(12) % 3
    npy, npz, mat, table, packed = (io.BytesIO() for _ in range(5))
    np.save(npy, pixels)
    np.savez_compressed(npz, x_train=pixels, y_train=labels, x_test=pixels[:4], y_test=labels[:4])
    savemat(mat, {"X": np.resize(pixels, (9, 9, 3, 12)), "y": labels[:, None]}, do_compression=True)
    np.savetxt(table, np.column_stack([labels, pixels.reshape(12, -1)]), "%d", ",")
    records = b"".join(bytes([i % 10]) + bytes([i + 1]) * 3072 for i in range(12))
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("data_batch_1.bin", "test_batch.bin"):
            member = tarfile.TarInfo(name)
            member.size = len(records)
            archive.addfile(member, io.BytesIO(records))
    contents = {"a.npy": npy, "a.npz": npz, "a.mat": mat, "a.csv": table, "a.tar.gz": packed}
    return *((name, stream.getvalue()) for name, stream in contents.items()), ("data_batch_1.bin", records)


def mutated_arrays(random: Random) -> tuple[str, bytes]:
    """A file of arrays with some bytes changed, and the name of the file."""
    name, content = random.choice(_array_files())
    return name, mutated_bytes(content, random, TOKENS)


def read_arrays(mutant: tuple[str, bytes]) -> None:
    """Read such a file. Raises `DataError`."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / mutant[0]
        place.write_bytes(mutant[1])
        load("arrays", from_json(SOURCES.get("arrays").Config, {"data": str(place)}))
