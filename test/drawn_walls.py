# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A floor whose surfaces are known, and maps of it drawn in the ways that walls are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.geometry import Pose2
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, FreeSpace, OccupancyGrid, RayCaster

CELL_M = 0.05
# Cells of the world along one of a map.
FINE = 8
_SIZE_M = (10.0, 7.5)


@dataclass(frozen=True)
class Drawing:
    """A way to draw walls.

    Attributes:
        name: of it.
        thick: cells from a surface on that are occupied, what lies deeper is unknown; 0 for all.
        holds_surface: whether a cell is occupied that a surface passes through, as end points
            have it; otherwise one whose middle lies within a wall.
        truth_cells: where that puts the surfaces, from the faces of occupied cells.
    """

    name: str
    thick: int
    holds_surface: bool
    truth_cells: float


DRAWINGS = (
    Drawing("faces", 0, False, 0.0),
    Drawing("centres", 1, True, -0.5),
    Drawing("two cells, on the face", 2, False, 0.0),
    Drawing("two cells, in the middle of the first", 2, True, -0.5),
    Drawing("three cells, on the face", 3, False, 0.0),
    Drawing("three cells, in the middle of the first", 3, True, -0.5),
)


@cache
def world(seed: int = 0) -> OccupancyGrid:
    """Two rooms with a door and furniture, most of it turned, as cells an eighth as wide."""
    rng = np.random.default_rng(seed)
    fine_m = CELL_M / FINE
    cols, rows = (round(length / fine_m) for length in _SIZE_M)
    x, y = np.meshgrid((np.arange(cols) + 0.5) * fine_m, (np.arange(rows) + 0.5) * fine_m)
    off = rng.uniform(0.0, CELL_M, 6)
    free = (x > 0.5 + off[0]) & (x < 9.4 + off[1]) & (y > 0.5 + off[2]) & (y < 6.9 + off[3])
    free &= (np.abs(x - 5.0 - off[4]) > 0.2) | (np.abs(y - 3.0 - off[5]) < 0.5)
    for middle_x, middle_y in ((2.0, 1.6), (3.6, 5.4), (7.0, 1.5), (7.8, 5.0), (1.4, 5.9)):
        yaw, size = rng.uniform(0.0, np.pi), rng.uniform(0.35, 0.6, 2)
        ahead, aside = x - middle_x, y - middle_y
        along = np.abs(np.cos(yaw) * ahead + np.sin(yaw) * aside)
        across = np.abs(np.cos(yaw) * aside - np.sin(yaw) * ahead)
        free &= (along > size[0]) | (across > size[1])
    cells = np.where(free, FREE, OCCUPIED).astype(np.int8)
    return OccupancyGrid(cells, fine_m, Pose2.identity())


def drawn(way: Drawing, shifted: bool, seed: int = 0) -> OccupancyGrid:
    """Draw a map of the world; ``shifted`` begins its cells half a cell on."""
    fine = world(seed)
    solid = fine.occupied_mask()
    start = FINE // 2 if shifted else 0
    rows, cols = ((length - start) // FINE for length in solid.shape)
    window = (slice(start, start + rows * FINE), slice(start, start + cols * FINE))
    seen = solid & ndimage.binary_dilation(~solid, np.ones((3, 3)))

    def blocks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return mask[window].reshape(rows, FINE, cols, FINE)

    middle = blocks(solid)[:, FINE // 2, :, FINE // 2]
    wall = middle
    if way.holds_surface:
        wall = middle | blocks(seen).any(axis=(1, 3))
    cells = np.where(wall, OCCUPIED, FREE).astype(np.int8)
    if way.thick:
        depth = ndimage.distance_transform_cdt(wall, "taxicab")
        cells[wall & (depth > way.thick)] = UNKNOWN
    corner = start * fine.resolution_m
    return OccupancyGrid(cells, CELL_M, Pose2(corner, corner, 0.0))


def scans_of_world(
    count: int, beams: int, noise_m: float, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return poses (n, 3), angles (b,) and noisy ranges (n, b) of a laser in the world."""
    rng = np.random.default_rng(seed)
    poses = FreeSpace(world(seed), 0.4).sample(rng, count)
    angles = np.linspace(-2.2, 2.2, beams)
    ranges = RayCaster(world(seed)).cast(poses, angles, 20.0)
    return poses, angles, ranges + rng.normal(0.0, noise_m, ranges.shape)
