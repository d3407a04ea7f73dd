# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Does once all that a scan or a search can lead to, so that nothing is compiled later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.search.place_search import PlaceSearch, PlaceSearchSettings
from local_inn_ros.sensing import BeamPicker, Scan
from local_inn_ros.sensing.laser.sweep import at_one_instant
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import RunSettings

if TYPE_CHECKING:
    from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d

# A scan comes this long after another, from so far on; the sensor sits elsewhere than the base.
_LATER_S, _ON = 0.2, Pose2(0.3, 0.05, 0.1)
_SEEN_FROM_ABOVE = Pose2(0.1, 0.0, 0.0)
_MOUNT = Mount.level(_SEEN_FROM_ABOVE)
# Priors by their deviations, from that of tracking to one that says nothing, and how far off they
# are: right, and off any map.
_DEVIATIONS_M = (0.05, 0.2, 0.6, 10.0)
_OFF_M = (0.0, 500.0)


def rehearse(model: LocalInn2d, settings: RunSettings) -> None:
    """Do with a bundle once whatever its node may come to do with it.

    Scans that fit the map, so that they go the whole way of usual ones, and priors of all widths
    that are right and wrong; a search from its first scan to its answer; each refiner, since the
    choice can be changed while the node runs.
    """
    positions = model.lattice.positions
    x, y = positions[len(positions) // 2]
    place = Pose2(float(x), float(y), 0.0)
    first = model.expected_observation(place, _MOUNT, 0.0)
    second = model.expected_observation(place @ _ON, _MOUNT, _LATER_S)
    _locate(model, settings, first, place)
    _align(model, second, place @ _ON @ _SEEN_FROM_ABOVE)
    _sweep(first)
    search = PlaceSearch(
        model.candidate_search(_MOUNT, settings),
        model.follower(_MOUNT, settings),
        PlaceSearchSettings(confirm_readings=1),
        (GaussianPose2.from_deviations(place, 0.2, 0.2, 0.1),),
    )
    search.add(first, Pose2.identity())
    search.add(second, _ON)
    # Where the first place is not the second's, the last steps of a search were not taken.
    search.give_up("it is a rehearsal")


def _locate(model: LocalInn2d, settings: RunSettings, scan: Scan, place: Pose2) -> None:
    frozen = scan.ranges_m.copy()
    frozen.setflags(write=False)
    localizers = (model.fix_producer(_MOUNT, settings), model.follower(_MOUNT, settings))
    # What comes in a message can be written to, what a recording holds cannot.
    narrow = GaussianPose2.from_deviations(place, 0.05, 0.05, 0.02)
    localizers[0].locate(replace(scan, ranges_m=frozen), narrow)
    for localizer in localizers:
        for off_m in _OFF_M:
            wrong = Pose2(place.x + off_m, place.y, place.yaw)
            for deviation_m in _DEVIATIONS_M:
                prior = GaussianPose2.from_deviations(
                    wrong, deviation_m, deviation_m, 0.3 * deviation_m
                )
                localizer.locate(scan, prior)


def _align(model: LocalInn2d, scan: Scan, place: Pose2) -> None:
    """Align with each refiner, whichever is in use: one is asked where another leaves off."""
    laser = model.laser
    reading = BeamPicker(laser.network_angles_rad(), laser.range_max_m).pick(scan)
    starts = np.array([place.to_array(), (place @ _ON).to_array()])
    for choice in RefinerChoice:
        refiner = model.scan_refiner(choice)
        if refiner is not None:
            refiner.refine_all(scan, reading, starts)
            refiner.refine_near(scan, reading, place)


def _sweep(scan: Scan) -> None:
    """Move the beams of a scan that took time, while the robot moved."""
    swept = replace(scan, time_increment_s=_LATER_S / max(scan.ranges_m.size, 1))
    at_one_instant(swept, lambda at_s: Pose2(at_s, 0.0, 0.1 * at_s), _SEEN_FROM_ABOVE, (0.1, 0.1))
