"""Sweeps on a real Ray: one that is started here, and a cluster of two nodes on this machine of which one dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.engine import run_folder
from core.sweeps import folder, on_ray
from core.sweeps.asked import Asked
from core.sweeps.plan import Plan
from tests.sweeps_started import ROOT, SMALL, Sweep, same_weights, table

pytest.importorskip("ray")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a cluster on one machine is for Linux")

SETTINGS, STEPS = (int(each) for each in os.environ.get("LATENT_PLAYGROUND_SWEEP", "2,400").split(","))
"""Settings of five seeds each, and steps of a run, of the sweep in which a node dies."""
PATIENCE_S = 300
START_S = 60


def plan_words() -> tuple[str, ...]:
    betas = ",".join(str(0.5 * (each + 1)) for each in range(SETTINGS))
    return ("--vary", f"beta={betas}", "--seeds", "5", *SMALL, "--steps", str(STEPS), "--save-every", "50")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head and a second node, of one core each, as processes of this machine."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # else a token that another test's Ray has left decides
    two = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        two.second = two.add_node(num_cpus=1, node_ip_address="127.0.0.2")  # a driver joins the node of its address
        two.wait_for_nodes(START_S)
        yield two
    finally:
        two.shutdown()


def test_a_ray_that_is_started_here_trains_the_runs_of_train(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    words = ("--vary", "beta=0.5,4", *SMALL, "--steps", "30", "--out", str(out), "--on", "ray", "--workers", "1")
    done = subprocess.run(
        [sys.executable, "-m", "core", "sweep", *words], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    for run in folder.read_plan(out).runs:
        alone = tmp_path / run.name
        asked = ("--beta", str(run.value("beta")), "--seed", "0", "--threads", "1", "--steps", "30")
        assert main(["train", *SMALL, *asked, "--out", str(alone)]) == 0
        assert same_weights(alone, folder.folder_of(out, run))


@pytest.mark.filterwarnings("default")  # Ray's own, which are not ours to mend
def test_a_node_and_the_driver_die_and_the_table_is_the_same(cluster: Any, tmp_path: Path) -> None:
    out, whole = tmp_path / "sweep", tmp_path / "whole"
    words, on = plan_words(), ("--on", cluster.address)
    count = SETTINGS * 5
    with Sweep(*words, *on, "--out", str(out)) as first:
        first.wait_for("run")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    before = [each.state for each in folder.outcomes(out, folder.read_plan(out))]
    assert 1 <= before.count("done") < count
    with Sweep(*words, *on, "--out", str(out), "--resume") as second:
        second.wait_for("run")
        cluster.remove_node(cluster.second, allow_graceful=False)
        assert [each.state for each in folder.outcomes(out, folder.read_plan(out))].count("done") < count
        *_, last = second.events()
        assert second.process.wait(PATIENCE_S) == 0
    assert (last["event"], last["done"], last["failed"]) == ("done", count, 0)
    assert main(["sweep", *words, "--out", str(whole)]) == 0
    plan = folder.read_plan(whole)
    assert all(same_weights(folder.folder_of(out, run), folder.folder_of(whole, run)) for run in plan.runs)
    assert table(out) == table(whole)
    assert len(table(out)) == count


def test_a_node_that_does_not_see_the_folder_sends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = {"dataset": "shapes", "train-images": "1000", "network": "mlp", "steps": "20", "device": "cpu"}
    plan = Plan(Asked(fixed, {"beta": ("1", "2")}).runs())
    run = plan.runs[0]
    from core.datasets.base import load

    dataset = load(run.dataset, run.source)
    monkeypatch.setattr("ray.get", lambda what: what)
    asked: dict[str, Any] = {"measures": [], "sampler": "prior", "save": None}
    kind, files = on_ray.compute(run.to_json(), (str(tmp_path / "far"), plan.digest), asked, "here", [dataset])
    assert kind == "files"
    assert {folder.RESULT, folder.SAMPLES, "manifest.json"} <= set(files)
    place = folder.folder_of(tmp_path, run)
    place.mkdir(parents=True)
    (place / "part").write_text("of a run that was begun here before")
    on_ray._write(place, files)
    assert folder.read_outcome(tmp_path, run).state == "done"
    assert run_folder.load(place).step == 20
    assert {path.name for path in place.parent.iterdir()} == {run.name}
    assert not (place / "part").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--on", "127.0.0.1:9"), "no Ray answers at '127.0.0.1:9'"),
        (("--on", "ray://127.0.0.1:9"), "no Ray answers at 'ray://127.0.0.1:9'"),
        (("--on", "ray", "--workers", "1", "--gpus-per-run", "64"), "has 64 GPU for a run"),
    ],
)
def test_a_ray_that_is_not_there_is_one_sentence(words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    command = [sys.executable, "-m", "core", "sweep", "--seeds", "2", *SMALL, "--steps", "2", *words, "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    (line,) = done.stderr.splitlines()
    assert line.startswith("latent-playground: ")
    assert sentence in line
    assert done.returncode == 2
    assert not out.exists()


def test_without_ray_a_sentence_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.foundation.user_error import UserError

    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("PYTHONPATH", "")
    plan = Plan(Asked({"steps": "2"}, {"beta": ("1", "2")}).runs())
    with pytest.raises(UserError, match=r"Ray is not installed; install it by: pip install 'latent-playground\[ray\]'"):
        on_ray.home("ray", tmp_path, plan, None, 1.0, 0.0, 2, None)
