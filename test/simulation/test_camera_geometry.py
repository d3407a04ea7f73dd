# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated cameras see things where the pinhole formula puts them."""

import math

import numpy as np
import pytest
from camera_scenes import CAMERA, HALL, box_outline, hall, looking, renderer, scene_of

from local_inn_ros.geometry import Pose2, Pose3
from local_inn_ros.simulation.camera import still, textured_scene
from local_inn_ros.simulation.worlds import DrivenWorld, generate_floor
from local_inn_ros.world import OccupancyGrid, RayCaster

LOOKS = renderer(HALL)


def projected(pose: Pose3, points: np.ndarray) -> np.ndarray:
    """Columns, rows and depths (n, 3) of points (n, 3) in the map frame."""
    seen = pose.inverse().transform_points(points)
    column = CAMERA.fx * seen[:, 0] / seen[:, 2] + CAMERA.cx
    row = CAMERA.fy * seen[:, 1] / seen[:, 2] + CAMERA.cy
    return np.column_stack([column, row, seen[:, 2]])


def points_seen(pose: Pose3, depth: np.ndarray) -> np.ndarray:
    """Points (height, width, 3) in the map frame that a depth image tells of."""
    row, column = np.mgrid[0 : CAMERA.height, 0 : CAMERA.width]
    rays = np.stack(
        [(column - CAMERA.cx) / CAMERA.fx, (row - CAMERA.cy) / CAMERA.fy, np.ones(row.shape)], -1
    )
    return pose.transform_points((rays * depth[..., None]).reshape(-1, 3)).reshape(*row.shape, 3)


@pytest.mark.parametrize("yaw", [-2.4, 0.0, 0.3, 1.9])
@pytest.mark.parametrize("pitch", [-0.35, 0.0, 0.2])
def test_every_pixels_depth_lies_on_a_surface(yaw: float, pitch: float) -> None:
    pose = looking(3.1, 2.2, yaw, pitch)
    points = points_seen(pose, LOOKS.depth(still(pose)))
    x, y, z = np.moveaxis(points, -1, 0)
    # The hall's walls are at x = 0, 8 and y = 0, 6, its floor at 0, its ceiling at 2.6 m.
    off = np.min(np.abs([x, x - 8.0, y, y - 6.0, z, z - 2.6]), axis=0)
    assert off.max() < 2e-6
    assert x.min() > -1e-6 and x.max() < 8.0 + 1e-6 and y.min() > -1e-6 and y.max() < 6.0 + 1e-6
    assert z.min() > -1e-6 and z.max() < 2.6 + 1e-6


def test_a_corner_is_where_the_formula_puts_it() -> None:
    """The edge between two walls, and those of walls with floor and ceiling."""
    pose = looking(3.0, 2.0, 0.5, 0.05)
    depth = LOOKS.depth(still(pose))
    ends = np.array([[8.0, 6.0, 0.0], [8.0, 6.0, 2.6]])
    (low_col, low_row, low_depth), (high_col, high_row, _) = projected(pose, ends)
    points = points_seen(pose, depth)
    assert 5 < low_col < 155 and 65 < low_row < 115
    wall_x = np.abs(points[..., 0] - 8.0) < 1e-5
    wall_y = np.abs(points[..., 1] - 6.0) < 1e-5
    for row in range(math.ceil(high_row) + 1, math.floor(low_row)):
        share = (row - high_row) / (low_row - high_row)
        edge = high_col + share * (low_col - high_col)
        # The far wall is left of the corner, the one ahead is right of it.
        columns = np.arange(CAMERA.width)
        assert wall_y[row, : math.floor(edge)].all() or columns[wall_y[row]].max() <= edge
        assert columns[wall_y[row]].max() == math.floor(edge)
        assert columns[wall_x[row]].min() == math.floor(edge) + 1
    # The floor begins in the row under the corner.
    column = round(low_col)
    floor = np.abs(points[:, column, 2]) < 1e-5
    assert np.flatnonzero(floor).min() == pytest.approx(low_row, abs=1.0)
    assert depth[math.floor(low_row), column] == pytest.approx(low_depth, rel=0.02)


def test_left_is_left_and_down_is_down() -> None:
    pose = looking(2.0, 3.0, 0.0, z=0.3)
    # Seen along x, y points to the left: the wall y = 6 is left, y = 0 right.
    points = points_seen(pose, LOOKS.depth(still(pose)))
    assert points[60, 0, 1] > points[60, -1, 1]
    assert points[-1, 80, 2] < points[0, 80, 2]
    post = renderer(scene_of(hall(), [box_outline(4.0, 3.6, 0.3)])).depth(still(pose))[60]
    nearer = np.flatnonzero(post < 3.0)
    ((left, _, _), (right, _, _)) = projected(
        pose, np.array([[3.85, 3.75, 0.3], [4.15, 3.45, 0.3]])
    )
    assert nearer.max() < CAMERA.cx
    assert left - 0.5 < nearer.min() < left + 1.5 and right - 1.5 < nearer.max() < right + 0.5


def test_turning_left_moves_the_picture_to_the_right() -> None:
    turn = 0.08
    before = LOOKS.radiance(still(looking(2.0, 3.0, 0.0))).mean(axis=-1)
    after = LOOKS.radiance(still(looking(2.0, 3.0, turn))).mean(axis=-1)
    # About the middle of the picture, all moves by the focal length times the turn.
    shift = round(CAMERA.fx * math.tan(turn))
    window = before[50:70, 60:100]
    scores = {k: np.abs(after[50:70, 60 + k : 100 + k] - window).mean() for k in range(-20, 21)}
    assert min(scores, key=scores.__getitem__) == pytest.approx(shift, abs=1)


