# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the networks need torch")
from tiny_training import source, untrained  # noqa: E402

from local_inn_ros.flows.coupling import CouplingStack  # noqa: E402
from local_inn_ros.flows.encodings import FourierFeatures, PoseCode, PriorFeatures  # noqa: E402


def shaken(module: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Give every weight a random value: an untrained coupling is nearly the identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        # A permutation is a parameter too, of whole numbers.
        for weight in filter(torch.is_floating_point, module.parameters()):
            weight += 0.1 * torch.randn(weight.shape, generator=generator)
    return module


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 3.0))
def test_couplings_invert_for_every_condition(seed, scale):
    # Weights like no training gives amplify rounding: what is tested is the mathematics. That
    # trained networks invert in single precision is tested where there is a bundle.
    stack = shaken(CouplingStack(size=21, condition=5, blocks=6, hidden=16), seed).double()
    generator = torch.Generator().manual_seed(seed)
    code = scale * torch.randn(32, 21, generator=generator).double()
    condition = torch.randn(32, 5, generator=generator).double()
    with torch.no_grad():
        latent = stack(code, condition)
        back = stack.backward(latent, condition)
    assert float((latent - code).abs().max()) > 0.05
    assert float((back - code).abs().max()) < 1e-8


def test_another_condition_gives_another_latent():
    stack = shaken(CouplingStack(size=21, condition=5, blocks=6, hidden=16), 1)
    code = torch.zeros(1, 21)
    with torch.no_grad():
        first = stack(code, torch.zeros(1, 5))
        second = stack(code, torch.ones(1, 5))
    assert float((first - second).abs().max()) > 1e-3


@settings(max_examples=50, deadline=None)
@given(
    x=st.floats(-0.8, 0.8),
    y=st.floats(-0.8, 0.8),
    turn=st.floats(-1.0, 1.0),
    yaw=st.floats(-10.0, 10.0),
)
def test_pose_code_decodes_what_it_encodes(x, y, turn, yaw):
    code = PoseCode((0.2, 0.2, math.radians(15.0)), octaves=4)
    prior = torch.tensor([[3.0, -2.0, yaw]])
    pose = prior + torch.tensor([[x, y, turn]])
    decoded = code.decode(code.encode(pose, prior), prior)
    assert torch.allclose(decoded, pose, atol=1e-5)


def test_pose_code_takes_the_short_way_round():
    code = PoseCode((0.2, 0.2, math.radians(15.0)), octaves=2)
    prior = torch.tensor([[0.0, 0.0, math.pi - 0.05]])
    same_turned = torch.tensor([[0.0, 0.0, -math.pi + 0.05]])
    offset = code.plain(code.encode(same_turned, prior))[0, 2] * math.radians(15.0)
    assert float(offset) == pytest.approx(0.1, abs=1e-5)


def test_fourier_features_are_the_sines_and_cosines_that_they_say():
    features = FourierFeatures((1.0, 2.0), span_m=20.0, finest_m=0.5)
    points = torch.rand(50, 2) * 20.0 - 10.0
    found = features(points).unflatten(-1, (-1, 2, 2))
    for octave, period in enumerate((32.0, 16.0, 8.0, 4.0, 2.0, 1.0, 0.5)):
        phase = 2.0 * math.pi * (points.double() - torch.tensor([1.0, 2.0])) / period
        assert torch.allclose(found[:, octave, 0].double(), torch.sin(phase), atol=1e-4)
        assert torch.allclose(found[:, octave, 1].double(), torch.cos(phase), atol=1e-4)


def test_the_condition_has_no_border_between_zones():
    features = PriorFeatures((0.0, 0.0), span_m=10.0)
    x = torch.linspace(-4.0, 4.0, 4001)
    priors = torch.stack([x, torch.zeros_like(x), x], dim=-1)
    step = features(priors, torch.ones_like(x)).diff(dim=0).abs().max()
    assert float(step) < 0.02


def test_answers_turn_with_a_whole_turn_of_the_prior():
    model = untrained().eval()
    scans = source().draw(np.random.default_rng(0), 8)
    ranges, states = torch.from_numpy(scans.ranges_m), torch.from_numpy(scans.states)
    priors = torch.from_numpy(scans.poses.astype(np.float32))
    turned = priors + torch.tensor([0.0, 0.0, 2.0 * math.pi])
    spreads = torch.ones(8)
    with torch.no_grad():
        first = model.encoder(ranges, states, priors, spreads)
        second = model.encoder(ranges, states, turned, spreads)
        drawn, drawn_turned = model.expect(priors, spreads), model.expect(turned, spreads)
    assert torch.allclose(first, second, atol=1e-3)
    assert torch.allclose(drawn, drawn_turned, atol=1e-2)


def test_the_encoder_does_not_read_ranges_of_beams_without_a_distance():
    model = untrained().eval()
    scans = source().draw(np.random.default_rng(1), 4)
    ranges, states = torch.from_numpy(scans.ranges_m), torch.from_numpy(scans.states).clone()
    states[:, 10:14] = 0.0
    other = ranges.clone()
    other[:, 10:14] = 5.0
    priors = torch.from_numpy(scans.poses.astype(np.float32))
    with torch.no_grad():
        first = model.encoder(ranges, states, priors, torch.ones(4))
        second = model.encoder(other, states, priors, torch.ones(4))
        states[:, 10:14] = -1.0
        open_beams = model.encoder(ranges, states, priors, torch.ones(4))
    assert torch.equal(first, second)
    assert not torch.equal(first, open_beams)
