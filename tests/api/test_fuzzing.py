"""schemathesis on the served document: nothing answers 5xx, and nothing that the document does not say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.running import TESTS, Shell

KEY = "fuzz-key"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
)
ENDLESS = "/api/v1/(events|measurements)$"
"""What never ends by itself; `GET /api/jobs/{ref}/events` does."""


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.timeout(600)
def test_no_request_gets_an_answer_that_is_not_documented(tmp_path: Path) -> None:
    from api import fuzzing  # needs schemathesis, which takes its time to import

    shell = Shell()
    fuzzing.write_recording(tmp_path)
    settings: dict[str, Any] = {"ORSTT_API_KEY": KEY, "HF_ENDPOINT": "http://127.0.0.1:9", "ORSTT_RETRY_MINUTES": "0"}
    with shell.serving(**settings) as address:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                "run",
                f"{address}/schema/openapi.json",
                f"--header=Authorization: Bearer {KEY}",
                f"--checks={','.join(CHECKS)}",
                "--phases=examples,coverage,fuzzing,stateful",
                "--max-examples=20",
                "--seed=1",
                "--generation-database=none",
                "--request-timeout=60",
                "--continue-on-failure",
                f"--exclude-path-regex={ENDLESS}",
            ],
            cwd=tmp_path,
            env=shell.environ(SCHEMATHESIS_HOOKS="api.fuzzing", PYTHONPATH=str(TESTS)),
            capture_output=True,
            text=True,
            timeout=570,
            check=False,
        )
        jobs = json.loads(shell("--remote", address, "jobs", "list", "--json", ORSTT_API_KEY=KEY).out)
    assert done.returncode == 0, done.stdout[-20_000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested
    assert int(tested[1]) >= 40, "the document was not read"
    assert {"done", "failed"} <= {job["state"] for job in jobs["jobs"]}, jobs
