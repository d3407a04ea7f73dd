# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import pytest
from scipy.stats import chi2

from local_inn_ros.filtering.chi_square import chi_square_quantile


@pytest.mark.parametrize("degrees", range(1, 8))
@pytest.mark.parametrize("probability", [1e-6, 0.01, 0.199, 0.5, 0.95, 0.999, 1.0 - 1e-9])
def test_quantiles_are_those_of_the_law(probability: float, degrees: int) -> None:
    found = chi_square_quantile(probability, degrees)
    assert found == pytest.approx(chi2.ppf(probability, df=degrees), rel=1e-6)


def test_planar_poses_are_what_is_usually_asked_for() -> None:
    assert chi_square_quantile(0.95) == chi_square_quantile(0.95, 3)


def test_no_degree_of_freedom_is_refused() -> None:
    with pytest.raises(ValueError, match="degree of freedom"):
        chi_square_quantile(0.5, 0)


@pytest.mark.parametrize("probability", [-0.1, 0.0, 1.0, float("nan")])
def test_what_is_no_probability_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        chi_square_quantile(probability)
