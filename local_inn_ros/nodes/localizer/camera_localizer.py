# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that turns pictures into fixes, and finds the robot by them."""

from __future__ import annotations

import sys

from local_inn_ros.errors import BundleError, LocalInnError
from local_inn_ros.nodes.common.runner import run_nodes
from local_inn_ros.nodes.localizer.localizer_parameters import CameraParameters
from local_inn_ros.nodes.localizer.observation_intake import ObservationIntake
from local_inn_ros.nodes.localizer.observing_node import ObservingNode


class CameraLocalizer(ObservingNode[CameraParameters]):
    """Pictures in; `~/fix`, `~/measurement` and what explains them out."""

    node_name = "camera_localizer"
    parameter_kind = CameraParameters

    def intake(self) -> ObservationIntake:
        """Return what makes pictures of messages.

        Raises:
            LocalInnError: OpenCV is not installed, or no bundle is named.
        """
        if not (self.parameters.now.bundle or self.has_model):
            raise BundleError(
                "no bundle is named: set the parameter bundle to a folder that `local-inn train` "
                "made from pictures"
            )
        try:
            import cv2

            from local_inn_ros.nodes.localizer.picture_source import PictureSource
        except ImportError as error:
            raise LocalInnError(
                f"pictures need OpenCV ({error}): install it with "
                "`pip install 'local_inn_ros[camera]'` or as python3-opencv of the distribution"
            ) from error
        # One picture is no work for several threads, and the other nodes have their own.
        cv2.setNumThreads(1)
        return PictureSource(self.parameters)


def main() -> int:
    """Run the node."""
    return run_nodes("camera_localizer", lambda: [CameraLocalizer()])


if __name__ == "__main__":
    sys.exit(main())
