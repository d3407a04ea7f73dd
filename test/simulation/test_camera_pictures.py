# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What simulated pictures look like: textures, light, people, motion and the chip."""

import math

import numpy as np
import pytest
from camera_scenes import CAMERA, HALL, HEIGHT_M, box_outline, hall, looking, renderer, scene_of

from local_inn_ros.geometry import Pose2, Pose3, Twist3
from local_inn_ros.simulation.camera import (
    Camera,
    CameraModel,
    LightKind,
    Person,
    Renderer,
    SensorModel,
    draw_light,
    draw_people,
    moving_poses,
    row_times,
    still,
)
from local_inn_ros.simulation.camera.image_sensor import ImageSensor
from local_inn_ros.simulation.driven_way import DrivenWay

LOOKS = renderer(HALL)
PLACES = (looking(3.0, 2.0, 0.5), looking(6.5, 5.0, -2.2, z=0.3), looking(1.0, 3.0, 1.4, 0.2))


def light_of(kind: LightKind, seed: int) -> Renderer:
    return Renderer(HALL, draw_light(HALL, kind, np.random.default_rng(seed)), CAMERA, threads=1)


def test_the_same_seed_gives_the_same_pixels_and_another_does_not() -> None:
    picture = LOOKS.radiance(still(PLACES[0]))
    again = renderer(scene_of(hall(), seed=1)).radiance(still(PLACES[0]))
    assert (picture == again).all()
    other = renderer(scene_of(hall(), seed=2)).radiance(still(PLACES[0]))
    assert np.abs(other - picture).mean() > 0.1 * picture.mean()


def test_two_threads_see_what_one_sees() -> None:
    light = draw_light(HALL, LightKind.OFFICE, np.random.default_rng(2))
    both = Renderer(HALL, light, CAMERA, threads=2)
    assert (both.radiance(still(PLACES[1])) == LOOKS.radiance(still(PLACES[1]))).all()
    assert (both.depth(still(PLACES[1])) == LOOKS.depth(still(PLACES[1]))).all()


@pytest.mark.parametrize("pose", PLACES)
def test_a_pixel_is_the_mean_of_what_it_covers(pose: Pose3) -> None:
    """Against pictures of six times the size whose pixels are averaged: nothing aliases."""
    times = 6
    fine = CAMERA.model_copy(
        update={
            "width": times * CAMERA.width,
            "height": times * CAMERA.height,
            "fx": times * CAMERA.fx,
            "fy": times * CAMERA.fy,
            "cx": times * (CAMERA.cx + 0.5) - 0.5,
            "cy": times * (CAMERA.cy + 0.5) - 0.5,
        }
    )
    looked = renderer(HALL, fine).radiance(still(pose))
    exact = looked.reshape(CAMERA.height, times, CAMERA.width, times, 3).mean(axis=(1, 3))
    off = np.abs(LOOKS.radiance(still(pose)) - exact).mean(axis=-1)
    # One look at about the middle of each pixel is what aliases.
    one_look = np.abs(looked[3::times, 3::times] - exact).mean(axis=-1)
    assert off.mean() < 0.5 * one_look.mean()
    assert np.percentile(off, 95) < 0.5 * np.percentile(one_look, 95)


def test_other_light_is_other_light_on_the_same_walls() -> None:
    train, test = light_of(LightKind.OFFICE, 1), light_of(LightKind.EVENING, 1)
    for pose in PLACES:
        assert (train.depth(still(pose)) == test.depth(still(pose))).all()
        bright, dim = train.radiance(still(pose)), test.radiance(still(pose))
        assert dim.mean() < 0.8 * bright.mean()
        colour = [one.mean(axis=(0, 1)) / one.mean() for one in (bright, dim)]
        assert colour[1][0] / colour[1][2] > 1.15 * colour[0][0] / colour[0][2]
        # Lamps elsewhere: no one brightness makes one picture of the other.
        share = (dim / np.maximum(bright, 1e-3))[..., 1]
        assert np.percentile(share, 90) > 1.5 * np.percentile(share, 10)
    other = light_of(LightKind.OFFICE, 3).radiance(still(PLACES[0]))
    assert np.abs(other - train.radiance(still(PLACES[0]))).mean() > 0.02


