# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How good rendered views are, by pictures that were held out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.views.field import RadianceField
from local_inn_ros.views.likeness import psnr, ssim
from local_inn_ros.views.rays import PictureRays, shrunk_pixels
from local_inn_ros.views.renderer import render

_MOST_SCORED = 60
# A radian counts as so many metres where the nearest picture is looked for.
_METRES_A_RADIAN = 2.0


def score(
    field: RadianceField, learned: PictureRays, held_out: PosedPictures
) -> Mapping[str, float]:
    """Compare rendered views with pictures that were held out, shrunk likewise.

    The exposure of a held-out picture is not known. Figures are of views as they are, and of right
    halves after an exposure was fitted to the left ones. The mean of all pictures, and the one
    taken nearest, are scored beside them.

    Args:
        field: the field.
        learned: what it was fitted to.
        held_out: what it was not.

    Returns:
        Means by name; nothing where no picture was held out.

    Raises:
        BagError: a picture cannot be read.
    """
    small = learned.camera
    shape = (small.height, small.width, 3)
    mean = (learned.colours.float().mean(0) / 255.0).numpy().reshape(shape)
    count = min(_MOST_SCORED, len(held_out))
    some = np.linspace(0, len(held_out) - 1, count, dtype=int)
    rows = []
    for one in held_out.at(some):
        true = shrunk_pixels(one, held_out.camera, small).astype(np.float32) / 255.0
        pose = one.map_from_camera.to_matrix()
        view = render(field, small, pose)
        half = small.width // 2
        exposed = _exposed(view.colours, true, half)
        near = learned.colours[_nearest(pose, learned.poses)].numpy().reshape(shape) / 255.0
        rows.append(
            {
                "psnr_db": psnr(view.colours, true),
                "ssim": ssim(view.colours, true),
                "exposed_half_psnr_db": psnr(exposed[:, half:], true[:, half:]),
                "exposed_half_ssim": ssim(exposed[:, half:], true[:, half:]),
                "opaque": float(view.opaque.mean()),
                "mean_picture_psnr_db": psnr(mean, true),
                "nearest_picture_psnr_db": psnr(near, true),
            }
        )
    if not rows:
        return {}
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    return {**means, "pictures": float(len(rows))}


def _exposed(
    colours: NDArray[np.float32], true: NDArray[np.float32], columns: int
) -> NDArray[np.float64]:
    """Return a view (h, w, 3) with the exposure that its first columns have in truth."""
    seen, wanted = (one[:, :columns].reshape(-1, 3) for one in (colours, true))
    # Three gains and an offset: rows of all colours, one under the other.
    known = np.zeros((3, len(seen), 4))
    for channel in range(3):
        known[channel, :, channel] = seen[:, channel]
    known[:, :, 3] = 1.0
    told = np.linalg.lstsq(known.reshape(-1, 4), wanted.T.ravel(), rcond=None)[0]
    exposed: NDArray[np.float64] = colours * told[:3] + told[3]
    return exposed


def _nearest(pose: NDArray[np.float64], poses: NDArray[np.float64]) -> int:
    """Return the number of the pose (of (k, 4, 4)) that is nearest, in place and turn."""
    off = np.linalg.norm(poses[:, :3, 3] - pose[:3, 3], axis=1)
    traces = np.einsum("kij,ij->k", poses[:, :3, :3], pose[:3, :3])
    turned = np.arccos(np.clip(0.5 * (traces - 1.0), -1.0, 1.0))
    return int(np.argmin(off + _METRES_A_RADIAN * turned))
