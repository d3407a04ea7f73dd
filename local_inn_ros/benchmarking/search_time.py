# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a search of the whole map costs, and its two large batches alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from local_inn_ros.benchmarking.accuracy_job import MOUNT
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.benchmarking.time_spread import TimeSpread
from local_inn_ros.errors import BagError
from local_inn_ros.localization.search.coarse_search import CoarseSearch
from local_inn_ros.sensing import BeamPicker
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.network_pass import NetworkPass
from local_inn_ros.systems.local_inn_2d.relocalizer import FIRST_PLACES
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import Model, RunSettings

SEARCHES = 20


@dataclass(frozen=True, slots=True)
class SearchTimes:
    """Times of a global search.

    Attributes:
        places: priors in the largest batch, the median over the scans.
        inverse: inverse pass of all of them, in one call.
        forward: forward pass at each of them, in one call.
        scored: both together.
        search: the whole search.
    """

    places: int
    inverse: TimeSpread
    forward: TimeSpread
    scored: TimeSpread
    search: TimeSpread

    def to_json(self) -> dict[str, object]:
        """Return the figures by name."""
        return {
            "places": self.places,
            "inverse": self.inverse.to_json(),
            "forward": self.forward.to_json(),
            "search": self.search.to_json(),
            "inverse_passes_per_s": 1e3 * self.places / self.inverse.p50_ms,
        }


def time_searches(model: Model, drive: Drive, on_search: Callable[[], None]) -> SearchTimes:
    """Search for the robot with scans from all along a drive.

    Args:
        model: the trained model, on an engine.
        drive: where the scans are from.
        on_search: called after each of ``SEARCHES``.

    Raises:
        BagError: no scan of the drive has places to look at.
        SensorError: the drive's scans cannot be used.
    """
    # The stages of a search are the system's own.
    assert isinstance(model, LocalInn2d)
    config, laser = config_of(model.bundle), model.laser
    relocalizer = model.candidate_search(Mount.level(MOUNT), RunSettings())
    coarse = CoarseSearch(model.lattice, laser)
    picker = BeamPicker(laser.network_angles_rad(), laser.range_max_m)
    latent = np.zeros((1, config.latent_size), dtype=np.float32)
    counts, inverse_s, forward_s, search_s = [], [], [], []
    # The first search compiles and fills caches.
    chosen = np.linspace(0, len(drive.scans) - 1, SEARCHES + 1).astype(int)
    for scan in (drive.scans[index] for index in chosen):
        search_s.append(relocalizer.search(scan).seconds)
        priors = coarse.candidates(scan, FIRST_PLACES)
        network = NetworkPass(model.networks, picker.pick(scan))
        started_s = time.perf_counter()
        poses = network.sample(priors, config.prior.widest_spread, latent)[:, 0]
        inverted_s = time.perf_counter()
        model.expected_ranges(poses.astype(np.float32))
        forward_s.append(time.perf_counter() - inverted_s)
        inverse_s.append(inverted_s - started_s)
        counts.append(len(priors))
        on_search()
    places = int(np.median(counts[1:]))
    if places == 0:
        raise BagError("the scans of the drive fit nowhere on the map: there is nothing to search")
    return SearchTimes(
        places,
        TimeSpread.of(inverse_s[1:]),
        TimeSpread.of(forward_s[1:]),
        TimeSpread.of(np.add(inverse_s[1:], forward_s[1:])),
        TimeSpread.of(search_s[1:]),
    )
