"""With every extra installed and every service named, each engine is there; what is asked for it costs no request."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cli.running import Shell

TYPES = {
    *("whisper", "faster-whisper", "openai-whisper", "pocketsphinx", "vosk", "onnx-asr", "whisper.cpp", "sherpa-onnx"),
    *("openai", "google", "aws", "azure"),
}


@pytest.mark.slow
@pytest.mark.skipif("ORSTT_ALL_ENGINES" not in os.environ, reason="some libraries may not be installed here")
def test_every_engine_is_available_where_all_is_installed_and_configured(tmp_path: Path) -> None:
    keys = ("GOOGLE_KEY", "AZURE_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environ: dict[str, Any] = {f"ORSTT_{key}": "a-key-of-nobody" for key in keys}
    # Nothing listens there: a request would fail, and be said.
    done = Shell()("types", "--json", ORSTT_DATA_DIR=str(tmp_path), ORSTT_CLOUD_HOSTS="http://127.0.0.1:9", **environ)
    assert (done.code, done.err) == (0, "")
    listed = json.loads(done.out)["engines"]
    assert {engine["model_type"]: engine["reason"] for engine in listed if not engine["available"]} == {}
    assert {engine["model_type"] for engine in listed} >= TYPES
