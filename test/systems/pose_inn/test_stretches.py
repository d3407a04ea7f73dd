# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stretches of a drive, and how unlike pictures are to those that were learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textured_room import FOCAL, HEIGHT, WIDTH, camera_pose

from local_inn_ros.errors import BundleError
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPicture, PosedPictures
from local_inn_ros.systems.pose_inn.familiarity import Familiarity
from local_inn_ros.systems.pose_inn.stretches import GAP, spaced, split, stretches, travelled

_CAMERA = CameraSpec(
    kind="camera",
    name="front",
    rate_hz=30.0,
    width=WIDTH,
    height=HEIGHT,
    fx=FOCAL,
    fy=FOCAL,
    cx=(WIDTH - 1) / 2,
    cy=(HEIGHT - 1) / 2,
)


def _drive(count: int, step_m: float, turn_rad: float = 0.0) -> PosedPictures:
    pictures = [
        PosedPicture(
            float(number),
            camera_pose(step_m * number, 0.0, 1.0, turn_rad * number),
            Path(f"{number}.png"),
        )
        for number in range(count)
    ]
    return PosedPictures(_CAMERA, tuple(pictures))


def test_turns_count_beside_metres() -> None:
    np.testing.assert_allclose(travelled(_drive(3, 0.1, 0.2)), [0.0, 0.3, 0.6])


def test_a_camera_that_stands_gives_one_picture() -> None:
    assert spaced(_drive(50, 0.0)) == [0]
    assert len(spaced(_drive(1_000, 0.01))) == pytest.approx(250, abs=2)
    assert len(spaced(_drive(1_000, 1.0))) <= 601


def test_stretches_are_as_long_as_gaps() -> None:
    posed = _drive(200, 0.1)
    found = stretches(posed, 5)
    assert len(found) == 5
    assert found[0][0] == 0 and found[-1][-1] == 199
    for one in found:
        assert 0.1 * (one[-1] - one[0]) == pytest.approx(GAP, abs=0.21)


def test_of_a_short_drive_there_are_as_many_as_have_room_beside_each_other() -> None:
    found = stretches(_drive(200, 0.03), 16)
    assert len(found) == 3
    assert sum(map(len, found)) == len(np.unique(np.concatenate(found)))
    assert len(stretches(_drive(50, 0.04), 16)) == 2


@pytest.mark.parametrize(("step_m", "length"), [(0.1, 16), (0.001, 20)])
def test_split_holds_out_gaps_but_no_more_than_the_share(step_m: float, length: int) -> None:
    posed = _drive(400, step_m)
    learned, held_out = split(posed, 0.15, 3)
    assert len(held_out) == pytest.approx(3 * length, abs=3)
    assert len(learned) + len(held_out) == 400
    assert not {one.file for one in learned} & {one.file for one in held_out}


def test_pictures_unlike_those_learned_are_strange(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ways = rng.normal(size=(3, 128)).astype(np.float32)
    learned = rng.uniform(size=(300, 3)).astype(np.float32) @ ways
    familiarity = Familiarity.of(learned)
    near = rng.uniform(size=3).astype(np.float32) @ ways
    far = np.array([3.0, -2.0, 1.0], np.float32) @ ways
    assert familiarity.strangeness(far) > familiarity.strangeness(near) + 1.0
    file = tmp_path / "familiarity.npz"
    familiarity.write(file)
    assert Familiarity.read(file).strangeness(far) == familiarity.strangeness(far)
    file.write_bytes(b"nothing")
    with pytest.raises(BundleError, match="does not say what was learned"):
        Familiarity.read(file)
