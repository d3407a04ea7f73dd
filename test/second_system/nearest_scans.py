# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A second system, which the package does not know: the nearest among stored scans.

Scans are cast at free poses of the map and stored; an observation was taken about where the stored
scan was that is most like it. It lives in the tests alone, and shows that the seams hold.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors.numpy import load_file, save_file

from local_inn_ros.bundles.bundle import Bundle, file_sha256
from local_inn_ros.bundles.description import (
    SCHEMA,
    BundleDescription,
    Calibration,
    CovarianceModel,
    FileReference,
    MapReference,
    RecordValue,
)
from local_inn_ros.engines import Engine
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import BundleError, EngineError, SensorError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix, Mode
from local_inn_ros.localization.search.hypotheses import Hypothesis, SearchResult
from local_inn_ros.sensing import BeamPicker, LaserSpec, Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.sensing.mounted_poses import pose_of_base, pose_of_mounted
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.protocol import Model, RunSettings, TrainingInputs, TrainingOrder
from local_inn_ros.world import FreeSpace, OccupancyGrid, RayCaster, grid_hash, save_map

NAME = "nearest_scans"
_SCANS = "scans"
_COUNTS = {"usual": 12_000, "few": 2_000}
_NEIGHBOURS = 8
# Of ranges at the right place: half a step between stored scans.
_RANGE_DEVIATION_M = 0.15