def test_things_throw_shadows() -> None:
    """The floor behind a post is darker than without it, where a lamp cannot shine."""
    lamp = HALL.lamps_m[np.argmin(np.abs(HALL.lamps_m - [4.0, 3.0]).sum(axis=1))]
    x, y = float(lamp[0]), float(lamp[1])
    post = scene_of(hall(), [box_outline(x + 1.0, y, 0.3)], seed=1)
    pose = looking(x + 1.9, y - 1.2, 1.9, 0.5)
    with_it, without = (renderer(one).radiance(still(pose)) for one in (post, HALL))
    same = np.abs(renderer(post).depth(still(pose)) - LOOKS.depth(still(pose))) < 1e-4
    share = (with_it / without).mean(axis=-1)[same]
    assert np.percentile(share, 2) < 0.85


def test_a_person_stands_where_they_stand_and_walks() -> None:
    colours = np.array([[0.05, 0.05, 0.3], [0.7, 0.1, 0.1], [0.4, 0.3, 0.25]])
    one = Person(5.0, 3.0, 0.0, 0.5, 0.25, 1.8, colours)
    pose = looking(2.0, 3.0, 0.0)
    empty, there, later = (
        LOOKS.depth(still(pose), who, at) for who, at in (((), 0.0), ((one,), 0.0), ((one,), 1.0))
    )
    covered = there < empty - 1e-6
    column = np.flatnonzero(covered[round(CAMERA.cy)])
    half = CAMERA.fx * 0.25 / math.sqrt(3.0**2 - 0.25**2)
    assert column.min() == math.ceil(CAMERA.cx - half)
    assert column.max() == math.floor(CAMERA.cx + half)
    assert there[round(CAMERA.cy), round(CAMERA.cx)] == pytest.approx(2.75, abs=1e-3)
    top = np.flatnonzero(covered.any(axis=1)).min()
    assert top == pytest.approx(CAMERA.cy - CAMERA.fy * (1.8 - HEIGHT_M) / 3.0, abs=1.0)
    moved = np.flatnonzero((later < empty - 1e-6)[round(CAMERA.cy)]).mean() - column.mean()
    assert moved == pytest.approx(-CAMERA.fx * 0.5 / 3.0, abs=1.0)
    red = LOOKS.radiance(still(pose), (one,))[round(CAMERA.cy) - 10, round(CAMERA.cx)]
    assert red[0] > 4.0 * red[2]
    assert (LOOKS.radiance(still(pose)) == LOOKS.radiance(still(pose), (), 7.0)).all()


def test_people_are_drawn_into_free_space() -> None:
    people = draw_people(HALL, 40, np.random.default_rng(0))
    places = [(one.x_m, one.y_m) for one in people]
    assert (HALL.grid.values_at(places) == 0).all()
    assert len({one.height_m for one in people}) == 40


VELOCITY = Twist3.from_array([0.3, -0.05, 1.2, 0.1, 1.1, -0.2])


def test_blur_is_the_mean_of_sharp_pictures() -> None:
    model = CameraModel(CAMERA, Pose3.identity(), SensorModel(readout_s=0.0))
    pose, exposure = PLACES[0], 0.04
    # As a chip sees them: nothing is whiter than white.
    looks = [
        np.minimum(LOOKS.radiance(moving_poses(pose, VELOCITY, times)), 1.0)
        for times in (row_times(model, exposure, count) for count in (8, 16))
    ]
    times = row_times(model, exposure, 48)
    sharp = [LOOKS.radiance(moving_poses(pose, VELOCITY, times[k : k + 1])) for k in range(48)]
    mean = np.minimum(np.mean(sharp, axis=0), 1.0)
    middle = np.minimum(LOOKS.radiance(still(pose)), 1.0)
    few, more, none = (np.abs(one - mean).mean() for one in (*looks, middle))
    # It moves by five pixels meanwhile: eight looks are an approximation, and more a better one.
    assert few < 0.33 * none and more < 0.75 * few
    assert np.abs(np.diff(looks[0], axis=1)).mean() < 0.8 * np.abs(np.diff(middle, axis=1)).mean()


def test_rows_of_a_rolling_shutter_are_those_of_pictures_at_their_times() -> None:
    model = CameraModel(CAMERA, Pose3.identity(), SensorModel(readout_s=0.03))
    times = row_times(model, 0.0, 1)
    assert times.shape == (1, CAMERA.height)
    assert times[0, [0, -1]] == pytest.approx([-0.015, 0.015])
    poses = moving_poses(PLACES[0], VELOCITY, times)
    rolled, depth = LOOKS.radiance(poses), LOOKS.depth(poses)
    for row in (0, 31, 60, 119):
        at = PLACES[0] @ VELOCITY.scaled(float(times[0, row])).to_pose()
        assert depth[row] == pytest.approx(LOOKS.depth(still(at))[row], abs=1e-5)
        # Edges between rows alone see that the row above is of another time.
        off = np.abs(rolled[row] - LOOKS.radiance(still(at))[row]).mean(axis=-1)
        assert np.mean(off < 1e-5) > 0.8
    level = LOOKS.depth(still(PLACES[0]))
    assert np.abs(depth - level).max() > 0.01


