"""The black-box check of the ancestor's endpoints, run as its author would, against `orstt serve`'s server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from serving import served

from orstt_core.local import LocalBackend
from orstt_core.settings import Settings

CHECK = Path(__file__).parents[3] / "shared" / "acceptance" / "seed_contract.py"


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.skipif(not CHECK.exists(), reason="the acceptance check does not lie beside this checkout")
async def test_the_black_box_check_passes_whole(austen: Path) -> None:
    async with LocalBackend(Settings()) as backend, served(backend) as address:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(CHECK), address, str(austen), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    assert "FAIL" not in out.decode()
    assert process.returncode == 0
