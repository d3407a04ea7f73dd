# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Severity(Enum):
    """How grave a finding is, the gravest first."""

    ERROR = "error"
    """The robot is not localized, or not as it should be."""
    WARNING = "warning"
    """It works, but worse than it could, or something else will stumble over it."""

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes:
        severity: how grave it is.
        check: what was looked at, in short: `scan.qos`.
        what: what is wrong.
        why: what comes of it.
        mend: what to do.
    """

    severity: Severity
    check: str
    what: str
    why: str
    mend: str

    def line(self) -> str:
        """Return all of it in one line."""
        return f"{self.severity.value} [{self.check}] {self.what}: {self.why}. {self.mend}."

    def to_json(self) -> dict[str, str]:
        """Return it with plain values."""
        return {
            "severity": self.severity.value,
            "check": self.check,
            "what": self.what,
            "why": self.why,
            "mend": self.mend,
        }


def error(check: str, what: str, why: str, mend: str) -> Finding:
    """Return a grave finding."""
    return Finding(Severity.ERROR, check, what, why, mend)


def warning(check: str, what: str, why: str, mend: str) -> Finding:
    """Return a finding that is less grave."""
    return Finding(Severity.WARNING, check, what, why, mend)


@dataclass(frozen=True, slots=True)
class Report:
    """All that the doctor found.

    Attributes:
        findings: the gravest first.
        figures: what was seen, by name with unit.
    """

    findings: tuple[Finding, ...]
    figures: Mapping[str, float | str]

    @property
    def healthy(self) -> bool:
        """Whether there is no error; there may be warnings."""
        return all(one.severity is not Severity.ERROR for one in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return it with plain values."""
        return {
            "healthy": self.healthy,
            "findings": [one.to_json() for one in self.findings],
            "figures": dict(self.figures),
        }
