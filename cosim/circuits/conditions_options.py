"""The command line's options for conditions and dies; alike for all commands."""

import argparse

from cosim.circuits.conditions import Conditions
from cosim.workbench.placement import not_negative, positive

HELP = {
    "technology": "a file in netlists/technology, or the path of a .toml of one's own",
    "corner": "process corner, such as tt, ff, ss, fs or sf",
    "temperature": "degrees C",
    "supply": "such as 1.62V",
    "die": "number of a die with mismatch of its own",
    "variation": "of a die: local (each transistor by itself), global (all of a kind together), "
    "or both",
    "mismatch_scale": "of a die: factor of what each transistor deviates by itself",
}


def add_conditions(parser: argparse.ArgumentParser, default: str) -> None:
    """Add an option for each of the conditions; default: what holds if it isn't given, in words."""
    for name, meaning in HELP.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar=name[0].upper(),
            help=f"{meaning} (default: {default})",
        )


def add_dies(parser: argparse.ArgumentParser, meaning: str, first: str) -> None:
    """Add `--dies` and `--first-die`; meaning: of the one, first: the other's default, in words."""
    parser.add_argument("--dies", type=positive, metavar="N", help=meaning)
    parser.add_argument(
        "--first-die",
        type=not_negative,
        metavar="N",
        help=f"number of the first of the dies (default: {first})",
    )


def stated_conditions(options: argparse.Namespace) -> dict[str, str]:
    """Those of the conditions that the command line states, by name."""
    stated = {name: getattr(options, name) for name in Conditions.model_fields}
    return {name: value for name, value in stated.items() if value is not None}