def driving(speed: float, yaw_rate: float) -> DrivenWay:
    """A way round (3, 3), through it at time 0."""
    way = DrivenWay(-0.5, Pose2(3.0 - 0.5 * speed, 3.0, -0.5 * yaw_rate))
    for stamp in np.arange(-0.49, 0.5, 0.01):
        way.add(float(stamp), Pose2(3.0 + stamp * speed, 3.0, stamp * yaw_rate))
    return way


def camera_on(renders: Renderer, sensor: SensorModel, colour: str = "rgb", seed: int = 0) -> Camera:
    mount = Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), [0.2, 0.0, 0.3])
    spec = CAMERA.model_copy(update={"colour": colour})
    return Camera(renders, CameraModel(spec, mount, sensor), np.random.default_rng(seed))


def test_a_camera_on_a_robot_sees_from_where_it_is_mounted() -> None:
    camera = camera_on(LOOKS, SensorModel(readout_s=0.0))
    way = DrivenWay(0.0, Pose2(2.0, 2.0, 0.7))
    expected = LOOKS.depth(
        still(looking(2.0 + 0.2 * math.cos(0.7), 2.0 + 0.2 * math.sin(0.7), 0.7, z=0.3))
    )
    assert camera.depth(way, 0.0) == pytest.approx(expected, abs=1e-5)
    # Row by row of a rolling shutter, while it turns.
    rolling = camera_on(LOOKS, SensorModel(readout_s=0.03)).depth(driving(1.0, 1.0), 0.0)
    for row in (5, 110):
        at = 0.03 * (row - 59.5) / 119.0
        there = DrivenWay(0.0, Pose2(3.0 + at, 3.0, at))
        assert rolling[row] == pytest.approx(camera.depth(there, 0.0)[row], abs=1e-3)


def test_a_picture_is_of_its_kind_and_seed() -> None:
    pictures = [
        camera_on(LOOKS, SensorModel(), colour, seed).take(driving(1.0, 0.5), 0.0)
        for colour, seed in (("rgb", 0), ("rgb", 0), ("rgb", 1), ("mono", 0))
    ]
    first, again, other, mono = (one.pixels for one in pictures)
    assert first.shape == (120, 160, 3) and mono.shape == (120, 160)
    assert first.dtype == np.uint8 and pictures[0].stamp_s == 0.0
    assert (first == again).all()
    noise = first.astype(int) - other
    assert 0.5 < np.abs(noise).mean() < 6.0 and abs(noise.mean()) < 0.1
    assert mono.mean() == pytest.approx(first.mean(), rel=0.15)


@pytest.mark.parametrize("kind", LightKind)
def test_exposure_follows_the_light(kind: LightKind) -> None:
    camera = camera_on(light_of(kind, 4), SensorModel())
    way = DrivenWay(0.0, Pose2(3.0, 3.0, 0.4))
    taken = [camera.take(way, 0.0).pixels for _ in range(12)]
    # A share of 0.2 of white is code 124 of sRGB.
    assert taken[-1].mean() == pytest.approx(120.0, abs=25.0)
    assert np.abs(taken[-1].astype(int) - taken[-2]).mean() < 5.0


def test_dim_light_is_exposed_longer_and_shows_more_noise() -> None:
    sensor = ImageSensor(SensorModel(), np.random.default_rng(0))
    flat = np.full((60, 80, 3), 0.5, np.float32)
    exposures, noise = [], []
    for level in (2.0, 0.5, 0.1, 0.02):
        for _ in range(15):
            developed = sensor.develop(level * flat, True)
        exposures.append(sensor.exposure_s)
        noise.append(float(developed.std()))
        assert developed.mean() == pytest.approx(124.0, abs=8.0)
    assert exposures == sorted(exposures) and exposures[-1] == SensorModel().longest_exposure_s
    assert noise[-1] > 2.0 * noise[0]
    # Too dark for any amplification, and far too bright: dark, then white, never a failure.
    for _ in range(30):
        dark = sensor.develop(0.0 * flat, True)
    assert dark.mean() < 60.0
    assert (sensor.develop(1000.0 * flat, True) == 255).all()


def test_a_sensor_without_electrons_is_refused() -> None:
    with pytest.raises(ValueError, match="holds some electrons"):
        SensorModel(full_well=0.0)
    with pytest.raises(ValueError, match="not read out before"):
        SensorModel(readout_s=-0.1)
