# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Landmarks: followed through posed pictures, put in their places, found again from elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("poselib")

from textured_room import FOCAL, HEIGHT, WIDTH, camera_pose

from local_inn_ros.errors import BundleError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.landmark_map import MEASURED, TRIANGULATED, landmarks_of
from local_inn_ros.systems.pose_inn.landmark_matching import LandmarkMatcher
from local_inn_ros.systems.pose_inn.landmark_refiner import LandmarkRefiner
from local_inn_ros.systems.pose_inn.landmark_tracks import Observed, Tracks, followed
from local_inn_ros.systems.pose_inn.landmarks import (
    Keypoints,
    Landmarks,
    from_steps,
    in_steps,
    keypoints_of,
    unit,
)
from local_inn_ros.systems.pose_inn.modes import refined_modes

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
_COUNT = 400
_DRIVE = [camera_pose(0.05 * number, 0.02 * number, 1.0, 0.02 * number) for number in range(12)]
_RNG = np.random.default_rng(0)
# Points on a bumpy wall ahead.
_POINTS = np.c_[
    _RNG.uniform(3.0, 4.0, _COUNT), _RNG.uniform(-2.0, 2.5, _COUNT), _RNG.uniform(0.0, 2.2, _COUNT)
]
_DESCRIPTORS = unit(_RNG.normal(size=(_COUNT, 64)))


