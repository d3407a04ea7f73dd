# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A real building: train on the first lap of the Intel Research Lab, localize on the next two.

The bundle learns from the map of lap 1 and from the scans of lap 1; another one from the map
alone, which then calibrates itself on lap 1 without true poses (``intel_map_only``). Laps 2 and 3
are read for the evaluation alone. Every scan is used, and no error is aligned away.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import intel_map_only
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.output import progress_bar
from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.evaluation import (
    Evaluation,
    EvaluationSettings,
    evaluate,
    score_baseline,
    write_results,
)
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.metrics import PoseErrors, Score
from local_inn_ros.evaluation.replay import BaselineReplay
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.recordings.bag_reader import BagTopics, Recording, open_recording
from local_inn_ros.sensing import Scan, load_laser_spec
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder
from local_inn_ros.systems.registry import DEFAULT, system_named
from local_inn_ros.training.train import train_bundle
from local_inn_ros.world import load_map

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "intel_lab"
SENSOR = ROOT / "config" / "sensors" / "sick_lms200.yaml"
# Nothing in the log is nearer; the scanner calls 80 m and more no return.
RANGE_MIN_M, RANGE_MAX_M = 0.05, 80.0
PARTICLES = 2000


def read_scans(path: Path) -> tuple[list[Scan], NDArray[np.float64]]:
    """Read n scans and poses (n, 3) of the laser in the map frame from an .npz.

    It holds ranges_m (n, b), angles_rad (b,), stamp (n,) and gt_xyt (n, 3). The laser sits in the
    middle of the robot in this log, so that its poses are the robot's.
    """
    with np.load(path, allow_pickle=False) as arrays:
        ranges, angles = arrays["ranges_m"], arrays["angles_rad"]
        stamps, poses = arrays["stamp"], arrays["gt_xyt"]
    first, step = float(angles[0]), float(np.mean(np.diff(angles)))
    scans = [
        Scan(float(stamp), row.astype(np.float32), first, step, RANGE_MIN_M, RANGE_MAX_M)
        for stamp, row in zip(stamps, ranges, strict=True)
    ]
    return scans, poses.astype(np.float64)


def read_lap(path: Path) -> PosedObservations:
    """Read posed scans from an .npz; see ``read_scans``."""
    scans, poses = read_scans(path)
    return PosedObservations(tuple(scans), poses)


def train(out: Path, steps: int | None, seed: int) -> Path:
    """Train on the map and the scans of lap 1."""
    sensor = load_laser_spec(SENSOR)
    grid = load_map(DATA / "map_lap1.yaml")
    inputs = TrainingInputs(grid, {"laser": sensor}, read_lap(DATA / "lap1_map.npz"))
    order = TrainingOrder("standard", steps, seed)
    started = time.monotonic()
    with training_bar() as show:
        folder = train_bundle(system_named(DEFAULT), inputs, order, out, show)
    print(f"trained for {(time.monotonic() - started) / 60.0:.1f} minutes: {folder}")
    return folder


def run(bundle: Bundle, recording: Recording, seed: int) -> Evaluation:
    """Evaluate with and without the refiner, and run the baselines."""
    settings = EvaluationSettings(mcl_particles=PARTICLES, field_tracker=True, seed=seed)
    with progress_bar() as bar:
        task = bar.add_task("localizing", total=4 * recording.scan_count)
        whole = evaluate(bundle, recording, settings, lambda: bar.advance(task))
        plain = evaluate(
            bundle,
            recording,
            EvaluationSettings(refiner=RefinerChoice.NONE),
            lambda: bar.advance(task),
        ).run
    assert recording.reference is not None
    without_refiner = score_baseline(
        BaselineReplay(plain.stamps_s, plain.fused, plain.covariances, plain.seconds),
        recording.reference,
    )
    baselines = {**whole.score.baselines, "fused_without_refiner": without_refiner}
    return replace(whole, score=replace(whole.score, baselines=baselines))


def markdown(score: Score) -> str:
    """Return the figures as a Markdown table."""
    names = {
        "mcl": f"Monte-Carlo localization, {PARTICLES} particles",
        "field_tracker": "refiner and filter, no network",
        "fused_without_refiner": "network and filter, no refiner",
    }
    lines = [
        "| Intel lab, laps 2 and 3, every scan, unaligned | position median | RMSE | max "
        "| yaw median | RMSE | lost | ms a scan |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    assert score.fused is not None
    assert score.fix is not None
    assert score.lost is not None
    spent = f"{score.latency_ms.p50:.2f}"
    lines.append(_row("fused: network, refiner, filter", score.fused, score.lost.episodes, spent))
    lines.append(_row("network alone, prior from the filter", score.fix, None, ""))
    for key, baseline in score.baselines.items():
        spent = f"{baseline.latency_ms.p50:.2f}"
        lines.append(_row(names[key], baseline.pose, baseline.lost.episodes, spent))
    return "\n".join(lines)


def _row(name: str, errors: PoseErrors, lost: int | None, spent: str) -> str:
    lengths = (errors.ape_median_m, errors.ape_rmse_m, errors.ape_max_m)
    cells = [f"{100.0 * length:.1f} cm" for length in lengths]
    cells += [f"{angle:.2f} deg" for angle in (errors.yaw_median_deg, errors.yaw_rmse_deg)]
    cells += ["" if lost is None else str(lost), spent]
    return f"| {name} | " + " | ".join(cells) + " |"


def map_alone(
    folder: Path, bundle: Path | None, recording: Recording, steps: int | None, seed: int
) -> dict[str, Score]:
    """Evaluate what the map alone gives, and what the robot's own drive adds."""
    laser, lap = load_laser_spec(SENSOR), DATA / "lap1_map.npz"
    if bundle is None:
        out = folder.with_name("intel_lab_map_bundle")
        bundle = intel_map_only.train(load_map(DATA / "map_lap1.yaml"), laser, out, steps, seed)
    scans, _ = read_scans(lap)
    drive = intel_map_only.drive_of(lap, scans, folder.with_name("intel_lab_drive"))
    own = folder.with_name("intel_lab_self_bundle")
    calibrated = intel_map_only.calibrate_itself(bundle, drive, own, seed)
    return {
        "map_only": intel_map_only.score(Bundle.load(bundle), recording),
        "self_calibrated": intel_map_only.score(calibrated, recording),
    }


def main() -> None:
    """Train where no bundle is given, evaluate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "intel_lab.json")
    parser.add_argument("--bundle", type=Path, help="use this bundle, train nothing")
    parser.add_argument("--map-bundle", type=Path, help="the same, trained on the map alone")
    parser.add_argument("--steps", type=int, help="gradient steps, in place of the preset's")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if not DATA.is_dir():
        raise LocalInnError(f"the recording of the Intel lab is not at {DATA}")
    folder = given.out.with_suffix("")
    bundle = given.bundle or train(folder.with_name("intel_lab_bundle"), given.steps, given.seed)
    recording = open_recording(DATA / "lap2_test_rosbag2", BagTopics(reference="/ground_truth"))
    loaded = Bundle.load(bundle)
    result = run(loaded, recording, given.seed)
    write_results(folder, result, recording.reference, loaded.grid)
    alone = map_alone(folder, given.map_bundle, recording, given.steps, given.seed)
    blocks = {name: intel_map_only.block(found) for name, found in alone.items()}
    write_json(given.out, {**result.score.to_json(), **blocks})
    print(markdown(result.score))
    print()
    print(intel_map_only.markdown({"map and lap 1 with its poses": result.score, **alone}))
    print(f"\nwritten: {given.out}, and trajectories and picture in {folder}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
