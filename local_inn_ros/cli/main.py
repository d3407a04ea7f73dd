# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The `local-inn` command.

Each verb imports what it needs when it runs, so that `--help` answers at once and nothing but
training ever imports torch.
"""

from __future__ import annotations

import sys
import warnings
from typing import NoReturn, TextIO

import typer

from local_inn_ros import __version__
from local_inn_ros.cli import (
    bench,
    calibrate,
    convert,
    demo,
    doctor,
    evaluate,
    export,
    map_files,
    relocalize,
    simulate,
    train,
    views,
)
from local_inn_ros.errors import LocalInnError
from local_inn_ros.places import reason

# What only some verbs need, what that is for, and the extra that brings it.
_EXTRAS = {
    "rosbags": ("bags are read and written", "tools"),
    "matplotlib": ("pictures are drawn", "tools"),
    "cv2": ("pictures of cameras are read", "camera"),
}

app = typer.Typer(
    name="local-inn",
    help="Localize a robot with an invertible neural network as its map.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command("demo", epilog=demo.EXAMPLE)(demo.demo)
app.command("train", epilog=train.EXAMPLE)(train.train)
app.command("calibrate", epilog=calibrate.EXAMPLE)(calibrate.calibrate)
app.command("export", epilog=export.EXAMPLE)(export.export)
app.command("evaluate", epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command("simulate", epilog=simulate.EXAMPLE)(simulate.simulate)
app.command("relocalize", epilog=relocalize.EXAMPLE)(relocalize.relocalize)
app.command("bench", epilog=bench.EXAMPLE)(bench.bench)
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)
app.add_typer(convert.app, name="convert")
app.add_typer(map_files.app, name="map")
app.add_typer(views.app, name="views")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"local-inn {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Localize a robot with an invertible neural network as its map."""


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning without the place in the code that it came from."""
    typer.secho(f"warning: {message}", fg=typer.colors.YELLOW, err=True)


def main() -> None:
    """Run the command; what the user did wrong is told in one line, without a traceback."""
    warnings.showwarning = _show_warning
    try:
        app()
    except LocalInnError as error:
        _fail(str(error))
    except OSError as error:
        # What no verb has told itself; typer ends by itself where who reads the output has gone.
        named = error.filename or "a file or the output"
        _fail(f"cannot use {named}: {reason(error)}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRAS:
            raise
        what, extra = _EXTRAS[missing]
        _fail(
            f"{what} with {missing}, which is not installed: install it with "
            f"`pip install 'local_inn_ros[{extra}]'`"
        )


def _fail(sentence: str) -> NoReturn:
    typer.secho(f"error: {sentence}", fg=typer.colors.RED, err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
