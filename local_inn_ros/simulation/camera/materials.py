# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What walls, floors, ceilings and furniture are made of: textures drawn by rule and chance."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.texture_atlas import Texture

# A side of a material's texture, and how much it covers.
SIDE = 512
SIDE_M = 2.56
_PIECE_SIDE, _PIECE_M = 256, 1.28
_SKIRTING_M = 0.09

Raster: TypeAlias = NDArray[np.float64]


def clouds(rng: np.random.Generator, rows: int, cols: int, power: float) -> Raster:
    """Return noise (rows, cols) that wraps, of mean 0 and deviation 1.

    Args:
        rng: source of chance.
        rows: height.
        cols: width.
        power: how much stronger coarse features are than fine ones: amplitude falls with this
            power of the frequency.
    """
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None] * rows, np.fft.rfftfreq(cols) * cols)
    frequency[0, 0] = np.inf
    white = np.fft.rfft2(rng.standard_normal((rows, cols)))
    noise = np.fft.irfft2(white * frequency**-power, s=(rows, cols))
    scaled: Raster = (noise - noise.mean()) / noise.std()
    return scaled


def wall_textures(rng: np.random.Generator, height_m: float) -> list[Texture]:
    """Return what walls of a height are made of; each has a skirting board."""
    makers = (_plaster, _brick, _boards, _concrete, _wallpaper, _tiled)
    made = []
    for maker in (*makers, _plaster, _wallpaper):
        albedo = maker(rng)
        rows = round(SIDE * _SKIRTING_M / height_m)
        albedo[-rows:] = rng.uniform(0.1, 0.7) * (1.0 + 0.05 * rng.standard_normal((rows, SIDE, 1)))
        albedo[-rows - 2 : -rows] *= 0.4
        made.append(Texture(_shares(albedo), SIDE_M, height_m, wraps_across=True))
    return made


def floor_texture(rng: np.random.Generator) -> Texture:
    """Return what the floor is made of."""
    maker = (_planks, _floor_tiles, _carpet)[rng.integers(3)]
    return Texture(_shares(maker(rng)), SIDE_M, SIDE_M, wraps_across=True, wraps_down=True)


def ceiling_texture(rng: np.random.Generator) -> Texture:
    """Return what the ceiling is made of: panels, four of them to a side."""
    albedo = 0.75 + 0.03 * clouds(rng, SIDE, SIDE, 0.6)
    albedo += rng.uniform(-0.06, 0.06, (4, 4)).repeat(128, 0).repeat(128, 1)
    holes = np.arange(SIDE) % 16 < 3
    albedo[np.ix_(holes, holes)] *= 0.6
    joint = np.arange(SIDE) % 128 < 5
    albedo[joint] = albedo[:, joint] = 0.45
    return Texture(
        _shares(albedo[..., None] * _hue(rng, 0.05)),
        SIDE_M,
        SIDE_M,
        wraps_across=True,
        wraps_down=True,
    )


