# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The state of a training, kept now and then: what was killed goes on as if nothing had been.

Tensors lie in a safetensors file and all else in JSON: reading them runs no code.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from local_inn_ros.errors import BundleError
from local_inn_ros.flows.fit_task import FitTask
from local_inn_ros.places import PlaceError, new_file

_LOG = logging.getLogger(__name__)
_FILE = "checkpoint.safetensors"
_STATE = "state"
_MODEL, _OPTIMIZER, _NOISE = "model.", "optimizer.", "noise"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoints:
    """Where the state of one training is kept.

    Attributes:
        folder: of this training alone.
        identity: what the outcome depends on; a state of another training is not gone on from.
        every: steps from one state to the next.
    """

    folder: Path
    identity: Mapping[str, Any]
    every: int = 250

    @property
    def there(self) -> bool:
        """Whether a state is kept."""
        return (self.folder / _FILE).is_file()

    def remove(self) -> None:
        """Forget the state: the training is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(
        self,
        step: int,
        task: FitTask,
        schedule: torch.optim.lr_scheduler.LambdaLR,
        rng: np.random.Generator,
        noise: torch.Generator,
    ) -> None:
        """Keep the state after a step, whole or not at all, where one is due.

        Where it cannot be written, as on a full disk, the one before stays, and a warning is all:
        who reads it has the rest of the training to make room.
        """
        if step % self.every != 0 or step == task.steps:
            return
        optimizer = task.optimizer.state_dict()
        tensors = {_MODEL + name: one for name, one in task.model.state_dict().items()}
        for index, slots in optimizer["state"].items():
            tensors |= {f"{_OPTIMIZER}{index}.{name}": one for name, one in slots.items()}
        tensors[_NOISE] = noise.get_state()
        state = {
            "identity": _plain(self.identity),
            "step": step,
            "groups": optimizer["param_groups"],
            "schedule": {
                name: value for name, value in schedule.state_dict().items() if name != "lr_lambdas"
            },
            "rng": rng.bit_generator.state,
        }
        saved = {name: one.detach().cpu().contiguous() for name, one in tensors.items()}
        content = save(saved, metadata={_STATE: json.dumps(state)})
        try:
            with new_file(self.folder / _FILE) as file:
                file.write_bytes(content)
        except PlaceError as error:
            _LOG.warning("the state of the training is not kept: %s", error)

    def restore(
        self,
        task: FitTask,
        schedule: torch.optim.lr_scheduler.LambdaLR,
        rng: np.random.Generator,
        noise: torch.Generator,
    ) -> int:
        """Go on from the state that is kept, and return the steps that were done; 0 without one.

        Raises:
            BundleError: it is damaged, or of another training.
        """
        if not self.there:
            return 0
        path = self.folder / _FILE
        try:
            with safe_open(path, framework="pt") as file:
                state = json.loads(file.metadata()[_STATE])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            raise BundleError(
                f"{path} is damaged ({error}): delete {self.folder} to begin anew"
            ) from error
        self._check(state["identity"])
        self._load(task, state, tensors)
        schedule.load_state_dict({**schedule.state_dict(), **state["schedule"]})
        rng.bit_generator.state = state["rng"]
        noise.set_state(tensors[_NOISE])
        return int(state["step"])

    def _check(self, found: Mapping[str, Any]) -> None:
        """Refuse the state of another training."""
        wanted = _plain(self.identity)
        other = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
        if other:
            raise BundleError(
                f"the training kept in {self.folder} differs in {', '.join(other)}: "
                "resume it with what it was begun with, or delete that folder to begin anew"
            )

    def _load(self, task: FitTask, state: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        model = {
            name.removeprefix(_MODEL): one
            for name, one in tensors.items()
            if name.startswith(_MODEL)
        }
        slots: dict[int, dict[str, Tensor]] = {}
        for name, one in tensors.items():
            if name.startswith(_OPTIMIZER):
                index, _, slot = name.removeprefix(_OPTIMIZER).partition(".")
                slots.setdefault(int(index), {})[slot] = one
        task.model.load_state_dict(model)
        task.optimizer.load_state_dict({"state": slots, "param_groups": state["groups"]})


def _plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return it as it comes back from JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(identity)))
    return plain
