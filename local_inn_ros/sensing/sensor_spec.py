# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every description of a sensor says: config/sensors/*.yaml, and the sensors of a bundle."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SensorSpec(BaseModel):
    """A sensor; each kind adds what it needs.

    Attributes:
        kind: what it is; tells the descriptions apart.
        name: what people call it.
        rate_hz: observations a second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    name: str
    rate_hz: float = Field(gt=0.0, le=1000.0)
