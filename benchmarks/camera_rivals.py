# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What PoseINN is compared with: retrieval, and landmarks with PnP (as hloc does), on features.

Retrieval looks for the picture that was learned which is most alike by the pooled features of
EfficientNet-Lite0 (Tan and Le, 2019), and answers its pose. Landmarks match the local features of
XFeat (Potje et al., 2024) with those of the five keyframes that are most alike, lift them by the
keyframes' depth, and solve PnP with PoseLib. Both packages carry their weights; nothing is trained.
"""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass

import numpy as np
import poselib
import torch
from numpy.typing import NDArray
from torch.nn import functional

from local_inn_ros.benchmarking.camera_accuracy import Located
from local_inn_ros.flows.efficientnet import EfficientNetLite0
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPicture, PosedPictures
from local_inn_ros.systems.pose_inn.backbone_weights import LITE0, XFEAT

_KEYFRAMES_ASKED = 5
_KEYPOINTS = 1_500
# Cosine of two descriptors that may be one landmark, as XFeat's own matcher has it.
_LEAST_LIKE = 0.82
_FEWEST_MATCHES = 8
_CLOSE_PX = 6.0


class WholePictures:
    """Describes whole pictures, so that those of the same view are alike."""

    def __init__(self) -> None:
        """Load the weights."""
        self._net = EfficientNetLite0().eval()
        self._net.load(torch.load(LITE0.path(), weights_only=True))

    @torch.no_grad()
    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return a unit vector: features pooled over each of six parts of the picture."""
        pictures = torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32))
        pooled = functional.adaptive_avg_pool2d(self._net(pictures), (2, 3))
        return functional.normalize(pooled.flatten(1), dim=1)[0].numpy()


@dataclass(frozen=True, eq=False)
class _Local:
    """Keypoints (n, 2) of a picture in pixels and their descriptors (n, 64)."""

    pixels: NDArray[np.float64]
    descriptors: NDArray[np.float32]

    def kept(self, which: NDArray[np.bool_]) -> _Local:
        return _Local(self.pixels[which], self.descriptors[which])


