# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a bench measured: as figures by name, and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local_inn_ros.benchmarking.first_fix import FirstFix
from local_inn_ros.benchmarking.search_time import SearchTimes
from local_inn_ros.benchmarking.time_spread import TimeSpread

# What a localizer draws unless it is told otherwise, and what it is compared with.
USUAL_SAMPLES = 20
USUAL_PARTICLES = 2000


@dataclass(frozen=True, slots=True)
class EngineTimes:
    """What one engine reaches.

    Attributes:
        name: the engine and where it runs, for people.
        samples: from array to fix, by the number of samples.
        stages: by stage, with the usual number of samples.
        search: of the global search.
        cpu_share: processor time over time driven, by the scans' rate in Hz.
        first_fix: of a new process.
    """

    name: str
    samples: Mapping[int, TimeSpread]
    stages: Mapping[str, TimeSpread]
    search: SearchTimes
    cpu_share: Mapping[float, float]
    first_fix: FirstFix


@dataclass(frozen=True, slots=True)
class NodeTimes:
    """What the nodes reach, over topics.

    Attributes:
        node: from a scan's arrival in its callback until the pose is published.
        message_in: from a scan's message to arrays.
        message_out: a pose made into a message and published.
        late_s: how much later than it was due a message was sent, at the most: a machine that is
            busy with other things holds everything up.
        sent: scans that were sent.
        answered: those of which the pose was published.
    """

    node: TimeSpread
    message_in: TimeSpread
    message_out: TimeSpread
    late_s: float
    sent: int
    answered: int

    def to_json(self) -> dict[str, object]:
        """Return the figures by name."""
        return {
            "arrival_to_pose": self.node.to_json(),
            "message_in": self.message_in.to_json(),
            "message_out": self.message_out.to_json(),
            "late_s": self.late_s,
            "sent": self.sent,
            "answered": self.answered,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of times."""

    what: str
    spread: TimeSpread


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All that a bench measured.

    Attributes:
        bundle: name of the bundle.
        machine: what it ran on.
        scans: how many each localizer was timed on.
        engines: by their short names, the default one first.
        missing: why other engines were left out, by their short names.
        particles: of the Monte-Carlo baseline, by the number of particles.
        nodes: of the nodes; None where ROS is not installed.
    """

    bundle: str
    machine: Mapping[str, object]
    scans: int
    engines: Mapping[str, EngineTimes]
    missing: Mapping[str, str]
    particles: Mapping[int, TimeSpread]
    nodes: NodeTimes | None

    @property
    def usual(self) -> EngineTimes:
        """The default engine, or the next one where a bundle cannot be run with it."""
        return next(iter(self.engines.values()))

    @property
    def ratio(self) -> float:
        """How many times longer the baseline takes for a scan than the localizer."""
        return self.particles[USUAL_PARTICLES].p50_ms / self.usual.samples[USUAL_SAMPLES].p50_ms

    def to_json(self) -> dict[str, object]:
        """Return the figures by name; milliseconds, but where the name says otherwise."""
        engines = self.engines.items()
        return {
            "bundle": self.bundle,
            "machine": dict(self.machine),
            "scans": self.scans,
            "engines": {
                name: {
                    **{str(count): each.to_json() for count, each in one.samples.items()},
                    "places": one.search.scored.to_json(),
                }
                for name, one in engines
            },
            "engine_names": {name: one.name for name, one in engines},
            "missing_engines": dict(self.missing),
            "stages": {
                name: {stage: each.to_json() for stage, each in one.stages.items()}
                for name, one in engines
            },
            "search": {name: one.search.to_json() for name, one in engines},
            "cpu_share": {
                name: {f"{rate:g}": share for rate, share in one.cpu_share.items()}
                for name, one in engines
            },
            "first_fix": {
                name: {"seconds": one.first_fix.seconds, "rss_mb": one.first_fix.rss_mb}
                for name, one in engines
            },
            "mcl": {str(count): each.to_json() for count, each in self.particles.items()},
            "mcl_2000_p50_ms": self.particles[USUAL_PARTICLES].p50_ms,
            "mcl_2000_to_locate": self.ratio,
            "node_p50_ms": None if self.nodes is None else self.nodes.node.p50_ms,
            "node": None if self.nodes is None else self.nodes.to_json(),
            "import_to_first_fix_s": self.usual.first_fix.seconds,
            "rss_mb": self.usual.first_fix.rss_mb,
        }

    def rows(self) -> Iterator[Row]:
        """Return the times, row by row."""
        for name, one in self.engines.items():
            for stage, spread in one.stages.items():
                yield Row(f"{name}: {stage}, {USUAL_SAMPLES} samples", spread)
            for count, spread in one.samples.items():
                yield Row(f"{name}: array to fix, {count} samples", spread)
            search = one.search
            yield Row(f"{name}: inverse pass of {search.places} places", search.inverse)
            yield Row(f"{name}: forward pass at {search.places} places", search.forward)
            yield Row(f"{name}: search of the whole map", search.search)
        for count, spread in self.particles.items():
            yield Row(f"Monte Carlo, {count} particles", spread)
        if self.nodes is not None:
            yield Row("nodes: message to array", self.nodes.message_in)
            yield Row("nodes: message out", self.nodes.message_out)
            yield Row("nodes: scan's arrival to pose", self.nodes.node)

    def facts(self) -> dict[str, str]:
        """Return what is no spread of times, by name."""
        found = {
            f"Monte Carlo, {USUAL_PARTICLES} particles / array to fix": f"{self.ratio:.1f}",
        }
        for name, one in self.engines.items():
            shares = ", ".join(f"{s:.1%} at {rate:g} Hz" for rate, s in one.cpu_share.items())
            passes = 1e3 * one.search.places / one.search.inverse.p50_ms
            found[f"{name}: processor share of one core"] = shares
            found[f"{name}: inverse passes a second, in a batch"] = f"{passes:,.0f}"
            found[f"{name}: start of Python to first fix"] = f"{one.first_fix.seconds:.2f} s"
            found[f"{name}: memory then"] = f"{one.first_fix.rss_mb:.0f} MB"
        if self.nodes is not None:
            found["nodes: scans answered"] = f"{self.nodes.answered} of {self.nodes.sent}"
        return found
