# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A part of the kidnap benchmark that a process can run by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.kidnap import Attempt, attempt_moving, attempt_standing
from local_inn_ros.benchmarking.quality_jobs import Place
from local_inn_ros.benchmarking.simulated_drive import Drive, with_gaps
from local_inn_ros.benchmarking.teleports import driving, recorded, standing
from local_inn_ros.benchmarking.worlds import world_of
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.search.place_search import PlaceSearchSettings
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import MakesFixes, RunSettings, candidate_search_of
from local_inn_ros.systems.registry import open_model

SPEED_MPS = 2.0
RANGE_NOISE_M = 0.01
STANDING, MOVING = "standing", "moving"
# The drive goes on a little, so that it is the search that ends the search.
_LEEWAY_S = 0.5
_TOPICS = BagTopics(reference="/ground_truth")


@dataclass(frozen=True, slots=True, eq=False)
class KidnapJob:
    """Teleports on one map.

    Attributes:
        place: where; the readings of a place with a recording are real.
        mode: "standing" (one scan from anywhere in the free space) or "moving" (from anywhere on
            a lap, or of the recording, until the search decides).
        condition: name of what a simulated robot meets (``CONDITIONS``).
        trials: how many.
        seed: of all chance.
        skipped_share: of the scans, drawn by lot, that the search never sees, beside those that
            come while it is at work.
    """

    place: Place
    mode: str
    condition: str
    trials: int
    seed: int
    skipped_share: float = 0.0

    def run(self) -> list[Attempt]:
        """Put the robot down and search, again and again.

        Raises:
            LocalInnError: the bundle or the recording cannot be used, or the map has no lap.
        """
        bundle = Bundle.load(self.place.bundle)
        model, mount = open_model(bundle), Mount.level(Pose2.identity())
        settings = PlaceSearchSettings()
        rng = np.random.default_rng((self.seed, 1))
        drives = (
            with_gaps(drive, self.skipped_share, rng)
            for drive in self._drives(bundle, settings.timeout_s + _LEEWAY_S)
        )
        relocalizer = candidate_search_of(model, mount, RunSettings())
        if self.mode == STANDING:
            return [attempt_standing(relocalizer, drive) for drive in drives]
        assert isinstance(model, MakesFixes)
        localizer = model.follower(mount, RunSettings())
        return [attempt_moving(relocalizer, localizer, settings, drive) for drive in drives]

    def _drives(self, bundle: Bundle, duration_s: float) -> Iterator[Drive]:
        rng = np.random.default_rng(self.seed)
        if self.place.recording is not None:
            recording = open_recording(self.place.recording, _TOPICS)
            return recorded(
                recording, 0.0 if self.mode == STANDING else duration_s, self.trials, rng
            )
        sensor = bundle.description.laser.model_copy(update={"noise_std_m": RANGE_NOISE_M})
        condition = CONDITIONS[self.condition]
        route = self.place.lap(bundle)
        world = world_of(bundle, self.place.world, route, self.seed)
        if self.mode == STANDING:
            return standing(world, sensor, condition.blocked_share, self.trials, rng)
        return driving(world, sensor, route, condition, SPEED_MPS, duration_s, self.trials, rng)
