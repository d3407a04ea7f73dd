# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn bench`: how fast a bundle is on this machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local_inn_ros.cli.options import BundleArgument, JsonOption, SeedOption

if TYPE_CHECKING:
    from local_inn_ros.benchmarking.bench import NodeMeter
    from local_inn_ros.benchmarking.bench_report import BenchReport

EXAMPLE = "Example: local-inn bench models/lab --json build/bench.json"


def bench(
    bundle: BundleArgument,
    duration: Annotated[
        float,
        typer.Option("--duration", min=1.0, max=600.0, help="Seconds that are driven."),
    ] = 10.0,
    json: JsonOption = None,
    seed: SeedOption = 0,
) -> None:
    """Time every stage of a scan on this machine, with every engine that it has.

    A simulated robot drives on the bundle's map. Each engine with each number of samples, and the
    Monte-Carlo baseline, follow the same scans by turns: on a busy machine their ratios hold, the
    times themselves do not. Where ROS is installed both nodes are timed over topics, too.
    """
    from local_inn_ros.cli.output import console, facts_table, say
    from local_inn_ros.evaluation.json_file import write_json

    report = measured(bundle, duration, seed)
    say(f"{report.bundle}: {report.scans} scans; milliseconds")
    console.print(_table(report))
    console.print(facts_table("", report.facts()))
    for name, why in report.missing.items():
        say(f"without {name}: {why}", style="yellow")
    if report.nodes is None:
        say("without the nodes: ROS 2 is not installed", style="yellow")
    if json is not None:
        write_json(json, report.to_json())


def measured(bundle: Path, duration_s: float, seed: int) -> BenchReport:
    """Measure, and show how far that is.

    Raises:
        LocalInnError: the bundle cannot be used.
    """
    from local_inn_ros.benchmarking.bench import Bench, BenchSettings
    from local_inn_ros.bundles.bundle import Bundle
    from local_inn_ros.cli.output import progress_bar

    loaded = Bundle.load(bundle)
    # PoseSamples by a thread at its own times, the bar would get in between what is measured.
    with progress_bar(by_itself=False) as bar:
        task = bar.add_task("opening engines, driving", total=None)
        bar.refresh()
        on_bench = Bench(loaded, BenchSettings(duration_s, seed), _node_meter())
        bar.update(task, description="measuring", total=on_bench.steps)
        return on_bench.run(lambda: bar.update(task, advance=1, refresh=True))


def _node_meter() -> NodeMeter | None:
    if importlib.util.find_spec("rclpy") is None:
        return None
    from local_inn_ros.benchmarking.over_topics.node_latency import time_nodes

    return time_nodes


def _table(report: BenchReport) -> object:
    from rich.table import Table

    table = Table()
    table.add_column("")
    for name in ("p50", "p95", "p99", "jitter"):
        table.add_column(name, justify="right")
    for row in report.rows():
        figures = row.spread.to_json().values()
        table.add_row(row.what, *(f"{value:.3f}" for value in figures))
    return table
