# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn export`: compile a bundle's networks for this machine's GPU."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from local_inn_ros.cli.options import BundleArgument, JsonOption, SeedOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_inn_ros.engines import Engine
    from local_inn_ros.engines.tensorrt.export import Exported
    from local_inn_ros.engines.tensorrt.profiles import Precision

EXAMPLE = "Example: local-inn export models/lab --engine tensorrt --precision fp16"


class ExportEngine(str, Enum):
    """Engines that need to be built; ONNX Runtime takes a bundle as it is."""

    TENSORRT = "tensorrt"


class ExportPrecision(str, Enum):
    """What to build."""

    FP16 = "fp16"
    FP32 = "fp32"
    BOTH = "both"

    def precisions(self) -> list[Precision]:
        """Return the precisions one by one."""
        from local_inn_ros.engines.tensorrt.profiles import Precision

        return list(Precision) if self is ExportPrecision.BOTH else [Precision(self.value)]


def export(
    bundle: BundleArgument,
    engine: Annotated[
        ExportEngine, typer.Option("--engine", help="What to build.")
    ] = ExportEngine.TENSORRT,
    precision: Annotated[
        ExportPrecision,
        typer.Option("--precision", help="What matrix products are computed in."),
    ] = ExportPrecision.BOTH,
    scans: Annotated[
        int,
        typer.Option("--scans", min=50, max=1000, help="Scans that the answers are checked on."),
    ] = 500,
    seed: SeedOption = 0,
    json: JsonOption = None,
) -> None:
    """Compile a bundle's networks for this machine's GPU, and check what they answer.

    Run it on the robot itself: what is built fits its GPU, its driver and its TensorRT alone. The
    answers are compared with those of ONNX Runtime on scans that are cast in the bundle's map;
    what is off is not kept. Of two precisions the half one is used, where it was kept.
    """
    import numpy as np

    from local_inn_ros.cli.output import console, progress_bar, say
    from local_inn_ros.engines.tensorrt.export import export_plans
    from local_inn_ros.errors import EngineError
    from local_inn_ros.evaluation.json_file import write_json
    from local_inn_ros.systems.registry import load_bundle, system_named

    loaded = load_bundle(bundle)
    system = system_named(loaded.description.system)
    if not loaded.graphs.graphs:
        raise EngineError(f"{loaded.path.name} is of {system.name}, which has nothing to compile")
    steps = len(loaded.graphs.graphs) + 1

    def check(engine: Engine, half: bool) -> Mapping[str, float]:
        return system.compare_engine(loaded, engine, half, scans, np.random.default_rng(seed))

    wanted = precision.precisions()
    done: list[Exported] = []
    refused: list[EngineError] = []
    with progress_bar() as bar:
        task = bar.add_task("looking for TensorRT", total=steps * len(wanted))
        for number, one in enumerate(wanted):
            begun = 0

            def advance(what: str, number: int = number) -> None:
                nonlocal begun
                bar.update(task, description=what, completed=steps * number + begun)
                begun += 1

            try:
                done.append(export_plans(loaded.graphs, one, check, advance))
            except EngineError as error:
                refused.append(error)
    if not done:
        raise refused[0]
    for refusal in refused:
        say(f"warning: {refusal}", style="yellow")
    for exported in done:
        console.print(_table(exported))
    if json is not None:
        write_json(json, {"plans": [_figures(exported) for exported in done]})


def _table(exported: Exported) -> object:
    from local_inn_ros.cli.output import facts_table

    off = {f"off ONNX Runtime, {name}": f"{value:.4g}" for name, value in exported.figures.items()}
    return facts_table(exported.engine, {"written": str(exported.folder), **off})


def _figures(exported: Exported) -> dict[str, object]:
    return {
        "engine": exported.engine,
        "precision": exported.precision.value,
        "folder": str(exported.folder),
        **exported.figures,
    }
