# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The global search: where on the whole map a robot may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_inn_ros.engines import Engine
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.refiner import Refiner
from local_inn_ros.sensing import Scan

if TYPE_CHECKING:
    from local_inn_ros.engines.bundle import Bundle


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A place where the robot may be.

    Attributes:
        pose: the base in the map frame.
        score: how well it explains the scan, in [0, 1].
    """

    pose: GaussianPose2
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """The answer of a search.

    Attributes:
        found: whether one place stands out.
        pose: the base in the map frame where it was found; None where it was not.
        hypotheses: the places that explain the scan best, best first.
        reason: why it was not found; empty where it was.
        seconds: time spent.
    """

    found: bool
    pose: GaussianPose2 | None
    hypotheses: tuple[Hypothesis, ...]
    reason: str
    seconds: float


class Relocalizer:
    """Searches the whole free space of a bundle's map."""

    def __init__(
        self, bundle: Bundle, engine: Engine, mount: Pose2, refiner: Refiner | None = None
    ) -> None:
        """Lay out the lattice of places to look at.

        Args:
            bundle: the trained model, with its map.
            engine: runs the bundle's networks.
            mount: pose of the sensor in the base frame.
            refiner: aligns what was found with the map, where one is in use.
        """
        raise NotImplementedError

    def search(self, scan: Scan) -> SearchResult:
        """Look everywhere for the place that one scan was taken at.

        Raises:
            SensorError: the scan cannot be used.
        """
        raise NotImplementedError