def furniture_textures(rng: np.random.Generator) -> list[Texture]:
    """Return what furniture and boxes are made of."""
    side = _PIECE_SIDE
    made = []
    for _ in range(6):
        grain = clouds(rng, side, side, 1.0)
        if rng.random() < 0.5:
            # Wood: the grain is long along the boards.
            grain = np.repeat(clouds(rng, side, side // 8, 0.8), 8, axis=1)
        albedo = rng.uniform(0.2, 0.6) * (1.0 + 0.12 * grain)
        edge = int(rng.integers(32, 128))
        albedo[np.arange(side) % edge < 4] *= 0.5
        colour = albedo[..., None] * _hue(rng, 0.5)
        made.append(Texture(_shares(colour), _PIECE_M, _PIECE_M, True, True))
    return made


def _plaster(rng: np.random.Generator) -> Raster:
    albedo = rng.uniform(0.45, 0.75) + 0.05 * clouds(rng, SIDE, SIDE, 1.3)
    albedo += 0.025 * clouds(rng, SIDE, SIDE, 0.3)
    albedo[: SIDE // 2] *= rng.uniform(0.8, 1.15)
    drawn: Raster = albedo[..., None] * _hue(rng, 0.3)
    return drawn


def _brick(rng: np.random.Generator) -> Raster:
    rows, cols = 32, 8
    high, wide = SIDE // rows, SIDE // cols
    shade = rng.uniform(0.25, 0.55, (rows, cols))
    albedo = shade.repeat(high, 0).repeat(wide, 1)
    joint = np.arange(SIDE) % wide < 4
    albedo[:, joint] = 0.6
    odd = (np.arange(SIDE) // high) % 2 == 1
    albedo[odd] = np.roll(albedo[odd], wide // 2, axis=1)
    albedo[np.arange(SIDE) % high < 2] = 0.6
    albedo = albedo * (1.0 + 0.12 * clouds(rng, SIDE, SIDE, 0.7))
    warm = np.array([1.0, 0.6, 0.45]) if rng.random() < 0.5 else np.array([0.9, 0.9, 0.85])
    drawn: Raster = albedo[..., None] * warm
    return drawn


def _boards(rng: np.random.Generator) -> Raster:
    grain = np.repeat(clouds(rng, SIDE // 16, SIDE, 0.8), 16, axis=0)
    shade = rng.uniform(0.25, 0.5, 16).repeat(SIDE // 16)
    albedo = shade * (1.0 + 0.15 * grain)
    albedo[:, np.arange(SIDE) % (SIDE // 16) < 2] *= 0.3
    drawn: Raster = albedo[..., None] * np.array([1.0, 0.72, 0.45])
    return drawn


def _concrete(rng: np.random.Generator) -> Raster:
    albedo = 0.4 + 0.08 * clouds(rng, SIDE, SIDE, 1.1)
    for across in (0, 1):
        albedo.T[:3] *= 0.6
        albedo[SIDE // 2 + across] *= 0.6
    for x, y in rng.integers(8, SIDE - 8, (12, 2)):
        albedo[y - 4 : y + 4, x - 4 : x + 4] *= 0.55
    drawn: Raster = albedo[..., None] * _hue(rng, 0.08)
    return drawn


def _wallpaper(rng: np.random.Generator) -> Raster:
    row, col = np.mgrid[0:SIDE, 0:SIDE]
    period = int(rng.choice([32, 64, 128]))
    wave = np.sin(2.0 * np.pi * col / period)
    if rng.random() < 0.5:
        wave = wave * np.sin(2.0 * np.pi * row / period)
    share = (0.5 + 0.5 * np.tanh(4.0 * wave))[..., None]
    first, second = (rng.uniform(0.3, 0.8) * _hue(rng, 0.5) for _ in range(2))
    albedo = first + share * (second - first)
    drawn: Raster = albedo * (1.0 + 0.05 * clouds(rng, SIDE, SIDE, 1.0)[..., None])
    return drawn


def _tiled(rng: np.random.Generator) -> Raster:
    albedo = rng.uniform(0.55, 0.75) + 0.04 * clouds(rng, SIDE, SIDE, 1.2)
    shade = rng.uniform(0.3, 0.8, (16, 16)).repeat(32, 0).repeat(32, 1)
    joint = np.arange(SIDE) % 32 < 2
    shade[joint] = shade[:, joint] = 0.2
    colour = albedo[..., None] * np.ones(3)
    colour[SIDE // 2 :] = shade[SIDE // 2 :, :, None] * _hue(rng, 0.4)
    return colour


def _planks(rng: np.random.Generator) -> Raster:
    grain = np.repeat(clouds(rng, SIDE, SIDE // 16, 0.8), 16, axis=1)
    albedo = np.empty((SIDE, SIDE))
    for row in range(16):
        begin, end = row * 32, row * 32 + 32
        shades = rng.uniform(0.2, 0.5, 3).repeat([170, 171, 171])
        albedo[begin:end] = np.roll(shades, int(rng.integers(SIDE)))
        albedo[begin : begin + 2] *= 0.4
    albedo *= 1.0 + 0.15 * grain
    drawn: Raster = albedo[..., None] * np.array([1.0, 0.75, 0.5])
    return drawn


def _floor_tiles(rng: np.random.Generator) -> Raster:
    count = int(rng.choice([4, 8]))
    wide = SIDE // count
    first, second = rng.uniform(0.2, 0.4), rng.uniform(0.35, 0.65)
    check = np.add.outer(np.arange(count), np.arange(count)) % 2
    shade = np.where(check == 1, first, second) + rng.uniform(-0.08, 0.08, (count, count))
    albedo = shade.repeat(wide, 0).repeat(wide, 1) * (1.0 + 0.1 * clouds(rng, SIDE, SIDE, 0.7))
    joint = np.arange(SIDE) % wide < 3
    albedo[joint] = albedo[:, joint] = 0.15
    drawn: Raster = albedo[..., None] * _hue(rng, 0.2)
    return drawn


def _carpet(rng: np.random.Generator) -> Raster:
    albedo = rng.uniform(0.2, 0.4) * (1.0 + 0.25 * clouds(rng, SIDE, SIDE, 0.4))
    albedo *= 1.0 + 0.2 * clouds(rng, SIDE, SIDE, 1.5)
    squares = rng.uniform(0.8, 1.2, (4, 4)).repeat(128, 0).repeat(128, 1)
    drawn: Raster = (albedo * squares)[..., None] * _hue(rng, 0.5)
    return drawn


def _hue(rng: np.random.Generator, strength: float) -> NDArray[np.float64]:
    """Return a colour (3,) whose strongest part is 1."""
    parts = 1.0 - strength * rng.random(3)
    return np.asarray(parts / parts.max())


def _shares(albedo: Raster) -> NDArray[np.float32]:
    return np.clip(albedo, 0.02, 0.95).astype(np.float32)
