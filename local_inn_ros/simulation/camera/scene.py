# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A world as a camera sees it: shapes, what they are made of, and where lamps hang."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.furnishing import solid_heights
from local_inn_ros.simulation.camera.materials import (
    ceiling_texture,
    clouds,
    floor_texture,
    furniture_textures,
    wall_textures,
)
from local_inn_ros.simulation.camera.place_chance import PlaceChance
from local_inn_ros.simulation.camera.posters import (
    door_texture,
    floor_mark_texture,
    poster_texture,
)
from local_inn_ros.simulation.camera.ray_kernel import RoomShape
from local_inn_ros.simulation.camera.texture_atlas import Texture, TextureAtlas
from local_inn_ros.simulation.camera.wall_dressing import DressedWalls, dress_walls
from local_inn_ros.simulation.worlds.segment_buckets import SegmentBuckets
from local_inn_ros.simulation.worlds.wall_outlines import WallOutlines
from local_inn_ros.world.occupancy_grid import OccupancyGrid

_BUCKET_M = 0.2
# Marks on the floor and lamps in the ceiling keep to slots; so do the panels of the ceiling.
MARK_SLOT_M, LAMP_SLOT_M = 1.28, 0.64
_LAMP_EVERY = 4
_MARK_SHARE = 0.2
# Light, and what dirt does to it, is kept so finely on floor and ceiling.
GROUND_LIGHT_M = 0.16
_STAIN = 0.18
_FLOOR_MARKS = 24


