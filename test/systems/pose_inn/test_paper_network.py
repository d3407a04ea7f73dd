# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose code and the losses of PoseINN as published."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the networks need torch")
pytest.importorskip("cv2")

from textured_room import camera_pose, drive_along  # noqa: E402

from local_inn_ros.flows.efficientnet import PARTS  # noqa: E402
from local_inn_ros.geometry.pose3 import Pose3  # noqa: E402
from local_inn_ros.systems.pose_inn.paper_config import CODE, LATENT  # noqa: E402
from local_inn_ros.systems.pose_inn.paper_network import (  # noqa: E402
    PaperInn,
    PaperPoseCode,
    PictureEncoder,
)
from local_inn_ros.systems.pose_inn.paper_objective import angles_between  # noqa: E402
from local_inn_ros.systems.pose_inn.patch_source import pose_rows  # noqa: E402


def _rows(poses: list[Pose3]) -> torch.Tensor:
    return torch.from_numpy(pose_rows(np.array([one.to_matrix() for one in poses])))


def _fitted(poses: list[Pose3]) -> PaperPoseCode:
    code = PaperPoseCode()
    code.fit_to(np.array([one.to_matrix() for one in poses]))
    return code


# A frame in which nothing is level: as of a camera that says where its own first picture was taken.
TILTED = Pose3.from_roll_pitch_yaw((3.0, -2.0, 5.0), 1.1, -0.7, 2.3)


@pytest.mark.parametrize("frame", [Pose3.identity(), TILTED])
def test_poses_are_coded_and_decoded(frame: Pose3) -> None:
    learned = [frame @ pose for pose in drive_along(30)]
    code = _fitted(learned)
    all_round = [camera_pose(1.0, 1.2, 0.9, yaw, 0.3) for yaw in np.linspace(-3.1, 3.1, 40)]
    poses = _rows(learned + [frame @ pose for pose in all_round])
    told = code.encode(poses)
    assert told.shape == (70, CODE)
    positions, rotations = code.decode(told)
    np.testing.assert_allclose(positions, poses[:, :3], atol=1e-5)
    np.testing.assert_allclose(rotations.flatten(1), poses[:, 3:], atol=1e-5)


def test_code_is_the_same_on_both_sides_of_a_whole_turn() -> None:
    learned = drive_along(30)
    code = _fitted(learned)
    behind = -code.map_from_level[:, 0].numpy()
    seam = math.atan2(behind[1], behind[0])
    poses = _rows([camera_pose(1.0, 1.2, 0.9, seam + off, 0.1) for off in (-0.02, 0.02)])
    before, after = code.encode(poses)
    # The plain yaw jumps by a whole turn; what is decoded does not.
    assert float((before - after).abs()[3]) == pytest.approx(2.0, abs=0.1)
    _, rotations = code.decode(code.encode(poses))
    assert float(angles_between(rotations[:1], rotations[1:])) == pytest.approx(0.04, abs=2e-3)


def test_cameras_that_look_all_round_or_down_have_a_code() -> None:
    for pitch, yaws in ((0.0, np.linspace(0.0, 2 * np.pi, 13)[:-1]), (np.pi / 2, np.zeros(5))):
        poses = [camera_pose(1.0, 1.0, 1.0, yaw, pitch) for yaw in yaws]
        code = _fitted(poses)
        level = code.map_from_level
        np.testing.assert_allclose(level @ level.T, np.eye(3), atol=1e-6)
        assert float(torch.linalg.det(level)) == pytest.approx(1.0, abs=1e-5)


def test_angle_between_rotations_is_the_geodesic_one() -> None:
    poses = [Pose3.from_roll_pitch_yaw([0.0] * 3, 0.2, 0.1, yaw) for yaw in (0.0, 0.5, 2.0)]
    turns = torch.tensor(np.array([one.rotation for one in poses]), requires_grad=True)
    told = angles_between(turns, turns[:1].detach().expand(3, -1, -1))
    wanted = [one.angle_to(poses[0]) for one in poses]
    np.testing.assert_allclose(told.detach(), wanted, atol=2e-4)
    told.sum().backward()
    assert turns.grad is not None and bool(torch.isfinite(turns.grad).all())


def test_couplings_lead_from_a_pose_to_its_latent_and_back() -> None:
    torch.manual_seed(3)
    model = PaperInn(1, 0).eval()
    with torch.no_grad():
        for one in model.couplings.parameters():
            if one.is_floating_point():
                one += 0.02 * torch.randn(one.shape)
        code = torch.randn(20, CODE)
        both = model.couplings.forward(code)
        back = model.couplings.backward(both)
    assert float((both - code).abs().max()) > 0.05
    np.testing.assert_allclose(back, code, atol=1e-3)
    # Sixty numbers of a latent and six of z make a code: halves of 33, and 66 of each subnet.
    shapes = sorted({tuple(one.shape) for one in model.couplings.parameters() if one.ndim == 2})
    assert shapes == [(66, 1024), (1024, 33)]


@pytest.mark.parametrize("channels", [1, 3])
def test_networks_take_and_draw_pictures(channels: int) -> None:
    model = PaperInn(channels, 3).eval()
    with torch.no_grad():
        latents = model.encoder(torch.rand(2, channels, 128, 128))
        pictures = model.decoder(latents)
    assert latents.shape == (2, LATENT)
    assert pictures.shape == (2, channels, 128, 128)
    assert 0.0 <= float(pictures.min()) <= float(pictures.max()) <= 1.0


@pytest.mark.parametrize("parts", [0, 1, 6, PARTS])
def test_learned_parts_are_trained_and_others_are_not(parts: int) -> None:
    torch.manual_seed(4)
    encoder = PictureEncoder(parts).train()
    before = {name: one.clone() for name, one in encoder.state_dict().items()}
    features = encoder.frozen_part(torch.rand(2, 3, 128, 128))
    mean, log_deviation = encoder.learned_part(features)
    (mean.square().sum() + log_deviation.square().sum()).backward()
    trained = [one for one in encoder.backbone.parameters() if one.grad is not None]
    assert len(trained) == len(encoder.backbone.parameters_from(PARTS - parts))
    for name, one in encoder.state_dict().items():
        torch.testing.assert_close(one, before[name])
