"""Google, Azure and Amazon on the loopback interface: every request is held against what the service publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.running import Shell
from engines.providers import PROVIDERS, SECRET, Provider
from loopback_service import Reply, serving
from numpy.typing import NDArray
from published_requests import CheckedService

from orstt_core.audio import decode
from orstt_core.engines import cloud_client
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.construction import build
from orstt_core.engines.registry import engine_class
from orstt_core.errors import Busy, EngineFailed, EngineUnavailable, OrsttError, ServerUnreachable, TooLarge
from orstt_core.settings import EngineSettings
from orstt_core.testing import check
from orstt_core.types import TranscribeOptions

AUSTEN = Path(__file__).parents[1] / "data/austen.wav"
RATE = 16_000

Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def sentence() -> Samples:
    return decode(AUSTEN, max_seconds=60).samples


@pytest.fixture
def words(sentence: Samples) -> Samples:
    """Two seconds of it, for what does not depend on what is heard."""
    return sentence[: 2 * RATE]


@pytest.fixture(params=PROVIDERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider(name: str) -> Provider:
    return PROVIDERS[name]


@pytest.fixture
def cloud(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[CheckedService]:
    monkeypatch.setattr(cloud_client, "PAUSES", (0.01,) * 3)
    cloud = CheckedService(provider.check, Reply(body=provider.heard))
    with serving(cloud):
        yield cloud
    assert not cloud.violations


@pytest.fixture
def engine(name: str, provider: Provider, cloud: CheckedService) -> Iterator[BaseSTT]:
    made = engine_at(name, cloud.host)
    yield made
    made.unload()


def engine_at(name: str, address: str) -> BaseSTT:
    provider = PROVIDERS[name]
    settings = EngineSettings(cloud_hosts=[address], credentials=dict(provider.credentials))
    return build(name, provider.model, "cpu", "default", settings, {**provider.options, "endpoint": address})


def test_a_recording_is_transcribed_with_words_in_its_own_time(
    engine: BaseSTT, cloud: CheckedService, sentence: Samples
) -> None:
    late = np.concatenate([np.zeros(20 * RATE, np.float32), sentence])
    options = TranscribeOptions(language="en", word_timestamps=True, hotwords="John Dashwood, leisure")
    (segment,) = engine.segments(late, options)
    assert (segment.text, segment.language) == ("Dashwood", "en")
    assert segment.words is not None
    assert segment.words[0].start == segment.start == pytest.approx(21, abs=0.6)
    (request,) = cloud.asked
    assert b"leisure" in request.body
    assert SECRET not in repr(engine.settings)


@pytest.mark.parametrize(
    "name", ["google", *(pytest.param(name, marks=pytest.mark.slow) for name in ("azure", "aws"))], indirect=True
)
def test_a_long_recording_is_sent_in_parts_within_the_limits_and_the_language_heard_first_is_kept(
    engine: BaseSTT, provider: Provider, cloud: CheckedService, sentence: Samples
) -> None:
    recording = np.tile(sentence, 1 + int(1.2 * provider.longest * RATE / sentence.size))
    found = list(engine.segments(recording, TranscribeOptions()))
    assert len(found) == len(cloud.asked) == 2
    assert found[1].start is not None
    assert found[1].start > 0.6 * provider.longest
    first, second = map(provider.language_asked, cloud.asked)
    assert first in (None, ["auto"])
    assert second == provider.language


@pytest.mark.parametrize("answer", ["refused", "failed", "too_large"])
def test_what_the_service_documents_as_an_error_is_said_and_nothing_is_sent_twice(
    engine: BaseSTT, provider: Provider, cloud: CheckedService, words: Samples, answer: str
) -> None:
    cloud.replies = [getattr(provider, answer)]
    kinds = {"refused": EngineUnavailable, "failed": EngineFailed, "too_large": TooLarge}
    with pytest.raises(kinds[answer]) as raised:
        list(engine.segments(words, TranscribeOptions(language="en")))
    assert len(cloud.asked) == 1
    assert SECRET not in str(raised.value)


def test_too_many_requests_are_sent_again_since_nothing_was_done_for_them(
    engine: BaseSTT, provider: Provider, cloud: CheckedService, words: Samples
) -> None:
    cloud.replies = [provider.throttled, provider.throttled, Reply(body=provider.heard)]
    assert len(list(engine.segments(words, TranscribeOptions(language="en")))) == 1
    assert len(cloud.asked) == 3
    cloud.replies = [provider.throttled] * 4
    with pytest.raises(Busy):
        list(engine.segments(words, TranscribeOptions(language="en")))


@pytest.mark.parametrize(
    "answer", [Reply(cut=True), Reply(body=b'{"phrases": 7, "results": 7}')], ids=["cut", "undocumented"]
)
def test_what_may_have_been_processed_is_never_sent_twice(
    engine: BaseSTT, cloud: CheckedService, words: Samples, answer: Reply
) -> None:
    cloud.replies = [answer]
    with pytest.raises(EngineFailed):
        list(engine.segments(words, TranscribeOptions(language="en")))
    assert len(cloud.asked) == 1


@pytest.mark.parametrize("name", ["google"], indirect=True)
def test_what_was_read_of_a_paid_answer_before_something_undocumented_is_kept(
    engine: BaseSTT, provider: Provider, cloud: CheckedService, words: Samples
) -> None:
    (result,) = json.loads(provider.heard)["results"]
    odd = {**result, "resultEndOffset": "soon"}
    cloud.replies = [Reply(body=json.dumps({"results": [result, odd]}).encode())]
    found = engine.segments(words, TranscribeOptions(language="en"))
    assert next(found).text == "Dashwood"
    with pytest.raises(EngineFailed, match=r"Google.* answered otherwise than it documents: 'soon' is no duration"):
        next(found)


def test_a_service_that_is_not_there_is_said_to_be_out_of_reach(
    name: str, monkeypatch: pytest.MonkeyPatch, words: Samples
) -> None:
    monkeypatch.setattr(cloud_client, "PAUSES", (0.01,))
    with pytest.raises(ServerUnreachable):
        list(engine_at(name, "http://127.0.0.1:9").segments(words, TranscribeOptions(language="en")))


def test_without_a_key_or_a_place_it_is_said_what_to_set(name: str, provider: Provider) -> None:
    kind = engine_class(name)
    assert kind.sends_sound
    nothing = kind.unconfigured(EngineSettings())
    assert "ORSTT_CLOUD_HOSTS" in nothing
    assert f"ORSTT_{next(iter(provider.credentials)).upper()}" in nothing
    hosts = ["https://cloud.example"]
    settings = EngineSettings(cloud_hosts=hosts, credentials=dict(provider.credentials))
    assert kind.unconfigured(settings) == ""
    with pytest.raises(OrsttError, match="option"):
        build(name, provider.model, "cpu", "default", settings).load()


@pytest.mark.parametrize(("name", "most"), [("google", 1000), ("aws", 100)], indirect=["name"])
def test_of_a_long_vocabulary_as_many_words_are_taken_as_a_request_may_hold(engine: BaseSTT, most: int) -> None:
    terms = [f"term {number}" for number in range(2000)]
    asked = TranscribeOptions(language="en", hotwords="Dashwood, John Dashwood")
    assert engine.fitting_terms(terms, asked) == terms[: most - 2]


@pytest.mark.slow
def test_it_keeps_its_promises(
    name: str, provider: Provider, cloud: CheckedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORSTT_CLOUD_HOSTS", cloud.host)
    for credential, value in provider.credentials.items():
        monkeypatch.setenv(f"ORSTT_{credential.upper()}", value)
    report = check(name, provider.model, options={**provider.options, "endpoint": cloud.host})
    assert report.ok, report.text()
    assert cloud.asked


@pytest.mark.slow
def test_it_works_for_commands_and_over_http_and_adding_it_sends_no_sound(
    name: str,
    provider: Provider,
    cloud: CheckedService,
    tmp_path: Path,
) -> None:
    shell = Shell()
    environ: dict[str, Any] = {"ORSTT_DATA_DIR": str(tmp_path), "ORSTT_CLOUD_HOSTS": cloud.host}
    environ |= {f"ORSTT_{credential.upper()}": value for credential, value in provider.credentials.items()}
    options = [f"{option}={value}" for option, value in {**provider.options, "endpoint": cloud.host}.items()]
    added_with = [part for option in options for part in ("--option", option)]
    added = shell("models", "add", "ward", "--type", name, "--weights", provider.model, *added_with, **environ)
    assert added.code == 0, added
    assert "sends sound out of this machine" in added.err
    assert not [request for request in cloud.asked if request.method == "POST"]
    asked = ("transcribe", AUSTEN, "--model", "ward", "--json", "--word-timestamps", "--language", "en")
    with shell.serving(**environ) as address:
        for where in ((), ("--remote", address)):
            done = shell(*where, *asked, **environ)
            assert done.code == 0, done
            found = json.loads(done.out)
            assert found["text"] == "Dashwood"
            assert (found["model"]["device"], found["model"]["compute_type"]) == ("server", "")
            assert found["segments"][0]["words"][0]["start"] == pytest.approx(1, abs=0.1)
            assert SECRET not in done.out + done.err
    assert len([request for request in cloud.asked if request.method == "POST"]) == 2
    assert SECRET.encode() not in b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
