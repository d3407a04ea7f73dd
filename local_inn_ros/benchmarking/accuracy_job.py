# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One run of the accuracy benchmark: a drive, every estimator on it, and the bound."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from local_inn_ros.benchmarking.accuracy import EstimatorRun
from local_inn_ros.benchmarking.cramer_rao import (
    PoseBounds,
    fisher_information,
    mapped_ranges,
    pose_bounds,
)
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS, SLIP
from local_inn_ros.benchmarking.estimators import estimator_runs
from local_inn_ros.benchmarking.simulated_drive import RUN_UP_S, Drive
from local_inn_ros.benchmarking.surface_normals import face_normals, wall_normals
from local_inn_ros.benchmarking.worlds import ScanKind, drive_lap_of
from local_inn_ros.bundles.bundle import Bundle, file_sha256
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.simulation.worlds import WorldKind
from local_inn_ros.world import RayCaster

RANGE_NOISE_M = 0.01
# The laser sits on the base's origin.
MOUNT = Pose2.identity()
_PACKAGE = Path(__file__).resolve().parents[1]
# Whatever a run's figures depend on lies in these rooms.
_ROOMS = (
    "geometry",
    "sensing",
    "world",
    "engines",
    "bundles",
    "filtering",
    "localization",
    "systems",
    "simulation",
    "evaluation",
    "benchmarking",
)


@dataclass(frozen=True, slots=True)
class AccuracyJob:
    """What is to be run.

    Attributes:
        bundle: folder of the trained model.
        map: name of its map.
        condition: name of what the robot meets (``CONDITIONS``).
        speed_mps: the speed wanted.
        duration_s: how long is driven.
        seed: of all chance, and of the place on the lap.
        world: what is driven in: the map's own cells, or the smooth walls they were drawn from.
        scan: when the beams of a scan are measured.
    """

    bundle: Path
    map: str
    condition: str
    speed_mps: float
    duration_s: float
    seed: int
    world: WorldKind = WorldKind.SMOOTH
    scan: ScanKind = ScanKind.IN_TURN

    @property
    def sequence(self) -> str:
        """Name of what the runs of all seeds belong to."""
        name = f"{self.map}, {self.condition}, {self.speed_mps:g} m/s"
        return name if self.world is WorldKind.SMOOTH else f"{name}, {self.world.value} world"

    def drive(self, bundle: Bundle) -> Drive:
        """Let a robot drive on the map of the job's bundle.

        Raises:
            MapError: the map has no lap.
        """
        return drive_lap_of(
            bundle,
            self.scan.of(noisy_sensor(bundle)),
            MOUNT,
            CONDITIONS[self.condition],
            self.speed_mps,
            self.duration_s,
            self.seed,
            self.world,
        )

    def file_name(self, code: str) -> str:
        """Return a name for the result that changes with whatever the result depends on.

        Args:
            code: what ``code_hash`` says.

        Raises:
            OSError: the bundle cannot be read.
        """
        given = {
            **asdict(self),
            "bundle": file_sha256(self.bundle / "bundle.yaml"),
            "condition": asdict(CONDITIONS[self.condition]),
            "fixed": [RANGE_NOISE_M, SLIP, RUN_UP_S],
            "code": code,
        }
        digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        name = f"{self.map}-{self.speed_mps:g}-{self.condition}-{self.seed}"
        return f"{name}-{self.world.value}-{self.scan.value}-{digest[:16]}.npz"


@dataclass(frozen=True, slots=True, eq=False)
class JobResult:
    """What a run gave.

    Attributes:
        estimators: the answers, by name.
        bounds: Cramer-Rao bounds of the scans, by the slopes of the walls.
        face_bounds: the same by the faces of the cells.
        driven_m: length of the way.
        driven_s: how long it took.
    """

    estimators: dict[str, EstimatorRun]
    bounds: PoseBounds
    face_bounds: PoseBounds
    driven_m: float
    driven_s: float


def noisy_sensor(bundle: Bundle) -> LaserSpec:
    """Return a bundle's sensor with the noise that drives are made with."""
    return bundle.description.laser.model_copy(update={"noise_std_m": RANGE_NOISE_M})


def run_job(job: AccuracyJob) -> JobResult:
    """Drive, and run every estimator on the drive.

    Raises:
        LocalInnError: the bundle cannot be used, its map has no lap, or an estimator could not
            answer one scan.
    """
    bundle = Bundle.load(job.bundle)
    sensor = noisy_sensor(bundle)
    drive = job.drive(bundle)
    # Not the stream that the drive is drawn from.
    rng = np.random.default_rng([job.seed, 1])
    bounds, face_bounds = _bounds(bundle, drive, sensor)
    return JobResult(
        estimators=estimator_runs(bundle, drive, MOUNT, job.seed, rng),
        bounds=bounds,
        face_bounds=face_bounds,
        driven_m=drive.truth.path_m(),
        driven_s=float(np.ptp(drive.truth.stamps_s)),
    )


def code_hash() -> str:
    """Return a hash of the code that makes a run's figures: what other code made is out of date."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for file in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(file.name.encode() + b"\n" + file.read_bytes())
    return digest.hexdigest()


def _bounds(bundle: Bundle, drive: Drive, sensor: LaserSpec) -> tuple[PoseBounds, PoseBounds]:
    """Return the bounds by the walls' slopes and by the cells' faces."""
    sensors = drive.truth.at([scan.stamp_s for scan in drive.scans])
    measured = np.stack([scan.ranges_m for scan in drive.scans])
    ranges = mapped_ranges(RayCaster(bundle.grid, threads=1), sensors, sensor, measured)
    found = (
        pose_bounds(
            fisher_information(
                sensors,
                sensor,
                ranges,
                normals(bundle.grid, sensors, sensor.beam_angles_rad(), ranges),
            )
        )
        for normals in (wall_normals, face_normals)
    )
    walls, faces = found
    return walls, faces
