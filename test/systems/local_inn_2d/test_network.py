# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the networks need torch")
from tiny_training import source, untrained  # noqa: E402

from local_inn_ros.flows.alignment import align  # noqa: E402
from local_inn_ros.flows.coupling import CouplingStack  # noqa: E402
from local_inn_ros.flows.encodings import FourierFeatures, PoseCode, PriorFeatures  # noqa: E402
from local_inn_ros.flows.feature_map import FeatureMap  # noqa: E402
from local_inn_ros.world import Bounds  # noqa: E402


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


def test_untrained_couplings_are_nearly_the_identity():
    stack = CouplingStack(size=21, condition=5, blocks=6, hidden=16)
    code = torch.randn(32, 21, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        latent = stack(code, torch.zeros(32, 5))
    assert float((latent - code).abs().max()) < 0.1


def test_a_feature_map_reads_its_nodes_and_between_them():
    places = FeatureMap(Bounds(-1.0, 3.0, 2.0, 5.0), cells_m=(1.0, 2.0), channels=2)
    fine, coarse = (grid.detach()[0] for grid in places.grids)
    points = torch.tensor([[[-1.0, 2.0], [1.0, 4.0], [1.5, 4.0], [99.0, 99.0]]])
    with torch.no_grad():
        read = places(points)[0]
    assert torch.allclose(read[0], torch.cat([fine[:, 0, 0], coarse[:, 0, 0]]))
    assert torch.allclose(read[1], torch.cat([fine[:, 2, 2], coarse[:, 1, 1]]))
    assert torch.allclose(read[2, :2], 0.5 * (fine[:, 2, 2] + fine[:, 2, 3]), atol=1e-6)
    assert torch.allclose(read[3], torch.cat([fine[:, -1, -1], coarse[:, -1, -1]]))


def test_alignment_finds_the_motion_that_all_points_agree_on():
    generator = torch.Generator().manual_seed(3)
    levers = 10.0 * torch.rand(4, 60, 2, generator=generator) - 5.0
    deviations = torch.tensor([[0.2, 0.2, 0.26]]).expand(4, 3)
    truth = torch.tensor([[0.5, -1.0, 0.1], [0.0, 0.0, 1.0], [2.0, 1.0, -0.3], [0.0, 0.0, 0.0]])
    move = truth * deviations
    turned = torch.stack([-levers[..., 1], levers[..., 0]], dim=-1) * move[:, None, 2:]
    shifts = (move[:, None, :2] + turned) / 0.3
    roots = torch.randn(4, 60, 3, generator=generator) + 10.0
    found = align(torch.cat([shifts, roots], dim=-1), levers, deviations)
    assert torch.allclose(found.offset, truth, atol=1e-3)


def test_alignment_stays_with_the_prior_along_a_wall():
    levers = torch.stack([torch.linspace(-5.0, 5.0, 60), torch.full((60,), 2.0)], dim=-1)[None]
    opinions = torch.zeros(1, 60, 5)
    # All points are sure of y, and of nothing else; what they say of x has no weight.
    opinions[..., 0], opinions[..., 1], opinions[..., 4] = 1.0, 0.5, 10.0
    found = align(opinions, levers, torch.tensor([[0.2, 0.2, 0.26]]))
    assert torch.allclose(found.offset, torch.tensor([[0.0, 0.75, 0.0]]), atol=1e-3)


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
    width=st.floats(0.1, 1.0),
)
def test_pose_code_decodes_what_it_encodes(x, y, turn, yaw, width):
    code = PoseCode((0.2, 0.2, math.radians(15.0)), octaves=4)
    prior = torch.tensor([[3.0, -2.0, yaw]])
    pose = prior + torch.tensor([[x, y, turn]])
    spread = torch.tensor([width])
    decoded = code.decode(code.encode(pose, prior, spread), prior, spread)
    assert torch.allclose(decoded, pose, atol=1e-5)


def test_pose_code_takes_the_short_way_round():
    code = PoseCode((0.2, 0.2, math.radians(15.0)), octaves=2)
    prior = torch.tensor([[0.0, 0.0, math.pi - 0.05]])
    same_turned = torch.tensor([[0.0, 0.0, -math.pi + 0.05]])
    offset = code.plain(code.encode(same_turned, prior, torch.ones(1)))[0, 2] * math.radians(15.0)
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
        drawn, drawn_turned = model.expect(priors, spreads)[-1], model.expect(turned, spreads)[-1]
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
        assert torch.equal(first, second)
        # Begins with the alignment alone, which no open beam has a say in.
        torch.nn.init.normal_(model.get_parameter("encoder._scan.4.weight"))
        first = model.encoder(ranges, states, priors, torch.ones(4))
        states[:, 10:14] = -1.0
        open_beams = model.encoder(ranges, states, priors, torch.ones(4))
    assert not torch.equal(first, open_beams)
