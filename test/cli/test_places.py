# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every verb that writes tries the place first, and says in a sentence what is wrong with it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from cli_helpers import F1TENTH, refused
from other_users import ROOT, local_inn, needs_mounts, needs_nobody, run, tiny_disk
from typer.models import OptionInfo

from local_inn_ros.cli import main as cli_main
from local_inn_ros.cli.main import app

MAP = ROOT / "models" / "generated_track" / "map.yaml"
BUNDLE = ROOT / "models" / "generated_track"
# What a verb needs beside its place: nothing of it is there, so the place has to be tried first.
NEEDED: dict[str, tuple[str, ...]] = {
    "bench": ("no_bundle",),
    "calibrate": ("no_bundle", "--bag", "no_bag"),
    "convert carmen": ("no_log", "--out", "bag"),
    "demo": ("--bundle", "no_bundle"),
    "doctor": (),
    "evaluate": ("no_bundle", "--bag", "no_bag"),
    "export": ("no_bundle",),
    "map generate": ("track", "--out", "map.yaml"),
    "map info": ("no_map.yaml",),
    "relocalize": ("no_bundle", "--bag", "no_bag"),
    "simulate": ("--bundle", "no_bundle", "--out", "bag"),
    "train": ("--map", "no_map.yaml", "--sensor", "no_sensor.yaml", "--out", "bundle"),
    "views render": ("no_field", "--count", "1"),
    "views show": ("no_field",),
}
# Options that name what is read, or what is no place.
READ = {"--bag", "--bundle", "--localize-with", "--map", "--sensor"}


def places() -> list[tuple[str, str]]:
    """Return every option that names a place, with its verb."""
    verbs = {one.name: one.callback for one in app.registered_commands}
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for one in group.typer_instance.registered_commands:
            verbs[f"{group.name} {one.name}"] = one.callback
    found = []
    for verb, function in verbs.items():
        assert verb is not None
        assert function is not None
        for hint in get_type_hints(function, include_extras=True).values():
            kind, *extras = get_args(hint) or (hint,)
            for extra in extras:
                # Path, or a path that may be left out.
                if isinstance(extra, OptionInfo) and Path in (kind, *get_args(kind)):
                    # Beside a type, typer keeps the first name in the default's place.
                    found.append((verb, str(extra.default)))
    return sorted(one for one in found if one[1] not in READ)


def test_every_place_is_known() -> None:
    assert len(places()) >= 14
    assert {verb for verb, _ in places()} <= NEEDED.keys()


@pytest.mark.parametrize(("verb", "option"), places())
def test_a_place_is_tried_before_the_work(
    verb: str,
    option: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    place = tmp_path / "file" / "below" / "it.yaml"
    said = refused(capsys, monkeypatch, *verb.split(), *NEEDED[verb], option, place)
    assert str(place) in said
    assert "a part of that path is a file" in said
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_what_no_verb_tells_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/maps/lab.pgm")

    monkeypatch.setattr(cli_main, "app", fail)
    said = refused(capsys, monkeypatch)
    assert said.startswith("error: cannot use /maps/lab.pgm: Read-only file system; name a place")


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.fixture
def inputs() -> Iterator[dict[str, Path]]:
    """Give a map and a laser that every user can read."""
    with tempfile.TemporaryDirectory() as told:
        folder = Path(told)
        folder.chmod(0o755)
        for one in (MAP, MAP.with_suffix(".pgm"), F1TENTH):
            shutil.copy(one, folder)
        yield {"map": folder / MAP.name, "sensor": folder / F1TENTH.name}


# What does not fit on a disk of so many kB.
TOO_LARGE = [
    (64, ("map", "generate", "track", "--out", "{disk}/new/map.yaml")),
    (16, ("map", "info", str(MAP), "--picture", "{disk}/new/map.png")),
    (64, ("simulate", "--bundle", str(BUNDLE), "--duration", "2", "--out", "{disk}/new/bag")),
]


@pytest.mark.parametrize(("size", "words"), TOO_LARGE, ids=["generate", "picture", "bag"])
def test_a_full_disk_is_a_sentence_and_nothing_is_left(
    size: int, words: tuple[str, ...], disk: Path
) -> None:
    needs_mounts()
    listing = disk.parent / "left"
    # A shell that outlives the verb looks at what it has left.
    script = (
        f'{tiny_disk(disk, size)} && "$@"; code=$?; find {disk} -mindepth 1 > {listing}; exit $code'
    )
    ended = run(
        ["-m", "local_inn_ros.cli.main", *(word.format(disk=disk) for word in words)],
        before=["unshare", "--mount", "sh", "-c", script, "sh"],
    )
    assert ended.code == 2, ended.out
    said = ended.refusal()
    assert f"cannot write {disk}/new/" in said
    assert "No space left on device; free some space there, or name another place" in said
    assert listing.read_text() == ""
    assert "Exception ignored" not in ended.err


def test_a_disk_without_any_room_is_told_before_the_work(disk: Path) -> None:
    needs_mounts()
    fill = f"head -c 65536 /dev/zero > {disk}/full"
    ended = local_inn(
        *("train", "--map", MAP, "--sensor", F1TENTH, "--out", disk / "bundle"),
        mounts=[tiny_disk(disk), fill],
    )
    assert "No space left on device" in ended.refusal()


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--map", "{map}", "--sensor", "{sensor}", "--out"),
        ("simulate", "--map", "{map}", "--sensor", "{sensor}", "--out"),
        ("map", "info", "{map}", "--json"),
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    words: tuple[str, ...], read_only: bool, disk: Path, inputs: dict[str, Path]
) -> None:
    told = [word.format(**inputs) for word in words]
    if read_only:
        needs_mounts()
        ended = local_inn(*told, disk / "it", mounts=[f"mount -t tmpfs -o ro none {disk}"])
        assert "Read-only file system; name a place that can be written to" in ended.refusal()
    else:
        needs_nobody()
        ended = local_inn(*told, disk / "it", as_nobody=True)
        assert "Permission denied; give this user access" in ended.refusal()
    assert str(disk / "it") in ended.refusal()


def test_a_user_without_a_home_can_use_it(inputs: dict[str, Path]) -> None:
    needs_nobody()
    folder = inputs["map"].parent
    folder.chmod(0o777)
    file = folder / "figures.json"
    ended = local_inn("map", "info", inputs["map"], "--json", file, as_nobody=True)
    assert ended.code == 0, ended.err
    assert json.loads(file.read_text())["resolution_m"] == 0.05


def test_figures_can_be_piped(inputs: dict[str, Path]) -> None:
    ended = local_inn("map", "info", inputs["map"], "--json", "/dev/stdout")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out[ended.out.index("{") :])["resolution_m"] == 0.05


def test_an_output_that_is_full_is_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        before = ["sh", "-c", f'exec "$@" > {full.name}', "sh"]
        ended = run(["-m", "local_inn_ros.cli.main", "map", "info", MAP], before=before)
    assert ended.code != 0
    assert "No space left on device" in ended.refusal()