class LocalFeatures:
    """XFeat's keypoints and descriptors, by its network alone."""

    def __init__(self) -> None:
        """Load network and weights; the package itself imports what is not needed."""
        weights = XFEAT.path()
        code = weights.parents[1] / "model.py"
        spec = importlib.util.spec_from_file_location("xfeat_model", code)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._net = module.XFeatModel().eval()
        self._net.load_state_dict(torch.load(weights, weights_only=True))

    @torch.no_grad()
    def __call__(self, pixels: NDArray[np.uint8]) -> _Local:
        """Return the surest keypoints of a picture (height, width, 3)."""
        height, width = (size // 32 * 32 for size in pixels.shape[:2])
        cut = pixels[:height, :width].transpose(2, 0, 1)[None].astype(np.float32) / 255.0
        features, keypoints, sure = self._net(torch.from_numpy(cut))
        heat = functional.softmax(keypoints, dim=1)[:, :64]
        heat = functional.pixel_shuffle(heat, 8)
        peaks = (heat == functional.max_pool2d(heat, 5, 1, 2)) & (heat > 0.05)
        rows, cols = torch.nonzero(peaks[0, 0], as_tuple=True)
        where = torch.stack(
            [(cols + 0.5) / width * 2.0 - 1.0, (rows + 0.5) / height * 2.0 - 1.0], dim=-1
        )[None, None]
        options = {"mode": "bilinear", "align_corners": False}
        told = functional.grid_sample(functional.normalize(features, dim=1), where, **options)
        scores = heat[0, 0][rows, cols] * functional.grid_sample(sure, where, **options)[0, 0, 0]
        best = scores.argsort(descending=True)[:_KEYPOINTS]
        descriptors = functional.normalize(told[0, :, 0].T[best], dim=1)
        places = torch.stack([cols[best], rows[best]], dim=1)
        return _Local(places.numpy().astype(np.float64), descriptors.numpy())


class Retrieval:
    """Answers the pose of the picture that is most alike."""

    def __init__(self, learned: PosedPictures, describe: WholePictures) -> None:
        """Describe all pictures that may be learned from."""
        self._describe, self._pictures = describe, learned.pictures
        self._known = np.array([describe(one.picture(learned.camera).pixels) for one in learned])

    def nearest(self, pixels: NDArray[np.uint8], count: int = 1) -> list[int]:
        """Return the numbers of the pictures that are most alike, the best first."""
        like = self._known @ self._describe(pixels)
        return np.argsort(-like)[:count].tolist()

    def locate(self, pixels: NDArray[np.uint8]) -> Located:
        """Locate one picture."""
        began = time.perf_counter()
        best = self._pictures[self.nearest(pixels)[0]]
        return Located(best.map_from_camera, time.perf_counter() - began)

    @property
    def size_mb(self) -> float:
        """What is to be stored."""
        return self._known.nbytes / 1e6


class Landmarks:
    """Matches local features with keyframes' landmarks, and solves for the pose."""

    def __init__(
        self, learned: PosedPictures, describe: WholePictures, every: int, features: LocalFeatures
    ) -> None:
        """Store the landmarks of every so many pictures; they need depth."""
        self._camera, self._features = learned.camera, features
        keyframes = learned.at(range(0, len(learned), every))
        self._retrieval = Retrieval(keyframes, describe)
        self._landmarks = [self._lifted(one) for one in keyframes]

    def locate(self, pixels: NDArray[np.uint8]) -> Located:
        """Locate one picture."""
        began = time.perf_counter()
        own = self._features(pixels)
        seen, points = [], []
        for number in self._retrieval.nearest(pixels, _KEYFRAMES_ASKED):
            landmarks, places = self._landmarks[number]
            mine, theirs = _mutual(own, landmarks)
            seen.append(own.pixels[mine])
            points.append(places[theirs])
        pose = _solved(np.concatenate(seen), np.concatenate(points), self._camera)
        return Located(pose, time.perf_counter() - began)

    @property
    def size_mb(self) -> float:
        """What is to be stored."""
        count = sum(len(places) for _, places in self._landmarks)
        return self._retrieval.size_mb + count * (64 + 3) * 4 / 1e6

    def _lifted(self, one: PosedPicture) -> tuple[_Local, NDArray[np.float64]]:
        camera = self._camera
        found = self._features(one.picture(camera).pixels)
        rays = (found.pixels - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
        assert one.depth is not None, "landmarks need depth"
        depths = one.depth.depths_along(rays)
        known = np.isfinite(depths)
        ahead = np.c_[rays, np.ones(len(rays))][known] * depths[known, None]
        return found.kept(known), one.map_from_camera.transform_points(ahead)


def _mutual(own: _Local, other: _Local) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of features that are each other's most alike."""
    like = own.descriptors @ other.descriptors.T
    best, back = like.argmax(axis=1), like.argmax(axis=0)
    mine = np.arange(len(like))
    kept = (back[best] == mine) & (like[mine, best] > _LEAST_LIKE)
    return mine[kept], best[kept]


def _solved(
    seen: NDArray[np.float64], points: NDArray[np.float64], camera: CameraSpec
) -> Pose3 | None:
    if len(seen) < _FEWEST_MATCHES:
        return None
    pinhole = {
        "model": "PINHOLE",
        "width": camera.width,
        "height": camera.height,
        "params": [camera.fx, camera.fy, camera.cx, camera.cy],
    }
    sampling = {"max_reproj_error": _CLOSE_PX, "max_iterations": 2_000}
    pose, told = poselib.estimate_absolute_pose(seen, points, pinhole, sampling, {})
    if told["num_inliers"] < _FEWEST_MATCHES:
        return None
    return Pose3(np.array(pose.R), np.array(pose.t)).inverse()
