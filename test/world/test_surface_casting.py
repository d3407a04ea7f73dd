# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from drawn_walls import CELL_M, DRAWINGS, drawn, scans_of_world

from local_inn_ros.geometry import Pose2
from local_inn_ros.world import LikelihoodField, OccupancyGrid, RayCaster
from local_inn_ros.world.surface_casting import RangeCaster, SurfaceCaster


def wall() -> OccupancyGrid:
    cells = np.zeros((40, 60), dtype=np.int8)
    cells[:, 40] = 100
    return OccupancyGrid(cells, CELL_M, Pose2(1.0, 2.0, 0.3))


@pytest.mark.parametrize("offset_cells", [0.0, -0.2, -0.5])
@pytest.mark.parametrize("bearing", [0.0, 0.5, -0.7])
def test_beams_end_on_the_surface_of_a_wall(offset_cells: float, bearing: float) -> None:
    grid = wall()
    field = LikelihoodField(grid, offset_cells * CELL_M)
    pose = (grid.origin @ Pose2(1.0, 1.0, 0.0)).to_array()[None]
    (found,) = SurfaceCaster(RayCaster(grid), field).cast(pose, np.array([bearing]), 10.0)
    depth = 40 * CELL_M - offset_cells * CELL_M - 1.0
    assert found[0] == pytest.approx(depth / np.cos(bearing), abs=0.1 * CELL_M / np.cos(bearing))


def test_what_scans_are_cast_to_is_where_the_field_has_its_surfaces() -> None:
    grid = drawn(DRAWINGS[1], False)
    field = LikelihoodField(grid, -0.5 * CELL_M)
    poses, angles, _ = scans_of_world(20, 90, 0.01)
    heading = poses[:, 2:] + angles

    def left(caster: RangeCaster) -> np.ndarray:
        ranges = caster.cast(poses, angles, 20.0).astype(float)
        x, y = poses[:, :1] + ranges * np.cos(heading), poses[:, 1:2] + ranges * np.sin(heading)
        return np.abs(field.evaluate(np.stack([x, y], axis=-1).reshape(-1, 2)).distances_m)

    to_faces = RayCaster(grid)
    to_surfaces = left(SurfaceCaster(to_faces, field))
    assert np.median(to_surfaces) < 0.1 * np.median(left(to_faces))
    assert np.mean(to_surfaces) < 0.25 * np.mean(left(to_faces))


def test_beams_that_meet_nothing_stay_so() -> None:
    grid = wall()
    caster = SurfaceCaster(RayCaster(grid), LikelihoodField(grid, -0.025))
    pose = (grid.origin @ Pose2(1.0, 1.0, 0.0)).to_array()[None]
    assert np.isinf(caster.cast(pose, np.array([np.pi]), 10.0)).all()
    assert np.isinf(caster.cast(pose, np.array([0.0]), 0.5)).all()
