# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a run, in words, and whether its figures can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Severity(Enum):
    """How grave a remark is, the gravest first."""

    ERROR = "error"
    """The result cannot be trusted."""
    WARNING = "warning"
    """The result stands; something in recording, bundle or robot should be mended."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is wrong.

    Attributes:
        code: what it is, in short: `covariance.small`.
        severity: how grave it is.
        text: what is wrong, by how much, and what to do.
        figures: the numbers in it, by name with unit.
    """

    code: str
    severity: Severity
    text: str
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it with plain values, the figures beside the rest."""
        told = {"code": self.code, "severity": self.severity.value, "text": self.text}
        return {**told, **self.figures}


def error(code: str, text: str, **figures: float) -> Remark:
    """Return a grave remark."""
    return Remark(code, Severity.ERROR, text, figures)


def warning(code: str, text: str, **figures: float) -> Remark:
    """Return a remark that is less grave."""
    return Remark(code, Severity.WARNING, text, figures)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All remarks on a run, the gravest first."""

    remarks: tuple[Remark, ...] = ()

    @staticmethod
    def of(remarks: tuple[Remark, ...]) -> Verdict:
        """Put remarks in their order."""
        ranks = list(Severity)
        return Verdict(tuple(sorted(remarks, key=lambda one: ranks.index(one.severity))))

    @property
    def trusted(self) -> bool:
        """Whether the figures can be relied on."""
        return all(one.severity is not Severity.ERROR for one in self.remarks)

    def to_json(self) -> dict[str, Any]:
        """Return it with plain values, under the keys of the report."""
        return {"trusted": self.trusted, "verdict": [one.to_json() for one in self.remarks]}
