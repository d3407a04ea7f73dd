# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Walls and furniture get what they are made of, posters and doors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.place_chance import PlaceChance
from local_inn_ros.simulation.worlds.wall_outlines import WallOutlines

# Walls change what they are made of after so far.
_STRETCH_M = (1.4, 3.2)
_SHORTEST_M = 0.7
_POSTER_SHARE, _DOOR_SHARE, _LABEL_SHARE = 0.7, 0.12, 0.4
_DOOR_M = (0.9, 2.0)
# A poster hangs on a wall that is straight: the way along it is no longer than the way through.
_STRAIGHT = 0.98
_MARGIN_M = 0.06
# Light is kept at places so far apart along walls, and in so many rows from floor to ceiling.
_LIGHT_M = 0.3
LIGHT_ROWS = 10
# Of the ways to face, so many are told apart.
_FACINGS = 12


class DressedWalls(NamedTuple):
    """Sides of what stands in a world, as compiled code reads them.

    Attributes:
        segments_m: (n, 4) as (x, y, x, y) in the map frame; to the right of who faces them.
        outward: (n, 2) away from what stands there.
        solid: (n,) which thing it is of.
        along_m: (n,) way along the outline up to a segment's beginning.
        length_m: (n,) of a segment.
        stretch: (n,) which stretch of an outline it is of.
        face: (n,) differs where a stretch does, or the way it faces by more than a little.
        texture: (stretches,) what a stretch is made of.
        shift_m: (stretches,) where its texture begins.
        tint: (stretches, 3) its colour, times that of its texture.
        decal: (stretches,) poster or door on it; -1 where there is none.
        decals_m: (decals, 4) way along the outline, from and to, and height, from and to.
        decal_texture: (decals,) its picture.
        light_first: (n,) where a segment's light begins, in columns of ``LIGHT_ROWS``.
        light_count: (n,) how many columns it has, evenly from its beginning to its end.
    """

    segments_m: NDArray[np.float64]
    outward: NDArray[np.float64]
    solid: NDArray[np.int64]
    along_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    stretch: NDArray[np.int64]
    face: NDArray[np.int64]
    texture: NDArray[np.int64]
    shift_m: NDArray[np.float64]
    tint: NDArray[np.float64]
    decal: NDArray[np.int64]
    decals_m: NDArray[np.float64]
    decal_texture: NDArray[np.int64]
    light_first: NDArray[np.int64]
    light_count: NDArray[np.int64]


def dress_walls(
    outlines: WallOutlines,
    tops_m: NDArray[np.float64],
    ceiling_m: float,
    textures: tuple[NDArray[np.int64], NDArray[np.int64]],
    chance: PlaceChance,
) -> tuple[DressedWalls, list[np.random.Generator]]:
    """Cut outlines into stretches and say what each is made of.

    Args:
        outlines: of all that stands there.
        tops_m: (solids,) their heights.
        ceiling_m: height of the ceiling.
        textures: what walls can be made of, and what furniture can.
        chance: draws all that is random of an outline.

    Returns:
        The walls, and what draws each decal, whose texture is still to be told.
    """
    dressed = _Dressed()
    ends = np.flatnonzero(np.diff(outlines.chain, append=-1)) + 1
    for begin, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        segments = outlines.segments[begin:end]
        top = float(tops_m[outlines.solid[begin]])
        made_of = textures[0] if top >= ceiling_m else textures[1]
        rng = chance.at(segments.reshape(-1, 2))
        dressed.add(segments, begin, top, top >= ceiling_m, made_of, rng)
    cut = np.vstack([np.zeros((0, 7)), *dressed.pieces])
    source, stretch = cut[:, 6].astype(np.int64), cut[:, 5].astype(np.int64)
    length = np.linalg.norm(cut[:, 2:4] - cut[:, :2], axis=1)
    counts = np.maximum(2, np.ceil(length / _LIGHT_M).astype(np.int64) + 1)
    turn = np.arctan2(outlines.outward[source, 1], outlines.outward[source, 0])
    facing = np.floor(_FACINGS * (turn / (2.0 * np.pi) + 0.5) + 0.1).astype(np.int64) % _FACINGS
    walls = DressedWalls(
        cut[:, :4].copy(),
        outlines.outward[source],
        outlines.solid[source],
        cut[:, 4].copy(),
        length,
        stretch,
        _FACINGS * stretch + facing,
        np.array(dressed.texture, np.int64),
        np.array(dressed.shift_m, np.float64),
        np.array(dressed.tint, np.float64).reshape(-1, 3),
        np.array(dressed.decal, np.int64),
        np.array(dressed.decals_m, np.float64).reshape(-1, 4),
        np.zeros(len(dressed.decals_m), np.int64),
        np.cumsum(counts) - counts,
        counts,
    )
    return walls, dressed.drawn_by