def test_a_poster_hangs_where_it_was_hung() -> None:
    """Texture, not geometry alone: a picture's corners are where the formula puts them."""
    walls = HALL.walls
    found = 0
    for stretch in np.flatnonzero(walls.decal >= 0):
        segment = int(np.flatnonzero(walls.stretch == stretch)[0])
        first, last, bottom, top = walls.decals_m[walls.decal[stretch]]
        begin, way = walls.segments_m[segment, :2], -walls.outward[segment][::-1] * [1, -1]
        ends = [begin + (at - walls.along_m[segment]) * way for at in (first, last)]
        middle, size = 0.5 * (ends[0] + ends[1]), last - first
        place = middle + 2.0 * walls.outward[segment]
        yaw = math.atan2(*(-walls.outward[segment])[::-1])
        height = min(max(0.5 * (bottom + top), 0.2), 2.4)
        pose = looking(place[0], place[1], yaw, z=height)
        corners = projected(pose, np.array([[*ends[0], top], [*ends[1], bottom]]))
        half = 0.5 * size / 2.0 * CAMERA.fx
        assert corners[:, 0] == pytest.approx([CAMERA.cx - half, CAMERA.cx + half])
        # The texture is looked up where the poster is: its edge shows in the picture.
        picture = LOOKS.radiance(still(pose)).mean(axis=-1)
        row = round(CAMERA.cy)
        steps = np.abs(np.diff(picture[row - 4 : row + 5].mean(axis=0)))
        edges = [round(corners[0, 0] - 0.5), round(corners[1, 0] - 0.5)]
        if min(edges) < 3 or max(edges) > 156 or bottom == 0.0:
            continue
        strong = [steps[at - 1 : at + 2].max() for at in edges]
        found += min(strong) > 2.0 * np.median(steps)
    assert found >= 3


def test_the_middle_rows_depth_is_what_the_laser_measures() -> None:
    """In a floor of a building, low furniture and all; the camera below all of it."""
    world = generate_floor(np.random.default_rng(5), width_m=22.0, depth_m=15.0)
    scene = textured_scene(
        world.grid, DrivenWorld(world.grid, RayCaster(world.grid)).outlines(),
        np.random.default_rng(0),
    )  # fmt: skip
    camera = CAMERA.model_copy(update={"cy": 60.0})
    looks = renderer(scene, camera)
    caster = RayCaster(world.grid, threads=1)
    column = np.arange(camera.width)
    angles = -np.arctan2(column - camera.cx, camera.fx)
    compared = 0
    for x, y in world.route[::25]:
        for yaw in (-1.3, 0.4, 2.9):
            pose = looking(x, y, yaw, z=0.2)
            depth = looks.depth(still(pose))[60]
            ranges = caster.cast([[x, y, yaw]], angles, 100.0)[0]
            expected = ranges * np.cos(angles)
            met = np.isfinite(ranges)
            assert np.abs(depth - expected)[met].max() < 1e-4
            # Where the laser meets nothing, a level camera looks into the distance.
            assert (depth[~met] == 0.0).all()
            compared += int(met.sum())
    assert compared > 3000


def test_from_above_one_sees_the_tops_of_boxes_and_over_them() -> None:
    scene = scene_of(hall(), [box_outline(4.0, 3.0, 0.8)], seed=4)
    top = float(scene.shape.tops_m[scene.shape.tops_m < 2.0][0])
    assert 0.4 <= top <= 1.7
    pose = looking(2.0, 3.0, 0.0, 0.45, z=top + 0.6)
    points = points_seen(pose, renderer(scene).depth(still(pose)))
    x, y, z = np.moveaxis(points, -1, 0)
    over = (np.abs(x - 4.0) < 0.4 - 1e-6) & (np.abs(y - 3.0) < 0.4 - 1e-6)
    assert over.sum() > 200
    # Nothing is seen inside of it: all there is lies on its top.
    assert np.abs(z[over] - top).max() < 1e-5
    outline = projected(pose, np.array([[x, y, top] for x in (3.6, 4.4) for y in (2.6, 3.4)]))[
        [0, 1, 3, 2], :2
    ]
    area = 0.5 * abs(
        np.dot(outline[:, 0], np.roll(outline[:, 1], 1))
        - np.dot(outline[:, 1], np.roll(outline[:, 0], 1))
    )
    assert over.sum() == pytest.approx(area, rel=0.03)
    behind = (np.abs(y - 3.0) < 0.3) & (x > 4.41)
    assert behind.any() and (z[behind] < 2.6 + 1e-5).all()


def test_a_map_with_a_turned_origin_turns_the_world() -> None:
    origin = Pose2(3.0, -1.0, 0.6)
    turned = OccupancyGrid(hall().cells, 0.1, origin @ Pose2(-0.1, -0.1, 0.0))
    looks = renderer(scene_of(turned))
    placed = Pose3.from_pose2(origin)
    for yaw in (0.0, 2.0):
        pose = looking(3.1, 2.2, yaw)
        same = LOOKS.depth(still(pose))
        assert looks.depth(still(placed @ pose)) == pytest.approx(same, abs=1e-4)


def test_a_camera_in_the_floor_is_refused() -> None:
    with pytest.raises(ValueError, match="between the floor and the ceiling"):
        LOOKS.radiance(still(looking(2.0, 2.0, 0.0, z=-0.1)))
    with pytest.raises(ValueError, match=r"poses are \(samples, 1 or 120, 3, 4\)"):
        LOOKS.radiance(np.zeros((1, 7, 3, 4)))
