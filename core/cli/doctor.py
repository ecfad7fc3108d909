"""``latent-playground doctor``: what this machine has, and the command that installs what is missing.

No Qt is imported, as Qt may be what is broken. Versions come from the metadata of installed packages, libraries from
the loader. Only torch is imported, to find the device, and the registries, to try the user's own files.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import importlib.resources
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TextIO

from core.foundation.settings_file import settings_file

# What Qt needs on a bare Debian or Ubuntu: platform, library (or folder), package. The script `playground` parses this
# table too: keep its shape. Windows and macOS need nothing.
LIBRARIES = """
offscreen  libGL.so.1             libgl1
offscreen  libEGL.so.1            libegl1
offscreen  libX11.so.6            libx11-6
offscreen  libxkbcommon.so.0      libxkbcommon0
offscreen  libdbus-1.so.3         libdbus-1-3
offscreen  libfontconfig.so.1     libfontconfig1
offscreen  libfreetype.so.6       libfreetype6
offscreen  libglib-2.0.so.0       libglib2.0-0
offscreen  /usr/share/fonts       fonts-dejavu-core
xcb        libxkbcommon-x11.so.0  libxkbcommon-x11-0
xcb        libxcb-cursor.so.0     libxcb-cursor0
xcb        libxcb-icccm.so.4      libxcb-icccm4
xcb        libxcb-keysyms.so.1    libxcb-keysyms1
xcb        libxcb-randr.so.0      libxcb-randr0
xcb        libxcb-shape.so.0      libxcb-shape0
xcb        libxcb-sync.so.1       libxcb-sync1
xcb        libxcb-util.so.1       libxcb-util1
xcb        libxcb-xfixes.so.0     libxcb-xfixes0
xcb        libX11-xcb.so.1        libx11-xcb1
"""

PACKAGES = ("torch", "PySide6-Essentials", "pyqtgraph", "numpy", "pillow", "safetensors")
EXTRAS = (
    ("onnx", "models as ONNX files", ("onnx", "onnxruntime", "onnxscript")),
    ("video", "films as MP4 and WebM", ("av",)),
    ("ray", "sweeps on a cluster", ("ray",)),
)
"""Extras of this program: name, what it gives, its packages. None is required."""
MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One line of the report. A ``note`` stops nothing; something ``missing`` is required, and ``fix`` installs it."""

    name: str
    value: str
    state: State = "ok"
    fix: str = ""


def report() -> list[Finding]:
    """Results of all checks, in print order."""
    ranges = required_ranges()
    findings = [_python()]
    findings += [_package(name, ranges.get(name.lower(), "")) for name in PACKAGES]
    findings += [_none_trap(_version("PySide6-Essentials"), sys.version_info[:2])]
    findings += [_extra(*each) for each in EXTRAS]
    findings += _device()
    findings += [_qt_platform(qt_platform(sys.platform, os.environ))]
    if sys.platform.startswith("linux"):
        findings.append(_libraries(qt_platform(sys.platform, os.environ)))
    findings += [_assets(), *_folders(), *_unsaved(), *_extensions()]
    return findings


def run(stream: TextIO, as_json: bool = False) -> int:
    """Print the report; 0 if nothing required is missing, else 1."""
    findings = report()
    missing = [f for f in findings if f.state == "missing"]
    if as_json:
        json.dump({"ok": not missing, "findings": [asdict(f) for f in findings]}, stream, indent=2)
        stream.write("\n")
    else:
        stream.writelines(line + "\n" for line in _lines(findings))
        stream.write(_verdict(len(missing)) + "\n")
    return 1 if missing else 0


def _lines(findings: list[Finding]) -> Iterator[str]:
    width = max(len(f.name) for f in findings)
    for each in findings:
        yield f"{each.state:<8} {each.name:<{width}}  {each.value}"
        if each.fix:
            yield f"{'':<8} {'':<{width}}  {each.fix}"


def _verdict(missing: int) -> str:
    if missing:
        return f"\n{missing} thing{'s' if missing > 1 else ''} missing; the line below each says what brings it."
    return "\nEverything that is needed is here."


