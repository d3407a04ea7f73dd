# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where plans are kept: a folder for each GPU, driver, TensorRT, precision and model."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from local_inn_ros.engines.graphs import GraphSet
from local_inn_ros.engines.tensorrt.cuda_device import CudaIdentity
from local_inn_ros.engines.tensorrt.profiles import MOST_NUMBERS, PROFILES, Precision
from local_inn_ros.engines.tensorrt.seal import is_sealed, seal
from local_inn_ros.errors import EngineError
from local_inn_ros.places import PlaceError, check_folder, new_folder, user_folder

_LOG = logging.getLogger(__name__)
_RECORD = "record.json"
_SEAL = "seal"
# Of what a folder holds; another one is built anew.
_LAYOUT = 1


@dataclass(frozen=True, slots=True)
class PlanKey:
    """What a plan was made for; where one of these is another, so must the plan be.

    Attributes:
        gpu: name of the device.
        compute_capability: such as ``8.7``.
        driver: what the driver says of itself.
        tensorrt: version.
        precision: what matrix products are computed in.
        model: hash of the networks and of the sizes of batches.
    """

    gpu: str
    compute_capability: str
    driver: str
    tensorrt: str
    precision: str
    model: str

    @property
    def folder(self) -> str:
        """Name of the folder: something to read, and a hash of all of it."""
        digest = hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]
        gpu = re.sub(r"[^A-Za-z0-9]+", "-", self.gpu).strip("-")
        return f"{gpu}_tensorrt-{self.tensorrt}_{self.precision}_{digest}"


@dataclass(frozen=True, slots=True, eq=False)
class StoredPlans:
    """Plans that this machine made.

    Attributes:
        key: what for.
        plans: serialized, by the networks' names.
    """

    key: PlanKey
    plans: dict[str, bytes]


def plan_key(
    graphs: GraphSet, identity: CudaIdentity, tensorrt: str, precision: Precision
) -> PlanKey:
    """Return what plans of graphs on this machine have to be made for."""
    hashes = [graph.sha256 for graph in graphs]
    text = json.dumps([_LAYOUT, hashes, MOST_NUMBERS, [asdict(profile) for profile in PROFILES]])
    return PlanKey(
        identity.gpu,
        identity.compute_capability,
        identity.driver,
        tensorrt,
        precision.value,
        hashlib.sha256(text.encode()).hexdigest(),
    )


def store_plans(
    graphs: GraphSet, key: PlanKey, plans: Mapping[str, bytes], figures: Mapping[str, float]
) -> Path:
    """Keep plans that were checked, all or none.

    They are kept in ``engine/`` of the bundle, or where that cannot be written in the user's cache.

    Args:
        graphs: that they were made of.
        key: what they were made for.
        plans: by the networks' names.
        figures: how far they are off, for the record.

    Returns:
        The folder.

    Raises:
        EngineError: they cannot be kept.
    """
    record = json.dumps({"key": asdict(key), "figures": dict(figures)}, indent=2).encode()
    sealed = seal([record, *(plans[graph.name] for graph in graphs)])
    refused = ""
    for place in _places(graphs):
        try:
            return _write(place / key.folder, record, sealed, plans)
        except PlaceError as error:
            refused = str(error)
    raise EngineError(f"the plans of {graphs.name} cannot be kept: {refused}")


def check_places(graphs: GraphSet) -> None:
    """Try whether plans can be kept, and leave nothing.

    Raises:
        EngineError: neither in the bundle nor in the user's cache.
    """
    refused = ""
    for place in _places(graphs):
        try:
            check_folder(place)
        except PlaceError as error:
            refused = str(error)
        else:
            return
    raise EngineError(f"plans of {graphs.name} could not be kept: {refused}")


def load_plans(graphs: GraphSet, keys: Sequence[PlanKey]) -> StoredPlans:
    """Read the plans that this machine made for one of some keys, the first that there are.

    Raises:
        EngineError: there are none, or they are not this machine's; the message says why.
    """
    refusals: list[str] = []
    for key in keys:
        for place in _places(graphs):
            folder = place / key.folder
            if not folder.is_dir():
                continue
            try:
                plans = StoredPlans(key, _read_sealed(folder, key, graphs))
            except EngineError as error:
                refusals.append(str(error))
                continue
            for refusal in refusals:
                _LOG.warning("%s", refusal)
            return plans
    again = f"build them with `local-inn export {graphs.folder} --engine tensorrt`"
    if refusals:
        raise EngineError(f"{refusals[0]}; {again}")
    others = _differences(graphs, keys[0])
    raise EngineError(f"{graphs.name} has no plans for this machine{others}; {again}")


def _read_sealed(folder: Path, key: PlanKey, graphs: GraphSet) -> dict[str, bytes]:
    """Read the plans of a folder, if their seal is this machine's own."""
    try:
        record = (folder / _RECORD).read_bytes()
        sealed = (folder / _SEAL).read_text(encoding="ascii").strip()
        # Read once: what is sealed is what is loaded.
        plans = {name: (folder / f"{name}.plan").read_bytes() for name in graphs.graphs}
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"the plans in {folder} are incomplete ({error})") from error
    if not is_sealed([record, *(plans[graph.name] for graph in graphs)], sealed):
        raise EngineError(
            f"the plans in {folder} were not made by this machine, or were changed: a plan is "
            "code, so they are not loaded"
        )
    if json.loads(record)["key"] != asdict(key):
        raise EngineError(f"the plans in {folder} were made for something else")
    return plans


def _places(graphs: GraphSet) -> list[Path]:
    """Return the folders that plans may lie in: of the bundle, and of a user with a home."""
    places = [graphs.folder / "engine"]
    with suppress(PlaceError):
        cache = user_folder("XDG_CACHE_HOME", "~/.cache")
        places.append(cache / "local_inn_ros" / "engine")
    return places


def _write(folder: Path, record: bytes, sealed: str, plans: Mapping[str, bytes]) -> Path:
    with new_folder(folder) as made:
        for network, plan in plans.items():
            (made / f"{network}.plan").write_bytes(plan)
        (made / _RECORD).write_bytes(record)
        (made / _SEAL).write_text(sealed + "\n", encoding="ascii")
    return folder


def _differences(graphs: GraphSet, key: PlanKey) -> str:
    """Say what the plans that are there were made for instead; empty where there are none."""
    # Every precision has been looked for.
    wanted = {name: value for name, value in asdict(key).items() if name != "precision"}
    found: set[str] = set()
    for place in _places(graphs):
        for record in sorted(place.glob(f"*/{_RECORD}")):
            try:
                told = json.loads(record.read_bytes())["key"]
                found |= {name for name in wanted if told[name] != wanted[name]}
            except (OSError, ValueError, KeyError, TypeError):
                continue
    if not found:
        return ""
    return f" (those that are there are for another {', '.join(sorted(found))})"
