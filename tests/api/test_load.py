"""Two hundred uploads at once on two cores and a short queue: each gets its transcript or is told when to come back."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from cli.running import Shell
from crowd import besiege

CROWD = 200
QUEUE = 20


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.timeout(400)
async def test_everybody_in_a_crowd_gets_a_transcript_or_a_clean_refusal(austen: Path) -> None:
    with Shell().serving(ORSTT_MAX_QUEUED=str(QUEUE), ORSTT_KEEP_ALIVE="-1") as address:
        [server] = psutil.Process().children()
        await besiege(address, austen, count=2)  # loads the model, and whatever a first request needs
        before = server.memory_info().rss
        first = await besiege(address, austen, count=CROWD)
        second = await besiege(address, austen, count=CROWD)
        time.sleep(1)
        after = server.memory_info().rss
    for outcome in (first, second):
        assert outcome.unclear == []
        assert outcome.answers[200] + outcome.answers[503] == CROWD
        assert outcome.answers[200] > QUEUE  # those in the queue, and the one that was worked on
        [text] = outcome.texts
        assert "leisure to consider" in text
    assert after - before < 25e6