def _python() -> Finding:
    return Finding("Python", f"{platform.python_version()} ({platform.system()} {platform.machine()})")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def required_ranges() -> dict[str, str]:
    """Required versions (">=2.10,<2.14") by package name in lower case; empty where this program is not installed."""
    try:
        lines = importlib.metadata.requires("latent-playground") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    ranges = {}
    for line in lines:
        match = re.match(r"([A-Za-z0-9._-]+)\s*([^;]*)", line)
        if match and "extra ==" not in line:
            ranges[match[1].lower()] = match[2].strip()
    return ranges


def _numbers(version: str) -> tuple[int, ...]:
    """The release numbers: "2.13.0+cpu" is (2, 13, 0). Trailing zeros do not count."""
    match = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(n) for n in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def is_in_range(version: str, required: str) -> bool:
    """Whether a version satisfies the ``>=`` and ``<`` terms of a range; other terms are ignored."""
    for term in filter(None, (t.strip() for t in required.split(","))):
        if term.startswith(">=") and _numbers(version) < _numbers(term[2:].strip()):
            return False
        if term.startswith("<") and term[1:2] != "=" and _numbers(version) >= _numbers(term[1:].strip()):
            return False
    return True


def _package(name: str, required: str) -> Finding:
    version = _version(name)
    fix = f'{sys.executable} -m pip install "{name}{required}"'
    if version is None:
        return Finding(name, "not installed", "missing", fix)
    if not is_in_range(version, required):
        return Finding(name, f"{version}, but it should be {required}", "missing", fix)
    return Finding(name, version)


def _extra(name: str, gives: str, packages: tuple[str, ...]) -> Finding:
    missing = [package for package in packages if _version(package) is None]
    if missing:
        way_out = f"pip install 'latent-playground[{name}]'"
        return Finding(f"extra {name}", f"{gives}: {', '.join(missing)} not installed; {way_out}", "note")
    versions = ", ".join(f"{package} {_version(package)}" for package in packages)
    return Finding(f"extra {name}", f"{gives}: {versions}")


def _none_trap(pyside: str | None, python: tuple[int, ...]) -> Finding:
    """PySide6 6.12.0 drops a reference to None at each void call, which aborts Python before 3.12."""
    if pyside is not None and _numbers(pyside) == (6, 12) and python < (3, 12):
        return Finding(
            "Qt and None",
            "PySide6 6.12.0 crashes Python 3.11 after a few thousand calls",
            "missing",
            f'{sys.executable} -m pip install "PySide6-Essentials<6.12"',
        )
    return Finding("Qt and None", "no known reference leak")


def _device() -> list[Finding]:
    try:
        import torch

        from core.training import devices

        device = devices.choose("auto")
        processor = platform.processor() or platform.machine()
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor
        cores, alone, shared = devices.cores(), torch.get_num_threads(), devices.fair_threads(3)
        threads = f"{cores} cores for this program; {alone} threads alone, {shared} per lane of three"
    except Exception as error:  # loading torch raises OSError, ImportError, or others
        return [Finding("device", f"torch does not load: {error}", "missing", f"{sys.executable} -m pip install torch")]
    return [Finding("device", f"{device.type} ({name})"), Finding("threads", threads)]


def qt_platform(system: str, environment: Mapping[str, str]) -> str | None:
    """The platform plugin that Qt will choose; None where there is no display."""
    requested = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if requested:
        return requested
    if not system.startswith("linux"):
        return {"win32": "windows", "darwin": "cocoa"}.get(system, "xcb")
    x11, wayland = environment.get("DISPLAY"), environment.get("WAYLAND_DISPLAY")
    if wayland and (not x11 or environment.get("XDG_SESSION_TYPE") == "wayland"):
        return "wayland"
    return "xcb" if x11 else None


def _qt_platform(name: str | None) -> Finding:
    if name is None:
        return Finding("display", "none: no window here; demo, train and sample work without", "note")
    return Finding("display", f"Qt platform {name}")


