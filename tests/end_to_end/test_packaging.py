"""An installed wheel: one name in site-packages, beside packages of others that are called as ours are."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOREIGN = ("core", "gui", "assets")
"""Modules of others that lie beside ours: whoever imports one of them fails."""
PATIENCE_S = 300
SMALL = ("--hidden", "8", "--steps", "4", "--batch", "8", "--threads", "1")


def build(kind: str, source: Path, folder: Path) -> Path:
    """Build a "wheel" or "sdist" without a network, and return the file."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=PATIENCE_S)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


class Installed:
    """An environment into which the wheel is installed, and a folder to work in; both have `FOREIGN` modules."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        venv.create(folder / "environment", with_pip=False, symlinks=os.name != "nt")
        places = sysconfig.get_paths("venv", {"base": str(folder / "environment")})
        self.scripts, self.site, self.cwd = Path(places["scripts"]), Path(places["purelib"]), folder / "elsewhere"
        self.python = str(self.scripts / "python")
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet"]
        offline = ["--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
        subprocess.run([*pip, *offline], check=True, capture_output=True, timeout=PATIENCE_S)
        (self.site / "what-it-depends-on.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
        self.cwd.mkdir()
        for name in FOREIGN:
            for place in (self.site, self.cwd):
                (place / f"{name}.py").write_text(f"raise ImportError('the {name} of somebody else')\n")
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
        self._environment = {**kept, "XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder / "state")}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the folder, which is no checkout."""
        return subprocess.run(
            words, cwd=self.cwd, env=self._environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    def says(self, *words: str) -> str:
        """What a program prints that succeeds."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(wheel, tmp_path_factory.mktemp("installed"))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_owns_one_name(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in contents(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"latent_playground"}
    assert len(tops) == 2


def test_a_wheel_has_every_file_of_the_program_and_no_other(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "core", "gui", "assets"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    expected = {name for name in tracked if name and not name.startswith("assets/pictures/") and (ROOT / name).exists()}
    top = "core/packaging/latent_playground/"
    ours = {name.removeprefix("latent_playground/") for name in contents(wheel) if ".dist-info/" not in name}
    assert ours == {name.removeprefix(top) for name in expected}


def test_the_source_archive_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    archive = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as sources:
        sources.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", source, tmp_path / "wheel")
    assert contents(again) == contents(wheel)


def test_an_editable_installation_points_here_and_copies_nothing(tmp_path: Path) -> None:
    files = contents(build("wheel:editable", ROOT, tmp_path))
    (place,) = (name for name in files if ".dist-info/" not in name)
    assert place.endswith(".pth")
    assert files[place].decode().split() == [str(ROOT), str(ROOT / "core" / "packaging")]


@pytest.mark.skipif(os.name != "posix", reason="scripts have another ending")
def test_the_script_and_the_module_start_beside_modules_of_the_same_names(installed: Installed) -> None:
    script = str(installed.scripts / "latent-playground")
    assert installed.says(script, "--version") == installed.says(
        installed.python, "-m", "latent_playground", "--version"
    )
    assert "COMMAND" in installed.says(installed.python, "-I", "-m", "latent_playground", "--help")


def test_the_doctor_finds_the_installed_files(installed: Installed) -> None:
    told = json.loads(installed.run(installed.python, "-m", "latent_playground", "doctor", "--json").stdout)
    found = {each["name"]: each for each in told["findings"]}
    assert found["assets"]["state"] == "ok"
    assert str(installed.site / "latent_playground" / "assets") in found["assets"]["value"]


def test_runs_train_here_and_in_processes_of_a_sweep(installed: Installed) -> None:
    program = (installed.python, "-m", "latent_playground")
    events = installed.says(*program, "train", *SMALL, "--json").splitlines()
    assert json.loads(events[-1])["steps"] == 4
    told = installed.says(*program, "sweep", "--vary", "beta=1,2", *SMALL, "--workers", "1", "--json", "--out", "sweep")
    ended = json.loads(told.splitlines()[-1])
    assert (ended["done"], ended["failed"]) == (2, 0)


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_workers_of_ray_take_the_installed_files(installed: Installed) -> None:
    words = ("sweep", "--on", "ray", "--vary", "beta=1,2", *SMALL, "--workers", "1", "--json", "--out", "on-ray")
    ended = json.loads(installed.says(installed.python, "-m", "latent_playground", *words).splitlines()[-1])
    assert (ended["done"], ended["failed"]) == (2, 0)


def test_the_engine_of_a_window_starts_from_the_installed_files(installed: Installed) -> None:
    code = (
        "import latent_playground as l; l.use_own_packages(); from core.remote.spawn import ENGINE; print(*ENGINE[1:])"
    )
    words = installed.says(installed.python, "-c", code).split()
    assert Path(words[-2]).is_relative_to(installed.site / "latent_playground")
    ended = installed.run(installed.python, *words)  # its input is at an end
    assert "Traceback" not in ended.stderr, ended.stderr


def test_whoever_imports_it_keeps_their_own_modules(installed: Installed) -> None:
    code = """if True:
        import sys
        before = list(sys.path)
        import latent_playground
        assert sys.path == before
        try:
            import core
        except ImportError as error:
            print(error)
    """
    assert installed.says(installed.python, "-c", code) == "the core of somebody else\n"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_script_takes_signals_before_anything_heavy(installed: Installed) -> None:
    heavy = installed.cwd / "argparse.py"
    heavy.write_text("import signal\nsignal.raise_signal(signal.SIGTERM)\n")
    try:
        done = installed.run(installed.python, "-m", "latent_playground", "--help")
    finally:
        heavy.unlink()
    assert (done.returncode, done.stderr) == (143, "")