class Ground(NamedTuple):
    """Floor and ceiling as compiled code reads them; rows go along y, columns along x.

    Attributes:
        left_m: least x of the rasters, in the map frame.
        bottom_m: least y.
        floor_texture: number of the floor's texture.
        ceiling_texture: number of the ceiling's.
        mark_at: (rows, cols) which mark lies in a slot of ``MARK_SLOT_M``; -1 where none does.
        marks_m: (n, 4) each mark's x_min, x_max, y_min, y_max in the map frame.
        mark_texture: (n,) its texture.
        lamp_at: (rows, cols) which lamp hangs in a slot of ``LAMP_SLOT_M``; -1 where none does.
    """

    left_m: float
    bottom_m: float
    floor_texture: int
    ceiling_texture: int
    mark_at: NDArray[np.int64]
    marks_m: NDArray[np.float64]
    mark_texture: NDArray[np.int64]
    lamp_at: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A world as a camera sees it, whatever the light.

    Attributes:
        grid: where there is room to drive.
        shape: what a ray can meet.
        walls: what sides are made of.
        ground: what floor and ceiling are made of.
        atlas: all textures.
        lamps_m: (n, 2) middles of the lamps in the ceiling, x and y in the map frame.
        stain: (rows, cols) how much of the light the floor's dirt leaves, in steps of
            ``GROUND_LIGHT_M`` from the ground's least x and y.
    """

    grid: OccupancyGrid
    shape: RoomShape
    walls: DressedWalls
    ground: Ground
    atlas: TextureAtlas
    lamps_m: NDArray[np.float64]
    stain: NDArray[np.float32]


def textured_scene(
    grid: OccupancyGrid,
    outlines: WallOutlines,
    rng: np.random.Generator,
    ceiling_m: float = 2.6,
) -> Scene:
    """Dress a world: walls up to the ceiling, lower furniture, posters, doors, marks and lamps.

    Args:
        grid: where there is room to drive.
        outlines: of all that stands there.
        rng: source of all that is random. The same state gives the same scene, and where something
            was moved, the rest of it.
        ceiling_m: height of the ceiling.

    Raises:
        ValueError: the ceiling is no more than a metre high.
    """
    if not ceiling_m > 1.0:
        raise ValueError(f"a ceiling is more than a metre high, got {ceiling_m}")
    materials, below = rng.spawn(2)
    chance = PlaceChance(rng)
    textures = [floor_texture(materials), ceiling_texture(materials)]
    sides = _numbered(textures, wall_textures(materials, ceiling_m))
    pieces = _numbered(textures, furniture_textures(materials))
    tops = solid_heights(outlines, ceiling_m, chance)
    walls, drawn_by = dress_walls(outlines, tops, ceiling_m, (sides, pieces), chance)
    for decal, (low, high, bottom, top) in enumerate(walls.decals_m):
        make = door_texture if bottom == 0.0 else poster_texture
        walls.decal_texture[decal] = len(textures)
        textures.append(make(drawn_by[decal], high - low, top - bottom))
    ground, lamps = _ground(grid, textures, below)
    segments = walls.segments_m
    buckets = SegmentBuckets.of(segments, _BUCKET_M)
    shape = RoomShape(
        float(buckets.corner[0]),
        float(buckets.corner[1]),
        buckets.side_m,
        buckets.room,
        buckets.firsts,
        buckets.members,
        buckets.segments,
        walls.outward,
        tops[walls.solid],
        walls.solid,
        ceiling_m,
    )
    rows, cols = (math.ceil(side / GROUND_LIGHT_M) + 1 for side in _extent(grid)[2:])
    noise = clouds(below, rows, cols, 1.2)
    stain = np.clip(1.0 + _STAIN * noise, 0.4, 1.4).astype(np.float32)
    return Scene(grid, shape, walls, ground, TextureAtlas.of(textures), lamps, stain)


def _numbered(textures: list[Texture], more: list[Texture]) -> NDArray[np.int64]:
    """Add textures to a list and return their numbers."""
    textures.extend(more)
    return np.arange(len(textures) - len(more), len(textures))


def _extent(grid: OccupancyGrid) -> tuple[float, float, float, float]:
    """Return least x and y of floor and ceiling, and how far they go along y and x.

    They begin at whole panels of the ceiling.
    """
    bounds, panel = grid.bounds, _LAMP_EVERY * LAMP_SLOT_M
    left = panel * math.floor(bounds.x_min_m / panel)
    bottom = panel * math.floor(bounds.y_min_m / panel)
    return left, bottom, bounds.y_max_m - bottom, bounds.x_max_m - left


def _ground(
    grid: OccupancyGrid, textures: list[Texture], rng: np.random.Generator
) -> tuple[Ground, NDArray[np.float64]]:
    """Lay marks on the floor and hang lamps from the ceiling."""
    left, bottom, height, width = _extent(grid)
    rows, cols = math.ceil(height / MARK_SLOT_M), math.ceil(width / MARK_SLOT_M)
    mark_at = np.full((rows, cols), -1, np.int64)
    chosen = np.argwhere(rng.random((rows, cols)) < _MARK_SHARE)
    mark_at[chosen[:, 0], chosen[:, 1]] = np.arange(len(chosen))
    size = MARK_SLOT_M * rng.uniform(0.3, 0.9, (len(chosen), 2))
    free = MARK_SLOT_M - size
    least = np.array([left, bottom]) + MARK_SLOT_M * chosen[:, ::-1] + rng.random(size.shape) * free
    most = least + size
    marks = np.stack([least[:, 0], most[:, 0], least[:, 1], most[:, 1]], axis=1)
    drawn = [floor_mark_texture(rng, 1.0, 1.0) for _ in range(_FLOOR_MARKS)]
    numbers = _numbered(textures, drawn)
    lamp_at, lamps = _lamps(grid, left, bottom, height, width)
    which = rng.choice(numbers, len(chosen))
    return Ground(left, bottom, 0, 1, mark_at, marks, which, lamp_at), lamps


def _lamps(
    grid: OccupancyGrid, left: float, bottom: float, height: float, width: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which slots of the ceiling hold lamps, and where these are (n, 2)."""
    rows = _LAMP_EVERY * math.ceil(height / LAMP_SLOT_M / _LAMP_EVERY)
    cols = _LAMP_EVERY * math.ceil(width / LAMP_SLOT_M / _LAMP_EVERY)
    row, col = np.mgrid[0:rows, 0:cols]
    middles = np.stack([col, row], axis=-1).reshape(-1, 2) + 0.5
    places = np.array([left, bottom]) + LAMP_SLOT_M * middles
    over_free = (grid.values_at(places) == 0).reshape(rows, cols)
    blocks = over_free.reshape(rows // _LAMP_EVERY, _LAMP_EVERY, cols // _LAMP_EVERY, _LAMP_EVERY)
    by_block = blocks.swapaxes(1, 2).reshape(rows // _LAMP_EVERY, cols // _LAMP_EVERY, -1)
    # From each panel's middle outward, the first slot that is over free space.
    order = np.argsort([max(abs(k // 4 - 1.6), abs(k % 4 - 1.4)) for k in range(16)], kind="stable")
    first = order[np.argmax(by_block[..., order], axis=-1)]
    lamp_at = np.full((rows, cols), -1, np.int64)
    block_row, block_col = np.nonzero(by_block.any(axis=-1))
    slot = first[block_row, block_col]
    at = (_LAMP_EVERY * block_row + slot // 4, _LAMP_EVERY * block_col + slot % 4)
    lamp_at[at] = np.arange(len(slot))
    middle = np.stack([at[1], at[0]], axis=1) + 0.5
    return lamp_at, np.array([left, bottom]) + LAMP_SLOT_M * middle
