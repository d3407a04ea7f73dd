# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What rays have met: which part of which texture a pixel covers there, and the light on it.

How much of a surface a pixel covers follows from the ray's derivatives by the pixel's column and
row (Igehy, Tracing ray differentials, SIGGRAPH 1999).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.hit_kernel import ray_through
from local_inn_ros.simulation.camera.ray_kernel import CEILING, FLOOR, NOTHING, PERSON, SIDE
from local_inn_ros.simulation.camera.scene import GROUND_LIGHT_M, LAMP_SLOT_M, MARK_SLOT_M
from local_inn_ros.simulation.camera.wall_dressing import LIGHT_ROWS

# Colours may be rounded in any order; nothing here decides where something is.
_FAST = {"contract", "arcp", "nsz", "reassoc"}
# What is left of a face's number, divided by this, tells faces of one kind from those of another.
_KINDS = 8
_MARK, _LAMP, _DECAL = 5, 6, 7
_SHADOW = 0.55


class Looks(NamedTuple):
    """What pixels cover of surfaces.

    Attributes:
        texture: (n,) its number; -1 where there is none.
        area: (n, 6) see ``texture_kernel.look_up``.
        colour: (n, 3) light that falls there, times the colour of what has no texture.
        face: (n,) numbers that differ where surfaces do, and the edge between them shows.
    """

    texture: NDArray[np.int64]
    area: NDArray[np.float32]
    colour: NDArray[np.float32]
    face: NDArray[np.int64]

    @staticmethod
    def empty(count: int) -> Looks:
        """Return room for so many."""
        return Looks(
            np.empty(count, np.int64),
            np.empty((count, 6), np.float32),
            np.empty((count, 3), np.float32),
            np.empty(count, np.int64),
        )


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def cover(  # type: ignore[no-untyped-def]
    ceiling_m, solid, walls, ground, atlas, light, people, poses, lens, rays, hits, looks
):
    """Fill in what pixels cover.

    Args:
        ceiling_m: height of the ceiling.
        solid: (segments,) which thing a segment is of.
        walls: see ``DressedWalls``.
        ground: see ``Ground``.
        atlas: sizes and texels a metre of textures, see ``TextureAtlas``.
        light: see ``LightMap``.
        people: (m, 13) see ``people_at``.
        poses: (k, 3, 4) of the camera.
        lens: (4,) as in ``meet``.
        rays: see ``Rays``.
        hits: what they meet, see ``Hits``.
        looks: see ``Looks``.
    """
    for i in range(rays.pose.shape[0]):
        k, what, t = rays.pose[i], hits.what[i], hits.depth_m[i]
        dx, dy, dz = ray_through(poses, k, lens, rays.column[i], rays.row[i])
        x, y, z = poses[k, 0, 3] + t * dx, poses[k, 1, 3] + t * dy, poses[k, 2, 3] + t * dz
        if what == SIDE:
            _cover_side(
                ceiling_m, walls, atlas, light, poses, k, lens, i, hits, dx, dy, dz, z, looks
            )
        elif what == NOTHING:
            _fill(looks, i, light.haze[0], light.haze[1], light.haze[2], 0)
        elif what == PERSON:
            who, at = hits.which[i], 4 + 3 * hits.part[i]
            _light_ground(light.floor, ground, people[who, 0], people[who, 1], looks, i)
            facing = 0.65 + 0.35 * hits.share[i]
            _fill(
                looks,
                i,
                facing * looks.colour[i, 0] * people[who, at],
                facing * looks.colour[i, 1] * people[who, at + 1],
                facing * looks.colour[i, 2] * people[who, at + 2],
                -1 - who,
            )
        else:
            # How far a pixel reaches on a level surface, along x and y: a column, then a row.
            slope_x, slope_y = dx / dz, dy / dz
            column, row = t * lens[0], t * lens[1]
            a_x = column * (poses[k, 0, 0] - slope_x * poses[k, 2, 0])
            a_y = column * (poses[k, 1, 0] - slope_y * poses[k, 2, 0])
            b_x = row * (poses[k, 0, 1] - slope_x * poses[k, 2, 1])
            b_y = row * (poses[k, 1, 1] - slope_y * poses[k, 2, 1])
            if what == CEILING:
                _cover_ceiling(ground, atlas, light, x, y, a_x, a_y, b_x, b_y, looks, i)
            elif what == FLOOR:
                _cover_floor(ground, atlas, light, people, x, y, a_x, a_y, b_x, b_y, looks, i)
            else:
                _light_ground(light.floor, ground, x, y, looks, i)
                which = hits.which[i]
                stretch = walls.stretch[which]
                looks.face[i] = _KINDS * solid[which] + what
                for channel in range(3):
                    looks.colour[i, channel] *= walls.tint[stretch, channel]
                texture = walls.texture[stretch]
                _tile(atlas, texture, x, -y, a_x, -a_y, b_x, -b_y, looks, i)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _fill(looks, i, red, green, blue, face):  # type: ignore[no-untyped-def]
    """Fill in something without a texture."""
    looks.texture[i], looks.face[i] = -1, face
    looks.colour[i, 0], looks.colour[i, 1], looks.colour[i, 2] = red, green, blue


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _place(  # type: ignore[no-untyped-def]
    looks, i, texture, u, v, per_u, per_v, a_u, a_v, b_u, b_v
):
    """Fill in a texture and the area on it, told in m, by texels a metre."""
    looks.texture[i] = texture
    looks.area[i, 0], looks.area[i, 1] = u * per_u, v * per_v
    looks.area[i, 2], looks.area[i, 3] = a_u * per_u, a_v * per_v
    looks.area[i, 4], looks.area[i, 5] = b_u * per_u, b_v * per_v


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _tile(atlas, texture, u, v, a_u, a_v, b_u, b_v, looks, i):  # type: ignore[no-untyped-def]
    """Fill in a texture that covers as much as it does."""
    per_u, per_v = atlas[1][texture, 0], atlas[1][texture, 1]
    _place(looks, i, texture, u, v, per_u, per_v, a_u, a_v, b_u, b_v)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _hang(  # type: ignore[no-untyped-def]
    atlas, texture, places, n, u, v, a_u, a_v, b_u, b_v, looks, i
):
    """Fill in a picture that fills the n-th of places (from, to, from, to): right and up."""
    per_u = atlas[0][texture, 0] / (places[n, 1] - places[n, 0])
    per_v = atlas[0][texture, 1] / (places[n, 3] - places[n, 2])
    right, down = u - places[n, 0], places[n, 3] - v
    _place(looks, i, texture, right, down, per_u, per_v, a_u, -a_v, b_u, -b_v)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _cover_side(  # type: ignore[no-untyped-def]
    ceiling_m, walls, atlas, light, poses, k, lens, i, hits, dx, dy, dz, height, looks
):
    """Fill in a wall, or a side of furniture."""
    segment, share, t = hits.which[i], hits.share[i], hits.depth_m[i]
    along_x, along_y = -walls.outward[segment, 1], walls.outward[segment, 0]
    # Of the ray, to the right along the wall and into it; a pixel's sides keep to its plane.
    ahead = dx * along_x + dy * along_y
    per_into = 1.0 / (dx * along_y - dy * along_x)
    a_into = (poses[k, 0, 0] * along_y - poses[k, 1, 0] * along_x) * per_into
    b_into = (poses[k, 0, 1] * along_y - poses[k, 1, 1] * along_x) * per_into
    column, row = t * lens[0], t * lens[1]
    a_u = column * (poses[k, 0, 0] * along_x + poses[k, 1, 0] * along_y - a_into * ahead)
    b_u = row * (poses[k, 0, 1] * along_x + poses[k, 1, 1] * along_y - b_into * ahead)
    a_v, b_v = column * (poses[k, 2, 0] - a_into * dz), row * (poses[k, 2, 1] - b_into * dz)
    _light_side(light.walls, walls, segment, share, height / ceiling_m, looks, i)
    stretch = walls.stretch[segment]
    along = walls.along_m[segment] + share * walls.length_m[segment]
    decal = walls.decal[stretch]
    if (
        decal >= 0
        and walls.decals_m[decal, 0] <= along < walls.decals_m[decal, 1]
        and walls.decals_m[decal, 2] <= height < walls.decals_m[decal, 3]
    ):
        texture = walls.decal_texture[decal]
        looks.face[i] = _KINDS * decal + _DECAL
        _hang(atlas, texture, walls.decals_m, decal, along, height, a_u, a_v, b_u, b_v, looks, i)
        return
    looks.face[i] = _KINDS * walls.face[segment] + SIDE
    for channel in range(3):
        looks.colour[i, channel] *= walls.tint[stretch, channel]
    u, v = along + walls.shift_m[stretch], ceiling_m - height
    _tile(atlas, walls.texture[stretch], u, v, a_u, -a_v, b_u, -b_v, looks, i)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _cover_ceiling(  # type: ignore[no-untyped-def]
    ground, atlas, light, x, y, a_x, a_y, b_x, b_y, looks, i
):
    """Fill in the ceiling, or a lamp in it."""
    row = math.floor((y - ground.bottom_m) / LAMP_SLOT_M)
    col = math.floor((x - ground.left_m) / LAMP_SLOT_M)
    if 0 <= row < ground.lamp_at.shape[0] and 0 <= col < ground.lamp_at.shape[1]:
        lamp = ground.lamp_at[row, col]
        if lamp >= 0:
            glow = light.glow[lamp]
            _fill(looks, i, glow, glow, glow, _KINDS * lamp + _LAMP)
            return
    looks.face[i] = CEILING
    _light_ground(light.ceiling, ground, x, y, looks, i)
    u, v = x - ground.left_m, ground.bottom_m - y
    _tile(atlas, ground.ceiling_texture, u, v, a_x, -a_y, b_x, -b_y, looks, i)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _cover_floor(  # type: ignore[no-untyped-def]
    ground, atlas, light, people, x, y, a_x, a_y, b_x, b_y, looks, i
):
    """Fill in the floor, or a mark on it, in the shadow of people or not."""
    _light_ground(light.floor, ground, x, y, looks, i)
    for who in range(people.shape[0]):
        away_x, away_y = x - people[who, 0], y - people[who, 1]
        spread = 2.0 * people[who, 2] * people[who, 2]
        shadow = 1.0 - _SHADOW * math.exp(-(away_x * away_x + away_y * away_y) / spread)
        for channel in range(3):
            looks.colour[i, channel] *= shadow
    row = math.floor((y - ground.bottom_m) / MARK_SLOT_M)
    col = math.floor((x - ground.left_m) / MARK_SLOT_M)
    mark, marks = -1, ground.marks_m
    if 0 <= row < ground.mark_at.shape[0] and 0 <= col < ground.mark_at.shape[1]:
        mark = ground.mark_at[row, col]
    if mark >= 0 and marks[mark, 0] <= x < marks[mark, 1] and marks[mark, 2] <= y < marks[mark, 3]:
        looks.face[i] = _KINDS * mark + _MARK
        texture = ground.mark_texture[mark]
        _hang(atlas, texture, marks, mark, x, y, a_x, a_y, b_x, b_y, looks, i)
        return
    looks.face[i] = FLOOR
    u, v = x - ground.left_m, ground.bottom_m - y
    _tile(atlas, ground.floor_texture, u, v, a_x, -a_y, b_x, -b_y, looks, i)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _light_ground(raster, ground, x, y, looks, i):  # type: ignore[no-untyped-def]
    """Fill in the light at a place of the floor or the ceiling, between the four about it."""
    right = min(max((x - ground.left_m) / GROUND_LIGHT_M, 0.0), raster.shape[1] - 1.001)
    up = min(max((y - ground.bottom_m) / GROUND_LIGHT_M, 0.0), raster.shape[0] - 1.001)
    col, row = int(right), int(up)
    right, up = right - col, up - row
    for channel in range(3):
        below = raster[row, col, channel] * (1.0 - right) + raster[row, col + 1, channel] * right
        above = (
            raster[row + 1, col, channel] * (1.0 - right)
            + raster[row + 1, col + 1, channel] * right
        )
        looks.colour[i, channel] = below + up * (above - below)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _light_side(columns, walls, segment, share, height, looks, i):  # type: ignore[no-untyped-def]
    """Fill in the light at a place of a side, by its shares of the segment and of the height."""
    count = walls.light_count[segment]
    right = min(max(share, 0.0), 1.0) * (count - 1)
    up = min(max(height, 0.0), 1.0) * (LIGHT_ROWS - 1)
    col, row = min(int(right), count - 2), min(int(up), LIGHT_ROWS - 2)
    right, up = right - col, up - row
    at = (walls.light_first[segment] + col) * LIGHT_ROWS + row
    for channel in range(3):
        first = columns[at, channel] * (1.0 - up) + columns[at + 1, channel] * up
        after = at + LIGHT_ROWS
        last = columns[after, channel] * (1.0 - up) + columns[after + 1, channel] * up
        looks.colour[i, channel] = first + right * (last - first)
