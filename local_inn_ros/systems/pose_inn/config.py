# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The block of bundle.yaml that is PoseINN's own, and the graphs that it has engines run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.graphs import BATCH, GraphSignature, TensorSignature
from local_inn_ros.errors import BundleError
from local_inn_ros.sensing.camera.camera_spec import CameraSpec

NAME = "pose_inn"
PATCHES_KIND: Final = "patches"
PAPER_KIND: Final = "paper"
KINDS = (PATCHES_KIND, PAPER_KIND)
"""Kinds of bundles: of networks that look at patches, as this file has them, and as published."""
BACKBONE, PLACES, POSTERIOR, VIEW = "backbone", "places", "posterior", "view"
GRAPHS = (BACKBONE, PLACES, POSTERIOR, VIEW)
KEYPOINTS, LANDMARK_POSTERIOR = "keypoints", "landmark_posterior"
"""Graphs of a bundle that has landmarks."""
WEIGHTS = "weights"
"""Name of the file that a training can be continued from."""
LICENCES = "licences"
"""Name of the file with the licences of the weights that are not this project's own."""
FAMILIARITY = "familiarity"
"""Name of the file that says what the learned pictures are like as a whole."""
LANDMARKS = "landmarks"
"""Name of the file of landmarks, where a bundle has any."""
STRIDE = 8
"""Pixels from the middle of a patch to that of the next."""
FEATURES = 64
"""Numbers that the backbone gives of each patch."""
POOLED = 2 * FEATURES
"""Numbers that say what a whole picture is like: mean and deviation of its patches' features."""
POSE = 6
"""Degrees of freedom of a pose in space."""
OUTCOME = 9
"""Numbers that say how an alignment went; see ``outcome.py``."""
VIEW_SHRINK = 8
"""Pixels of the picture for one of the view's."""
_DRAWS = "draws"
_Few = Annotated[int, Field(ge=1, le=100)]
_Size = Annotated[int, Field(ge=1, le=100_000)]
_Block = TypeVar("_Block", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Sizes of a PoseINN.

    Attributes:
        place_hidden: width of the network that says what place a patch shows.
        place_blocks: its residual blocks.
        context: numbers that it is told of the whole picture; a patch alone may be of any room.
        couplings: of the invertible part.
        coupling_hidden: width of the couplings' subnets.
        view_hidden: width of the network that draws a view.
        octaves: frequencies of the pose code that the view is drawn from.
    """

    place_hidden: _Size = 256
    place_blocks: _Few = 2
    context: _Few = 48
    couplings: _Few = 4
    coupling_hidden: _Size = 16
    view_hidden: _Size = 128
    octaves: _Few = 4


class PoseInnConfig(BaseModel):
    """What PoseINN says of itself.

    Attributes:
        kind: tells it from the other kind of this system's bundles; those that do not say are this.
        network: its sizes.
        least_deviation_px: what no patch is surer than, as a standard deviation.
        quality: weights of the probability that a pose is right (``quality.py``).
        refined_quality: likewise with landmarks; None where there are none.
        view_deviation: robust standard deviation of the forward pass on pictures held out, in
            units of a normalized picture's brightness.
        bounds: least and greatest (x, y, z) of the cameras that it was trained on, metres.
        landmarks: points of the scene that poses are refined with; 0 where there are none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["patches"] = PATCHES_KIND
    network: NetworkSettings
    least_deviation_px: float = Field(gt=0.0)
    quality: tuple[float, ...] = Field(min_length=3, max_length=3)
    refined_quality: tuple[float, ...] | None = Field(default=None, min_length=5, max_length=5)
    view_deviation: float = Field(gt=0.0)
    bounds: tuple[tuple[float, float, float], tuple[float, float, float]]
    landmarks: int = Field(default=0, ge=0)


def patches_of(camera: CameraSpec) -> tuple[int, int]:
    """Return rows and columns of the patches that a picture has."""
    return camera.height // STRIDE, camera.width // STRIDE


def view_size(camera: CameraSpec) -> tuple[int, int]:
    """Return rows and columns of the view that the forward pass draws."""
    return camera.height // VIEW_SHRINK, camera.width // VIEW_SHRINK


def camera_of(bundle: Bundle) -> CameraSpec:
    """Return the camera that a bundle is for.

    Raises:
        BundleError: it is for none, or for several.
    """
    sensors = tuple(bundle.description.sensors.values())
    if len(sensors) != 1 or not isinstance(sensors[0], CameraSpec):
        kinds = ", ".join(one.kind for one in sensors) or "no sensor"
        raise BundleError(f"{bundle.path.name}: {NAME} is for one camera, the bundle for {kinds}")
    return sensors[0]


def kind_of(bundle: Bundle) -> str:
    """Return which kind a bundle is of.

    Raises:
        BundleError: it is of none that is known.
    """
    kind = bundle.description.block.get("kind", PATCHES_KIND)
    if kind not in KINDS:
        raise BundleError(
            f"{bundle.path}/bundle.yaml: block.kind is {kind!r}, {NAME} knows {', '.join(KINDS)}"
        )
    return str(kind)


def config_of(bundle: Bundle) -> PoseInnConfig:
    """Read the system's own block out of a bundle.

    Raises:
        BundleError: something is missing or makes no sense.
    """
    return block_of(bundle, PoseInnConfig)


def block_of(bundle: Bundle, block: type[_Block]) -> _Block:
    """Read a bundle's block as that of a kind.

    Raises:
        BundleError: something is missing or makes no sense.
    """
    try:
        return block.model_validate(bundle.description.block)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("block", *map(str, first["loc"])))
        raise BundleError(f"{bundle.path}/bundle.yaml: {where}: {first['msg']}") from None


