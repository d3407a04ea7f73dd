# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures as JSON files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_inn_ros.errors import LocalInnError


def write_json(path: Path, figures: Mapping[str, Any]) -> None:
    """Write figures; the file appears whole or not at all, its folder is made where needed.

    Raises:
        LocalInnError: it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise LocalInnError(f"cannot write {path}: {error.strerror}") from error