def _in_loader_cache() -> Callable[[str], bool]:
    """A test whether the loader's cache lists a library. Absence proves nothing: not every system has a cache."""
    ldconfig = shutil.which("ldconfig", path=os.pathsep.join((os.environ.get("PATH", ""), "/sbin", "/usr/sbin")))
    listed = ""
    if ldconfig is not None:
        listed = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False).stdout
    kind = {"x86_64": "libc6,x86-64", "aarch64": "libc6,AArch64"}.get(platform.machine(), "libc6")
    return lambda library: f"\t{library} ({kind}" in listed


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_packages(platforms: tuple[str, ...]) -> tuple[str, ...]:
    """Debian packages of the libraries that Qt needs for these platforms and that are missing."""
    cached = _in_loader_cache()
    missing = []
    for line in LIBRARIES.strip().splitlines():
        needed_by, library, package = line.split()
        if needed_by not in platforms:
            continue
        is_present = Path(library).exists() if library.startswith("/") else cached(library) or _loads(library)
        if not is_present:
            missing.append(package)
    return tuple(missing)


def _libraries(name: str | None) -> Finding:
    missing = missing_packages(("offscreen", "xcb") if name == "xcb" else ("offscreen",))
    if not missing:
        return Finding("system libraries", "all that Qt needs")
    fix = f"sudo apt-get install -y {' '.join(missing)}"
    return Finding("system libraries", f"Qt misses {len(missing)}: {', '.join(missing)}", "missing", fix)


def _assets() -> Finding:
    reinstall = f"install again, in the folder of Latent Playground: {sys.executable} -m pip install --no-deps ."
    try:
        data = importlib.resources.files("assets") / "data" / "mnist"
        absent = [name for name in MNIST_FILES if not (data / name).is_file()]
    except (ImportError, OSError) as error:
        return Finding("assets", f"not found: {error}", "missing", reinstall)
    if absent:
        return Finding("assets", f"MNIST is not complete: {', '.join(absent)}", "missing", reinstall)
    return Finding("assets", f"MNIST in {data}")


def folders(system: str, environment: Mapping[str, str], home: Path) -> dict[str, Path]:
    """Folders for settings and for the cache on this operating system."""
    settings = settings_file(system, environment, home).parent
    if system == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return {"settings": settings, "cache": base / "latent-playground" / "cache"}
    if system == "darwin":
        return {"settings": settings, "cache": home / "Library" / "Caches" / "latent-playground"}
    return {
        "settings": settings,
        "cache": Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "latent-playground",
    }


def _folders() -> Iterator[Finding]:
    for name, folder in folders(sys.platform, os.environ, Path.home()).items():
        nearest = next(p for p in (folder, *folder.parents) if p.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK):
            yield Finding(name, str(folder))
        else:
            yield Finding(name, f"{folder} cannot be written: nothing is remembered between starts", "note")


def _unsaved() -> Iterator[Finding]:
    """Space that unsaved work takes, of windows that are open or did not end in order."""
    try:
        import platformdirs

        from core.engine.document_file import MOST_KEPT_BYTES
    except ImportError:  # a package is missing, as is said above
        return
    folder = platformdirs.user_state_path("latent-playground") / "unsaved"
    size = 0
    with contextlib.suppress(OSError):
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    yield Finding("unsaved work", f"{size / 2**20:,.1f} MB of at most {MOST_KEPT_BYTES >> 20:,} in {folder}")


def _extensions() -> Iterator[Finding]:
    """The folder of a user's own files, and the state of each file and entry point. None of them is required."""
    try:
        from core.datasets.base import SOURCES
        from core.foundation.extensions import user_folder
        from core.metrics.base import METRICS
        from core.models.base import MODELS

        yield Finding("your own files", f"belong in models, datasets and metrics of {user_folder()}")
        for registry in (MODELS, SOURCES, METRICS):
            for each in registry.extensions():
                if each.trouble:
                    yield Finding(registry.kind, f"{each.place} cannot be used: {each.trouble}", "note")
                else:
                    yield Finding(registry.kind, f"{each.place} registers {', '.join(each.names)}")
    except (ImportError, OSError) as error:  # without torch there are no models to look for
        yield Finding("your own files", f"not looked at: {error}", "note")