def check(bundle: Bundle) -> None:
    """See whether a bundle's block, sensor and graphs fit each other.

    Raises:
        BundleError: they do not.
    """
    config = config_of(bundle)
    camera = camera_of(bundle)
    if (config.landmarks > 0) != (config.refined_quality is not None):
        raise BundleError(
            f"{bundle.path}/bundle.yaml: block.refined_quality is there with landmarks, and only "
            "then"
        )
    if config.landmarks and LANDMARKS not in bundle.description.files:
        raise BundleError(f"{bundle.path}/bundle.yaml names no file of landmarks: train it again")
    check_graphs(bundle, signatures(camera, config.landmarks > 0))


def check_graphs(bundle: Bundle, signatures: Sequence[GraphSignature]) -> None:
    """See whether a bundle's poses are in space, and its graphs what they should be.

    Raises:
        BundleError: they are not.
    """
    if bundle.description.pose_space != "se3":
        raise BundleError(f"{bundle.path.name}: {NAME} knows poses in space alone (se3)")
    camera = camera_of(bundle)
    for wanted in signatures:
        found = bundle.graphs.graphs.get(wanted.name)
        if found is None:
            raise BundleError(f"{bundle.path}/bundle.yaml names no {wanted.name} network")
        if (found.inputs, found.outputs) != (wanted.inputs, wanted.outputs):
            raise BundleError(
                f"the {wanted.name} network of {bundle.path.name} is not for pictures of "
                f"{camera.width}x{camera.height}, as bundle.yaml says: train it again"
            )


def signatures(camera: CameraSpec, landmarks: bool) -> tuple[GraphSignature, ...]:
    """Return what the graphs take and give.

    - ``backbone``: brightness of a picture, 0 to 1, to the features of its patches, row by row;
    - ``places``: features to the place (x, y, z) in the map frame that each patch shows, and the
      logarithm of the deviation in pixels that the place's image has from the patch's middle;
    - ``posterior``: the inverse pass: latents z and how an alignment went to offsets of the pose,
      in deviations of the alignment;
    - ``view``: the forward pass: camera poses, position and rotation row by row, to a small
      picture of normalized brightness;
    - ``keypoints``, with landmarks: brightness to where in each patch its likeliest keypoint is
      (across, down, in pixels), and how likely it is one;
    - ``landmark_posterior``, with landmarks: as ``posterior``, of alignments with them.

    Args:
        camera: of the pictures.
        landmarks: whether poses are refined with landmarks.
    """
    rows, cols = patches_of(camera)
    patches = rows * cols
    features = TensorSignature("features", (BATCH, patches, FEATURES))
    brightness = TensorSignature("brightness", (BATCH, camera.height, camera.width))
    graphs = (
        GraphSignature(BACKBONE, (brightness,), (features,)),
        GraphSignature(
            PLACES,
            (features,),
            (
                TensorSignature("places", (BATCH, patches, 3)),
                TensorSignature("log_deviations", (BATCH, patches)),
            ),
        ),
        _posterior(POSTERIOR),
        GraphSignature(
            VIEW,
            (TensorSignature("poses", (BATCH, 12)),),
            (TensorSignature("views", (BATCH, *view_size(camera))),),
        ),
    )
    if not landmarks:
        return graphs
    peaks = TensorSignature("peaks", (BATCH, patches, 3))
    return (
        *graphs,
        GraphSignature(KEYPOINTS, (brightness,), (peaks,)),
        _posterior(LANDMARK_POSTERIOR),
    )


def _posterior(name: str) -> GraphSignature:
    return GraphSignature(
        name,
        (
            TensorSignature("latents", (_DRAWS, POSE)),
            TensorSignature("outcomes", (BATCH, OUTCOME)),
        ),
        (TensorSignature("offsets", (BATCH, _DRAWS, POSE)),),
    )
