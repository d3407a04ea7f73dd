# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0: its parts, its weights, and slopes that are computed in another way."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

torch = pytest.importorskip("torch", reason="the networks need torch")

from local_inn_ros.flows.efficientnet import PARTS, WIDTH, EfficientNetLite0  # noqa: E402
from local_inn_ros.systems.pose_inn.backbone_weights import LITE0  # noqa: E402


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    torch.manual_seed(0)
    return EfficientNetLite0().eval()


def test_parts_one_after_the_other_are_the_whole(network: EfficientNetLite0) -> None:
    pictures = 255.0 * torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole = network(pictures)
        half = network.part(network.part(pictures, 0, 9), 9, PARTS - 1)
        head = network.part(whole, PARTS - 1, PARTS)
    assert whole.shape == (2, 320, 2, 3) and head.shape == (2, WIDTH, 2, 3)
    torch.testing.assert_close(whole, half)


def test_parameters_from_a_part_are_those_behind_it(network: EfficientNetLite0) -> None:
    assert len(network.parameters_from(0)) == len(list(network.parameters()))
    assert network.parameters_from(PARTS) == []
    assert sum(one.numel() for one in network.parameters_from(PARTS - 1)) == (320 + 2) * WIDTH


@pytest.mark.parametrize("first", [11, 12, 13, 16])
def test_slopes_by_products_are_those_of_convolutions(first: int) -> None:
    torch.manual_seed(2)
    network = EfficientNetLite0().eval()
    with torch.no_grad():
        given = network.part(255.0 * torch.rand(3, 3, 128, 128), 0, first)
    told = []
    for training in (False, True):
        network.train(training)
        for one in network.modules():
            if isinstance(one, torch.nn.BatchNorm2d):
                one.train(False)
        network.zero_grad()
        found = network.part(given, first, PARTS)
        found.square().sum().backward()
        slopes = [one.grad.clone() for one in network.parameters_from(first)]
        told.append((found.detach(), slopes))
    (plain, slopes), (by_products, other_slopes) = told
    torch.testing.assert_close(by_products, plain, rtol=1e-4, atol=1e-5)
    for slope, other in zip(slopes, other_slopes, strict=True):
        torch.testing.assert_close(other, slope, rtol=1e-3, atol=1e-3 * float(slope.abs().max()))


@pytest.mark.skipif(find_spec(LITE0.package) is None, reason="the weights are not installed")
def test_weights_of_the_package_fit(network: EfficientNetLite0) -> None:
    weights = torch.load(LITE0.path(), map_location="cpu", weights_only=True)
    trained = EfficientNetLite0()
    trained.load(weights)
    torch.testing.assert_close(
        trained.state_dict()["_conv_head.weight"], weights["_conv_head.weight"]
    )
    assert "Apache" in LITE0.licence("The graph encoder.onnx holds")


def test_weights_that_are_missing_are_named(network: EfficientNetLite0) -> None:
    with pytest.raises(KeyError, match="_conv_stem"):
        network.load({})
