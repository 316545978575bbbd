"""An engine as people use it: added and used by `orstt` on this machine, and then on a server over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.running import Shell

AUSTEN = Path(__file__).parents[1] / "data/austen.wav"


def transcripts_on_all_faces(
    model_type: str,
    weights: object,
    cache_dir: Path,
    *added_with: str,
    data_dir: Path,
    options: tuple[str, ...] = (),
    warning: str = "",
    **settings: str,
) -> list[dict[str, Any]]:
    """Add a model, and return how it transcribed the sentence here, and on a server with the same database.

    Both load the engine in a child process of their own; nothing may be said on standard error, but for a warning when
    the model is added. `settings` are variables of the environment.
    """
    shell = Shell()
    environ: dict[str, Any] = {"ORSTT_CACHE_DIR": str(cache_dir), "ORSTT_DATA_DIR": str(data_dir), **settings}

    def orstt(*arguments: object, warning: str = "") -> str:
        done = shell(*arguments, **environ)
        assert (done.code, bool(done.err), warning in done.err) == (0, bool(warning), True), done
        return done.out

    def transcribed(*where: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            orstt(*where, "transcribe", AUSTEN, "--model", "another", "--json", *options)
        )
        return answer

    orstt("models", "add", "another", "--type", model_type, "--weights", weights, *added_with, warning=warning)
    answers = [transcribed()]
    with shell.serving(**environ) as address:
        answers.append(transcribed("--remote", address))
    return answers