class Block(BaseModel):
    """What the system says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spacing_m: float = Field(gt=0.0)
    spacing_rad: float = Field(gt=0.0)


@dataclass(frozen=True, eq=False)
class PendingNeighbour:
    """See ``PendingFix``."""

    stamp_s: float
    measurement: GaussianPose2
    network: GaussianPose2
    quality: float
    seconds: float

    def explain(self) -> Fix:
        mode = Mode(self.measurement, 1.0)
        samples = self.network.mean.to_array()[None].repeat(2, axis=0)
        told = {"neighbours": self.seconds}
        return Fix(
            self.stamp_s,
            self.measurement,
            self.network,
            (mode,),
            samples,
            1.0 - self.quality,
            self.quality,
            told,
        )


@dataclass(frozen=True, eq=False)
class NearestScans:
    """A bundle that is open: a fix producer, and a candidate search."""

    bundle: Bundle
    engine_name: str = "numpy"

    @cached_property
    def stored(self) -> dict[str, np.ndarray]:
        return load_file(self.bundle.file(_SCANS))

    def fix_producer(self, mount: Mount, settings: RunSettings) -> Neighbours:
        return Neighbours(self, mount.seen_from_above())

    def follower(self, mount: Mount, settings: RunSettings) -> Neighbours:
        return Neighbours(self, mount.seen_from_above())

    def candidate_search(self, mount: Mount, settings: RunSettings) -> Neighbours:
        return Neighbours(self, mount.seen_from_above())

    def warm_up(self, settings: RunSettings) -> None:
        assert len(self.stored["poses"])


class Neighbours:
    """Looks for stored scans like one that comes."""

    def __init__(self, model: NearestScans, mount: Pose2) -> None:
        laser = model.bundle.description.laser
        self._block = Block.model_validate(model.bundle.description.block)
        self._poses, self._ranges = model.stored["poses"], model.stored["ranges"]
        self._picker = BeamPicker(laser.network_angles_rad(), laser.range_max_m)
        self._mount = mount

    def measure(self, observation: Scan, prior: GaussianPose2) -> PendingNeighbour:
        begun = time.perf_counter()
        near = self._near(pose_of_mounted(prior, self._mount))
        if not near.any():
            raise SensorError("no scan is stored near the prior")
        off = self._off(observation, near)
        best = np.argsort(off)[:_NEIGHBOURS]
        poses = self._poses[near][best]
        weights = np.exp(-0.5 * np.square((off[best] - off[best[0]]) / _RANGE_DEVIATION_M))
        x, y = weights @ poses[:, :2] / weights.sum()
        yaw = math.atan2(weights @ np.sin(poses[:, 2]), weights @ np.cos(poses[:, 2]))
        found = pose_of_base(self._gaussian(Pose2(float(x), float(y), yaw)), self._mount)
        quality = float(np.exp(-0.5 * np.square(off[best[0]] / (2.0 * _RANGE_DEVIATION_M))))
        taken = time.perf_counter() - begun
        return PendingNeighbour(observation.stamp_s, found, found, quality, taken)

    def locate(self, observation: Scan, prior: GaussianPose2) -> Fix:
        return self.measure(observation, prior).explain()

    def search(self, observation: Scan, offered: Sequence[GaussianPose2] = ()) -> SearchResult:
        begun = time.perf_counter()
        off = self._off(observation, np.ones(len(self._poses), dtype=bool))
        places: list[int] = []
        for row in np.argsort(off)[: 20 * _NEIGHBOURS].tolist():
            apart = [np.hypot(*(self._poses[row] - self._poses[one])[:2]) > 1.0 for one in places]
            if all(apart):
                places.append(row)
        logs = -0.5 * np.square((off[places] - off[places[0]]) / (0.3 * _RANGE_DEVIATION_M))
        weights = np.exp(logs) / np.exp(logs).sum()
        hypotheses = tuple(
            Hypothesis(
                pose_of_base(self._gaussian(Pose2.from_array(self._poses[row])), self._mount),
                float(np.exp(-0.5 * np.square(off[row] / (4.0 * _RANGE_DEVIATION_M)))),
                weight,
            )
            for row, weight in zip(places, weights.tolist(), strict=True)
        )
        found = hypotheses[0].weight > 0.9
        return SearchResult(
            found,
            hypotheses[0].pose if found else None,
            hypotheses,
            "" if found else "ambiguous: several stored scans are like this one",
            time.perf_counter() - begun,
        )

    def log_likelihood(self, observation: Scan, base: Pose2) -> float:
        sensor = GaussianPose2.from_deviations(base @ self._mount, 0.2, 0.2, 0.2)
        near = self._near(sensor)
        if not near.any():
            return -1e3
        return float(-0.5 * np.square(self._off(observation, near).min() / _RANGE_DEVIATION_M))

    def _near(self, sensor: GaussianPose2) -> np.ndarray:
        spacing = 2.0 * self._block.spacing_m
        x_m, y_m, yaw_rad = (2.0 * sensor.deviations()).tolist()
        off = self._poses - sensor.mean.to_array()
        turn = np.abs(np.angle(np.exp(1j * off[:, 2])))
        near = (np.abs(off[:, 0]) < x_m + spacing) & (np.abs(off[:, 1]) < y_m + spacing)
        return near & (turn < yaw_rad + 2.0 * self._block.spacing_rad)

    def _off(self, scan: Scan, rows: np.ndarray) -> np.ndarray:
        """Return how unlike a scan stored ones are: the mean difference of their ranges."""
        beams = self._picker.pick(scan)
        beams.require_returns()
        seen = beams.returned()
        return np.abs(self._ranges[rows][:, seen] - beams.ranges_m[seen]).mean(axis=1)

    def _gaussian(self, pose: Pose2) -> GaussianPose2:
        # Neighbouring scans of a drive have the same neighbours, and err alike.
        off, turn = 2.0 * self._block.spacing_m, self._block.spacing_rad
        return GaussianPose2.from_deviations(pose, off, off, turn)


@dataclass(frozen=True, eq=False)
class Storing:
    """See ``TrainingRun``: nothing is fitted, scans are cast and stored."""

    grid: OccupancyGrid
    laser: LaserSpec
    count: int
    seed: int
    # What the fit loop has to do: nothing.
    task: None = field(default=None)

    @property
    def identity(self) -> Mapping[str, RecordValue]:
        return {"seed": self.seed, "count": self.count}

    def write(
        self, folder: Path, record: Mapping[str, RecordValue], rng: np.random.Generator
    ) -> BundleDescription:
        space, laser = FreeSpace(self.grid, 0.1), self.laser
        poses = space.sample(rng, self.count)
        cast = RayCaster(self.grid).cast(poses, laser.network_angles_rad(), laser.range_max_m)
        ranges = np.minimum(cast, np.float32(laser.range_max_m))
        save_file({"poses": poses, "ranges": ranges}, folder / "scans.safetensors")
        save_map(self.grid, folder / "map.yaml")
        # So far apart are as many poses in a box of area times a turn.
        each = (space.area_m2 * 2.0 * math.pi / self.count) ** (1.0 / 3.0)
        stored = FileReference(
            file="scans.safetensors", sha256=file_sha256(folder / "scans.safetensors")
        )
        return BundleDescription(
            schema_name=SCHEMA,
            system=NAME,
            created_by="test",
            pose_space="se2",
            sensors={"laser": laser},
            maps=(MapReference(file="map.yaml", sha256=grid_hash(self.grid)),),
            files={_SCANS: stored},
            block=Block(spacing_m=each, spacing_rad=each).model_dump(),
            training=dict(record),
        )

    def calibrate(self, bundle: Bundle, rng: np.random.Generator) -> Calibration:
        return Calibration()


class NearestScansSystem:
    """See ``System``."""

    name = NAME
    presets = tuple(_COUNTS)

    def check(self, bundle: Bundle) -> None:
        try:
            Block.model_validate(bundle.description.block)
        except ValidationError as error:
            raise BundleError(f"{bundle.path}: {error.errors()[0]['msg']}") from None
        bundle.file(_SCANS)

    def open(self, bundle: Bundle, choice: EngineChoice, warn: Callable[[str], object]) -> Model:
        return NearestScans(bundle)

    def prepare(self, bundle: Bundle, choice: EngineChoice, settings: RunSettings) -> None:
        NearestScans(bundle).warm_up(settings)

    def compare_engine(
        self, bundle: Bundle, engine: Engine, half: bool, count: int, rng: np.random.Generator
    ) -> Mapping[str, float]:
        raise EngineError("there are no graphs to run")

    def begin_training(self, inputs: TrainingInputs, order: TrainingOrder) -> Storing:
        (laser,) = inputs.sensors.values()
        if not isinstance(laser, LaserSpec):
            raise SensorError(f"{NAME} is for a planar laser, not a {laser.kind}")
        count = _COUNTS[order.preset] if order.steps is None else order.steps
        return Storing(inputs.grid, laser, count, order.seed)

    def calibration(
        self,
        bundle: Bundle,
        count: int,
        posed: PosedObservations | None,
        rng: np.random.Generator,
    ) -> Calibration:
        return Calibration(samples=CovarianceModel(scale=(1.5, 1.5, 1.5)))


SYSTEM = NearestScansSystem()
