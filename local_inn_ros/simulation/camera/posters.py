# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Posters, doors and marks on the floor: pictures of which no two are alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.materials import clouds
from local_inn_ros.simulation.camera.texture_atlas import Texture

_SIDE = 128
_STEPS = ((np.arange(_SIDE) + 0.5) / _SIDE).astype(np.float32)
_LEAST_CONTRAST = 0.25


def poster_texture(rng: np.random.Generator, width_m: float, height_m: float) -> Texture:
    """Return a poster: shapes on a ground, lines that look like text, and a frame."""
    ground, ink = _two_colours(rng)
    albedo = np.tile(ground, (_SIDE, _SIDE, 1))
    for _ in range(int(rng.integers(3, 8))):
        albedo[_shape(rng)] = rng.uniform(0.05, 0.9, 3)
    if rng.random() < 0.6:
        _write_lines(rng, albedo, ink)
    frame = int(rng.integers(2, 6))
    for edge in (slice(0, frame), slice(-frame, None)):
        albedo[edge] = albedo[:, edge] = ink
    return _texture(albedo, width_m, height_m)


def door_texture(rng: np.random.Generator, width_m: float, height_m: float) -> Texture:
    """Return a door: a frame, a leaf with panels or a window, and a handle."""
    albedo = np.tile(rng.uniform(0.1, 0.6, 3), (_SIDE, _SIDE, 1))
    leaf = rng.uniform(0.15, 0.7) * (1.0 - 0.5 * rng.random(3))
    grain = 1.0 + 0.08 * np.repeat(clouds(rng, _SIDE // 16, _SIDE, 0.6), 16, axis=0)
    albedo[5:, 9:-9] = (leaf * grain[..., None])[5:, 9:-9]
    for top in ((12, 60), (12, 48, 86))[int(rng.integers(2))]:
        albedo[top : top + 30, 24:-24] *= rng.uniform(0.4, 1.5)
    albedo[5:, 8:10] = albedo[5:, -10:-8] = 0.05
    side = 14 if rng.random() < 0.5 else _SIDE - 24
    albedo[66:69, side : side + 10] = 0.8
    return _texture(albedo, width_m, height_m)


def floor_mark_texture(rng: np.random.Generator, width_m: float, height_m: float) -> Texture:
    """Return a mat, or a mark of tape or paint, on the floor."""
    ground, ink = _two_colours(rng)
    albedo = np.tile(ground, (_SIDE, _SIDE, 1)) * (
        1.0 + 0.1 * clouds(rng, _SIDE, _SIDE, 0.5)[..., None]
    )
    for _ in range(int(rng.integers(1, 4))):
        albedo[_shape(rng)] = ink if rng.random() < 0.5 else rng.uniform(0.05, 0.8, 3)
    return _texture(albedo, width_m, height_m)


def _shape(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return a mask (side, side) of a rectangle, a disc, a ring, a stripe or a triangle."""
    y, x = rng.uniform(0.1, 0.9, 2)
    reach, narrow = rng.uniform(0.08, 0.35), rng.uniform(0.3, 1.0)
    turn, kind = rng.uniform(0.0, np.pi), int(rng.integers(5))
    # Along and across, from the middle of the shape, in shares of its reach.
    right, down = (_STEPS - x) / reach, ((_STEPS - y) / reach)[:, None]
    along = np.cos(turn) * right + np.sin(turn) * down
    across = np.cos(turn) * down - np.sin(turn) * right
    mask: NDArray[np.bool_]
    if kind == 0:
        mask = (np.abs(along) < 1.0) & (np.abs(across) < narrow)
    elif kind == 1:
        mask = right * right + down * down < 1.0
    elif kind == 2:
        mask = np.abs(np.hypot(right, down) - 1.0) < 0.25
    elif kind == 3:
        mask = np.abs(across) < 0.25
    else:
        mask = (across > -0.5) & (across < 1.0 - 2.0 * np.abs(along))
    return mask


def _write_lines(
    rng: np.random.Generator, albedo: NDArray[np.float64], ink: NDArray[np.float64]
) -> None:
    """Write words that nobody can read."""
    top, size = int(rng.integers(8, 80)), int(rng.integers(3, 9))
    for line in range(int(rng.integers(2, 6))):
        row = top + 2 * line * size
        letters = (rng.random(_SIDE // size + 1) < 0.7).repeat(size)[:_SIDE]
        letters[: int(rng.integers(6, 20))] = False
        letters[-int(rng.integers(6, 60)) :] = False
        albedo[row : row + size, letters] = ink


def _two_colours(
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two colours (3,) that can be told apart."""
    first = rng.uniform(0.05, 0.9, 3)
    second = rng.uniform(0.05, 0.9, 3)
    if abs(first.mean() - second.mean()) < _LEAST_CONTRAST:
        second = np.where(first.mean() > 0.45, 0.08, 0.85) * np.ones(3)
    return first, second


def _texture(albedo: NDArray[np.float64], width_m: float, height_m: float) -> Texture:
    shares = np.clip(albedo, 0.02, 0.95).astype(np.float32)
    return Texture(shares, width_m, height_m)