class _Dressed:
    """Outlines that are dressed so far."""

    def __init__(self) -> None:
        self.pieces: list[NDArray[np.float64]] = []
        self.texture: list[int] = []
        self.shift_m: list[float] = []
        self.tint: list[NDArray[np.float64]] = []
        self.decal: list[int] = []
        self.decals_m: list[tuple[float, float, float, float]] = []
        self.drawn_by: list[np.random.Generator] = []

    def add(
        self,
        segments: NDArray[np.float64],
        first: int,
        top: float,
        wall: bool,
        made_of: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> None:
        """Dress one outline: its segments (n, 4), the first of which has a number."""
        length = np.linalg.norm(segments[:, 2:] - segments[:, :2], axis=1)
        along = np.concatenate([[0.0], np.cumsum(length)])
        cuts = _cuts(along, rng) if wall else []
        self.pieces.append(_cut(segments, along, cuts, first, len(self.texture)))
        for low, high in zip([0.0, *cuts], [*cuts, float(along[-1])], strict=True):
            self.texture.append(int(rng.choice(made_of)))
            self.shift_m.append(float(rng.uniform(0.0, 10.0)))
            self.tint.append(rng.uniform(0.65, 1.1) * rng.uniform(0.8, 1.0, 3))
            placed = _decal(low, high, top, wall, along, segments, rng)
            self.decal.append(-1 if placed is None else len(self.decals_m))
            if placed is not None:
                self.decals_m.append(placed)
                self.drawn_by.append(rng.spawn(1)[0])


def _cuts(along: NDArray[np.float64], rng: np.random.Generator) -> list[float]:
    """Return where an outline of a way (n + 1,) changes what it is made of."""
    total = float(along[-1])
    corners = along[1:-1][np.minimum(np.diff(along)[:-1], np.diff(along)[1:]) > _SHORTEST_M]
    cuts: list[float] = []
    for end in [*corners.tolist(), total]:
        at = cuts[-1] if cuts else 0.0
        while True:
            at += float(rng.uniform(*_STRETCH_M))
            if at > end - _SHORTEST_M:
                break
            cuts.append(at)
        cuts.append(end)
    return cuts[:-1]


def _cut(
    segments: NDArray[np.float64],
    along: NDArray[np.float64],
    cuts: list[float],
    first_segment: int,
    first_stretch: int,
) -> NDArray[np.float64]:
    """Return pieces (m, 7) of segments: x, y, x, y, way along, stretch and segment."""
    stops = np.unique(np.concatenate([along, cuts]))
    middle = 0.5 * (stops[:-1] + stops[1:])
    source = np.clip(np.searchsorted(along, middle) - 1, 0, len(segments) - 1)
    length = np.diff(along)[source]
    begin = ((stops[:-1] - along[source]) / length)[:, None]
    end = ((stops[1:] - along[source]) / length)[:, None]
    first, last = segments[source, :2], segments[source, 2:]
    # Ends of segments are kept to the last digit, or rays slip through between them.
    begins = np.where(begin == 0.0, first, first + begin * (last - first))
    ends = np.where(end >= 1.0, last, first + end * (last - first))
    ends[:-1] = np.where(source[1:, None] == source[:-1, None], begins[1:], ends[:-1])
    stretch = first_stretch + np.searchsorted(cuts, middle)
    return np.column_stack([begins, ends, stops[:-1], stretch, first_segment + source])


def _decal(
    low: float,
    high: float,
    top: float,
    wall: bool,
    along: NDArray[np.float64],
    segments: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[float, float, float, float] | None:
    """Return a place for a poster, a door or a label on a stretch; None for none."""
    kind, share = rng.random(2)
    if wall and kind < _DOOR_SHARE:
        width, height, bottom = _DOOR_M[0], min(_DOOR_M[1], top), 0.0
    elif wall:
        width, height = rng.uniform(0.35, 1.2), rng.uniform(0.35, 1.0)
        bottom = float(rng.uniform(0.25, max(0.3, min(1.9, top) - height)))
    else:
        # A label on one side of a thing.
        width, height = rng.uniform(0.12, 0.5), rng.uniform(0.1, 0.35)
        bottom = float(rng.uniform(0.05, max(0.06, top - height - 0.05)))
    if share > (_POSTER_SHARE if wall else _LABEL_SHARE) and bottom > 0.0:
        return None
    for _ in range(4):
        begin = float(rng.uniform(low + _MARGIN_M, max(high - _MARGIN_M - width, low + _MARGIN_M)))
        end = begin + float(width)
        if end > high - 0.5 * _MARGIN_M or bottom + height > top:
            continue
        chord = np.linalg.norm(_at(end, along, segments) - _at(begin, along, segments))
        if chord > _STRAIGHT * width:
            return begin, end, bottom, bottom + float(height)
    return None


def _at(
    way: float, along: NDArray[np.float64], segments: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the place (2,) on an outline after a way."""
    k = min(max(int(np.searchsorted(along, way)) - 1, 0), len(segments) - 1)
    share = (way - along[k]) / (along[k + 1] - along[k])
    place: NDArray[np.float64] = segments[k, :2] + share * (segments[k, 2:] - segments[k, :2])
    return place
