"""`python -m orstt_core.testing TYPE MODEL`: put an engine to the checks, print a report, fail if a check did."""

from __future__ import annotations

import argparse
import sys

from orstt_core.engines.sentence import LANGUAGE
from orstt_core.errors import OrsttError
from orstt_core.testing.checks import CHECKS
from orstt_core.testing.runner import check


def main(arguments: list[str] | None = None) -> int:
    """Return what to exit with: 0 if no check failed, 1 if one did, 2 if none could be made."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.language != LANGUAGE and not given.audio:
        parser.error("--language needs a recording in that language: --audio FILE")
    try:
        report = check(
            given.type,
            given.model,
            device=given.device,
            compute_type=given.compute_type,
            options=dict(given.option),
            audio=(given.audio, given.language) if given.audio else None,
            only=given.only,
            on_result=_show,
        )
    except OrsttError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _show(f"\n{report.summary}")
    return 0 if report.ok else 1


def _show(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orstt_core.testing", description="Put an engine with one model to the checks of OR-STT."
    )
    parser.add_argument("type", metavar="TYPE", help="the engine: its name, or module:Class")
    parser.add_argument("model", metavar="MODEL", help="the weights, as for `orstt models add`")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--compute-type", default="", help="default: int8 where the engine has it, else its first")
    parser.add_argument(
        "--option", type=_option, action="append", default=[], metavar="NAME=VALUE", help="of the engine"
    )
    parser.add_argument(
        "--audio", default="", help="a recording of a few seconds of speech (default: an English sentence)"
    )
    parser.add_argument("--language", default=LANGUAGE, help=f"what is spoken in it (default: {LANGUAGE})")
    parser.add_argument("--only", action="append", default=[], metavar="CHECK", choices=list(CHECKS), help="only these")
    return parser


def _option(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
