# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What being lost costs, and how soon a robot is found again.

Over real topics: a simulated robot drives, odometry at 100 Hz and scans at 40 Hz; both nodes run in
one process. Again and again a wrong pose is told on `initialpose`, as wide as RViz tells one:
elsewhere on the map with any heading, or 500 m away, which is refused; or the robot is carried
elsewhere. The nodes have to notice and to find the robot by themselves. Wanted while lost: a scan
takes 5 ms at most of the localizing thread (99 %), every reading of the odometry is answered,
transforms are 20 ms old at most, and the robot is found within 5 s (99 %).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from map_bundles import ROOT, shipped_bundle

from local_inn_ros.benchmarking.over_topics.lost_robot import LostRow, lose
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.json_file import write_json

TRIALS, SHORT_TRIALS = 100, 30


def markdown(rows: Sequence[LostRow]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| robot | trials | found within 5 s | found after, p50 / p95 / max | scans "
        "| a scan on the thread, p50 / p99 / max | its processor time | odometry answered "
        "| transform's age, p50 / p99 / max |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in rows:
        low, high = row.soon_interval
        told = row.kind != "localized"
        cells = [
            row.kind,
            str(row.trials) if told else "",
            f"{row.soon:.1%} ({100 * low:.1f} to {100 * high:.1f})" if told else "",
            " / ".join(f"{each:.2f}" for each in row.found_s) + " s" if told else "",
            f"{row.scans:,}",
            " / ".join(f"{each:.2f}" for each in row.scan_ms) + " ms",
            " / ".join(f"{each:.2f}" for each in row.scan_processor_ms) + " ms",
            f"{row.odometry:.2%}",
            " / ".join(f"{each:.1f}" for each in row.transform_age_ms) + " ms",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--short", action="store_true", help=f"{SHORT_TRIALS} trials of each kind")
    add("--trials", type=int, help=f"of each kind [{TRIALS}]")
    add("--bundle", type=Path, default=shipped_bundle(), help="[the shipped one]")
    add("--speed", type=float, default=2.0, help="m/s on the lap [2]")
    add("--seed", type=int, default=0, help="of all chance [0]")
    add("--out", type=Path, default=ROOT / "build" / "bench" / "lost.json", help="figures, JSON")
    given = parser.parse_args()
    if given.trials is None:
        given.trials = SHORT_TRIALS if given.short else TRIALS
    if given.trials < 1 or not given.speed > 0.0 or given.seed < 0:
        parser.error("--trials must be at least 1, --speed positive, --seed not negative")
    return given


def main() -> None:
    """Measure, print and write."""
    given = options()
    log = given.out.with_name("lost.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    rows = lose(given.bundle, given.trials, given.speed, given.seed, log)
    settings = {"seed": given.seed, "speed_mps": given.speed, "bundle": given.bundle.name}
    write_json(given.out, {"settings": settings, "rows": [asdict(row) for row in rows]})
    print(markdown(rows))
    print(f"\nwritten: {given.out}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")