def _seen(pose: Pose3, rng: np.random.Generator) -> tuple[Keypoints, np.ndarray, np.ndarray]:
    """Keypoints of a picture, one for each patch at most, their depths, and of which points."""
    ahead = (_POINTS - pose.translation) @ pose.rotation
    pixels = ahead[:, :2] / ahead[:, 2:] * FOCAL + [_CAMERA.cx, _CAMERA.cy]
    inside = np.all((pixels > 0) & (pixels < [WIDTH - 1, HEIGHT - 1]), axis=1)
    cells = (pixels // 8) @ [1, 100]
    first = np.unique(np.where(inside, cells, -1), return_index=True)[1]
    chosen = first[inside[first]]
    noise = rng.normal(0.0, 0.05, (len(chosen), 64))
    told = unit(_DESCRIPTORS[chosen] + noise)
    return Keypoints(np.round(pixels[chosen]), told), ahead[chosen, 2], chosen


def _tracks(rng: np.random.Generator) -> Tracks:
    observed = []
    for pose in _DRIVE:
        keypoints, depths, _ = _seen(pose, rng)
        depths = depths * np.exp(rng.normal(0.0, 0.03, len(depths)))
        observed.append(Observed(pose, keypoints, depths))
    return followed(observed, _CAMERA)


def _poses() -> np.ndarray:
    return np.array([pose.to_matrix() for pose in _DRIVE])


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return landmarks_of(_tracks(np.random.default_rng(1)), _poses(), _CAMERA, 5_000, TRIANGULATED)


def test_landmarks_are_where_the_points_are(landmarks: Landmarks) -> None:
    off = np.linalg.norm(landmarks.points[:, None] - _POINTS, axis=2).min(axis=1)
    assert len(landmarks) > 100
    assert np.median(off) < 0.05


def test_no_more_are_kept_than_may_be_and_every_picture_keeps_some() -> None:
    tracks = _tracks(np.random.default_rng(1))
    few = landmarks_of(tracks, _poses(), _CAMERA, 60, MEASURED)
    assert len(few) == 60
    matcher = LandmarkMatcher.of(few, _CAMERA)
    rng = np.random.default_rng(2)
    counts = [len(matcher.near(_seen(pose, rng)[0], pose, 8.0)) for pose in _DRIVE]
    assert min(counts) > 10


def test_pictures_left_out_are_in_no_track() -> None:
    rest = _tracks(np.random.default_rng(1)).without(np.array([3, 4]))
    assert set(rest.pictures.tolist()) == set(range(12)) - {3, 4}


@pytest.mark.parametrize("off", [(0.05, 0.0, 0.0, 0, 0, 0), (0.1, 0.05, 0.1, 0.05, 0.05, 0.05)])
def test_pose_is_refined_from_nearby(landmarks: Landmarks, off: tuple[float, ...]) -> None:
    refiner = LandmarkRefiner(LandmarkMatcher.of(landmarks, _CAMERA))
    truth = camera_pose(0.33, 0.15, 1.05, 0.1, 0.03)
    keypoints, _, _ = _seen(truth, np.random.default_rng(3))
    refined = refiner.near(keypoints, truth @ Pose3.from_matrix(exp_twists(list(off))))
    assert refined is not None
    assert refined.aligned.pose.mean.distance_to(truth) < 0.02
    assert refined.aligned.pose.mean.angle_to(truth) < 0.01
    assert refined.explained > 50


def test_pose_is_found_without_a_start(landmarks: Landmarks) -> None:
    refiner = LandmarkRefiner(LandmarkMatcher.of(landmarks, _CAMERA))
    truth = camera_pose(0.2, 0.05, 1.0, 0.05)
    found = refiner.anywhere(_seen(truth, np.random.default_rng(3))[0])
    assert len(found) == 1 and found[0].aligned.pose.mean.distance_to(truth) < 0.02


def test_two_rooms_that_look_alike_are_two_modes(landmarks: Landmarks) -> None:
    away = np.array([0.0, 20.0, 0.0])
    rng = np.random.default_rng(4)
    told = from_steps(landmarks.descriptors)
    other = in_steps(told + rng.normal(0.0, 0.01, told.shape))
    both = Landmarks(
        np.concatenate([landmarks.points, landmarks.points + away.astype(np.float32)]),
        np.concatenate([landmarks.descriptors, other]),
        np.concatenate([landmarks.ways] * 2),
        np.concatenate([landmarks.distances] * 2),
        np.concatenate([landmarks.deviations] * 2),
    )
    truth = camera_pose(0.2, 0.05, 1.0, 0.05)
    keypoints, _, _ = _seen(truth, rng)
    found = LandmarkRefiner(LandmarkMatcher.of(both, _CAMERA)).anywhere(keypoints)
    modes = refined_modes(sorted(found, key=lambda one: -one.explained))
    assert len(modes) == 2 and min(mode.weight for mode in modes) > 0.1
    assert sum(mode.weight for mode in modes) == pytest.approx(1.0)
    twin = Pose3(truth.rotation, truth.translation + away)
    for place in (truth, twin):
        assert min(mode.pose.mean.distance_to(place) for mode in modes) < 0.02


def test_pictures_of_elsewhere_are_not_refined(landmarks: Landmarks) -> None:
    refiner = LandmarkRefiner(LandmarkMatcher.of(landmarks, _CAMERA))
    truth, rng = camera_pose(0.2, 0.05, 1.0, 0.05), np.random.default_rng(3)
    keypoints, _, _ = _seen(truth, rng)
    strange = Keypoints(keypoints.pixels, unit(rng.normal(size=(len(keypoints), 64))))
    assert refiner.near(strange, truth) is None
    assert refiner.anywhere(strange) == []
    assert refiner.anywhere(keypoints.first(0)) == []


def test_share_of_the_landmarks_about_a_pose_tells_right_from_wrong(landmarks: Landmarks) -> None:
    refiner = LandmarkRefiner(LandmarkMatcher.of(landmarks, _CAMERA))
    truth = camera_pose(0.2, 0.05, 1.0, 0.05)
    keypoints, _, _ = _seen(truth, np.random.default_rng(3))
    at_truth = refiner.recognised_at(keypoints, truth)
    assert at_truth.explained > 0.9 * at_truth.matched > 50
    # Five pixels beside the truth: about there, but not just there.
    beside = refiner.recognised_at(keypoints, truth @ _turned(5.0 / FOCAL))
    assert beside.explained < 0.2 * beside.matched
    away = refiner.recognised_at(keypoints, truth @ _turned(np.pi))
    assert away.explained == away.matched == 0


def _turned(angle_rad: float) -> Pose3:
    return Pose3.from_matrix(exp_twists([0.0, 0.0, 0.0, 0.0, angle_rad, 0.0]))


def test_what_a_pose_does_not_have_before_it_is_told_apart(landmarks: Landmarks) -> None:
    matcher = LandmarkMatcher.of(landmarks, _CAMERA)
    pose = camera_pose(0.2, 0.05, 1.0, 0.05)
    rest = matcher.unseen_from(pose)
    keypoints, _, _ = _seen(pose, np.random.default_rng(3))
    assert 0 < len(rest.points) < len(matcher.points)
    assert len(rest.descriptors) == len(rest.deviations) == len(rest.points)
    assert len(matcher.near(keypoints, pose, 8.0)) > 50
    assert len(rest.near(keypoints, pose, 0.0)) == 0
    # All of them are behind a camera that looks the other way.
    assert len(matcher.unseen_from(pose @ _turned(np.pi)).points) == len(matcher.points)


def test_keypoints_are_at_the_peaks_with_features_in_between() -> None:
    features = np.zeros((20, 64), np.float32)
    features[:, 0], features[:, 1] = 1.0, np.tile(np.arange(5.0), 4)
    peaks = np.tile(np.array([7.0, 3.0, 0.5], np.float32), (20, 1))
    peaks[6, 2], peaks[1, 2] = 0.01, 0.9
    found = keypoints_of(features, peaks, (4, 5))
    assert len(found) == 19
    np.testing.assert_array_equal(found.pixels[0], [15.0, 3.0])
    # Seven pixels across is 3.5 from the patch's middle, of the 8 to the next.
    told = found.descriptors[0]
    assert told[1] / told[0] == pytest.approx(1.0 + 3.5 / 8.0)


def test_file_gives_back_what_was_written(landmarks: Landmarks, tmp_path: Path) -> None:
    file = tmp_path / "landmarks.npz"
    landmarks.write(file)
    assert file.stat().st_size < 120 * len(landmarks)
    again = Landmarks.read(file)
    np.testing.assert_array_equal(again.descriptors, landmarks.descriptors)
    np.testing.assert_array_equal(again.points, landmarks.points)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(BundleError, match=r"landmarks\.npz holds no landmarks"):
        Landmarks.read(file)
