"""Promises of resuming: an engine is given what is left, and its answer fits what was there before."""

import msgspec
import pytest
from engine_work import Desk, run, segments

from orstt_core.errors import OptionUnsupported
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import Finished, Resume
from orstt_core.types import Word

RESUME = Resume(start=3.0, next_id=7, language="de", language_probability=0.75, prompt="what was said last")


async def test_a_resumed_recording_goes_on_where_it_was(pool: EnginePool, desk: Desk) -> None:
    found = segments(await run(pool, desk.work("Prompted", sound=desk.sound(5), resume=RESUME)))
    assert [segment.id for segment in found] == [7, 8]
    assert [(segment.start, segment.end, segment.seek) for segment in found] == [(3.0, 4.0, 300), (4.0, 5.0, 400)]
    assert found[1].words == [Word(start=4.25, end=4.75, word="word")]
    # The first number is the value of the samples: the engine really got the fourth second first.
    assert [segment.text for segment in found] == ["3 what was said last 5", "4 what was said last 5"]


async def test_a_start_between_two_samples_is_rounded(pool: EnginePool, desk: Desk) -> None:
    resume = msgspec.structs.replace(RESUME, start=3.4999999)
    (found,) = segments(await run(pool, desk.work("Prompted", sound=desk.sound(4.5), resume=resume)))
    assert (found.start, found.end, found.seek) == (3.5, 4.5, 350)


async def test_the_language_that_was_detected_stays(pool: EnginePool, desk: Desk) -> None:
    (found,) = segments(await run(pool, desk.work("Prompted", sound=desk.sound(4), resume=RESUME)))
    assert (found.language, found.language_probability) == ("de", 0.75)


async def test_the_callers_language_is_not_given_a_probability(pool: EnginePool, desk: Desk) -> None:
    work = desk.work("Prompted", sound=desk.sound(4), resume=RESUME, language="en")
    (found,) = segments(await run(pool, work))
    assert (found.language, found.language_probability) == ("en", None)


async def test_a_language_that_was_not_known_yet_is_detected(pool: EnginePool, desk: Desk) -> None:
    resume = msgspec.structs.replace(RESUME, language=None, language_probability=None)
    (found,) = segments(await run(pool, desk.work("Prompted", sound=desk.sound(4), resume=resume)))
    assert (found.language, found.language_probability) == ("fr", 0.5)


async def test_the_callers_own_prompt_is_kept(pool: EnginePool, desk: Desk) -> None:
    work = desk.work("Prompted", sound=desk.sound(4), resume=RESUME, initial_prompt="Smith")
    (found,) = segments(await run(pool, work))
    assert found.text == "3 Smith 5"


async def test_an_engine_without_prompts_gets_none(pool: EnginePool, desk: Desk) -> None:
    (found,) = segments(await run(pool, desk.work("Secondwise", sound=desk.sound(4), resume=RESUME)))
    assert found.text == "3 None 5"


async def test_what_the_caller_asked_is_still_checked(pool: EnginePool, desk: Desk) -> None:
    with pytest.raises(OptionUnsupported, match="initial prompt"):
        await run(pool, desk.work("Secondwise", sound=desk.sound(4), resume=RESUME, initial_prompt="Smith"))


async def test_a_recording_that_ended_just_then_is_finished(pool: EnginePool, desk: Desk) -> None:
    messages = await run(pool, desk.work("Raising", sound=desk.sound(3), resume=RESUME))
    assert segments(messages) == []
    assert isinstance(messages[-1], Finished)
