# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a run as tables in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from local_inn_ros.cli.output import console, facts_table, say
from local_inn_ros.evaluation.evaluation import Evaluation
from local_inn_ros.evaluation.metrics import (
    Calibration,
    Latency,
    Lost,
    PoseErrors,
    Score,
    expected_coverage,
)
from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.localization.self_calibration.learned import Learned
from local_inn_ros.messages.unused import unused_in_words


def print_score(title: str, result: Evaluation) -> None:
    """Print what a run reached, what the baselines reached, and what was not answered."""
    score = result.score
    say(f"{title}: {_scored(score)} over {score.duration_s:.1f} s and {score.path_m:.1f} m")
    rows = _error_rows(score)
    if rows:
        console.print(_error_table(rows))
    console.print(facts_table("", _facts(score)))
    for line in _left_out(score):
        say(line, style="yellow")


def _scored(score: Score) -> str:
    if score.n >= score.scans:
        return f"{score.n} scans"
    what = "answered" if score.fused is None else "scored"
    return f"{score.n} of {score.scans} scans were {what}:"


def _left_out(score: Score) -> list[str]:
    """Say what the figures do not tell of, and why."""
    lines = [
        f"{count} scans without an answer: {reason}" for reason, count in score.unanswered.items()
    ]
    if score.unscored:
        lines.append(f"{score.unscored} scans without a score: the reference has no pose there")
    lines += [
        f"{count} readings of the odometry: {what}"
        for what, count in score.odometry.items()
        if what != Arrival.KEPT.value
    ]
    return [*lines, *unused_in_words(score.unused), *score.notes]


def _error_rows(score: Score) -> dict[str, PoseErrors]:
    rows = {"fused": score.fused, "network alone": score.fix}
    known = {name: errors for name, errors in rows.items() if errors is not None}
    return known | {name: baseline.pose for name, baseline in score.baselines.items()}


def _error_table(rows: Mapping[str, PoseErrors]) -> Table:
    table = Table()
    for name in ("absolute error", ""):
        table.add_column(name)
    for name in ("mean", "median", "RMSE", "95 %", "max"):
        table.add_column(name, justify="right")
    for name, e in rows.items():
        lengths = (e.ape_mean_m, e.ape_median_m, e.ape_rmse_m, e.ape_p95_m, e.ape_max_m)
        angles = (e.yaw_mean_deg, e.yaw_median_deg, e.yaw_rmse_deg, e.yaw_p95_deg, e.yaw_max_deg)
        table.add_row(name, "position, cm", *(f"{100 * length:.1f}" for length in lengths))
        table.add_row("", "yaw, degrees", *(f"{angle:.2f}" for angle in angles), end_section=True)
    return table


def _facts(score: Score) -> dict[str, str]:
    facts = {"latency": _latency(score.latency_ms)}
    if score.latency_ms.stages:
        facts["its stages"] = ", ".join(
            f"{name} {spent:.2f} ms" for name, spent in score.latency_ms.stages.items()
        )
    if score.calibration is not None:
        facts["calibration"] = _calibration(score.calibration)
        if score.fix_calibration is not None:
            facts["of the network alone"] = _calibration(score.fix_calibration)
        right = ", ".join(f"{expected_coverage(k):.3f}" for k in (1.0, 2.0, 3.0))
        facts["a right filter has"] = f"ANEES 3, coverage {right} at 1, 2, 3 sigma"
    if score.lost is not None:
        facts["lost"] = _lost(score.lost) + _within(score.n, score.scans)
    for sensor, learned in score.learned.items():
        facts[f"learned, {sensor}"] = _learned(learned)
    for name, baseline in score.baselines.items():
        facts[name] = (
            f"{_latency(baseline.latency_ms)}; {_calibration(baseline.calibration)}; "
            f"lost {_lost(baseline.lost)}{_within(baseline.n, score.scans)}"
        )
    return facts


def _latency(latency: Latency) -> str:
    return f"p50 {latency.p50:.2f} ms, p95 {latency.p95:.2f} ms, p99 {latency.p99:.2f} ms"


def _learned(found: Learned) -> str:
    if not found.scans:
        return "nothing: it needs some ways of good fixes"
    factors = ", ".join(f"{factor:.2f}" for factor in found.deviation_factors)
    bias_cm = 100.0 * found.range_bias_m
    return f"ranges are {bias_cm:.1f} cm too long; factors of deviations {factors}"


def _calibration(found: Calibration) -> str:
    shares = (found.coverage_1s, found.coverage_2s, found.coverage_3s)
    return f"ANEES {found.anees:.2f}, coverage {', '.join(f'{share:.3f}' for share in shares)}"


def _within(scored: int, scans: int) -> str:
    """Say that the rest is not known, where there is one."""
    return f" in the {scored} of {scans} scans that were scored" if scored < scans else ""


def _lost(found: Lost) -> str:
    if found.episodes == 0:
        return "never"
    often = "once" if found.episodes == 1 else f"{found.episodes} times"
    return f"{often}, {found.seconds:.1f} s in all"
