"""What is said to each cloud service, and what is read from its answer: no request is sent here."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from published_requests import hold_against

from orstt_core.engines import aws_transcribe, azure_speech, google_speech
from orstt_core.engines.aws_signature import AwsCredentials, signed_headers
from orstt_core.engines.google_token import LIFETIME, ServiceAccount, bearer_token, service_account
from orstt_core.errors import InvalidRequest, SettingsError
from orstt_core.languages import normalize_language
from orstt_core.types import TranscribeOptions, Word

WORDS = TranscribeOptions(language="en-US", word_timestamps=True)


def answer(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_requests_hold_the_languages_the_words_to_expect_and_the_times_that_are_asked_for() -> None:
    google = google_speech.request("chirp_2", b"sound", WORDS, ["Dashwood"])
    hold_against("google.json", google)
    assert google["config"]["languageCodes"] == ["en-US"]
    assert google["config"]["features"]["enableWordTimeOffsets"]
    assert google["config"]["adaptation"]["phraseSets"][0]["inlinePhraseSet"]["phrases"] == [{"value": "Dashwood"}]
    assert base64.b64decode(google["content"]) == b"sound"
    azure = azure_speech.definition(WORDS, ["Dashwood"])
    hold_against("azure.json", azure)
    assert azure["locales"] == ["en-US"]
    assert azure["phraseList"] == {"phrases": ["Dashwood"]}
    aws = aws_transcribe.request(b"sound", TranscribeOptions(language="en"), ["Dashwood"])
    hold_against("aws.json", aws)
    assert aws["Language"] == "en"
    assert aws["VocabularySettings"] == [{"Language": "en", "Phrases": [{"Text": "Dashwood"}]}]
    assert base64.b64decode(aws["Media"]["MediaBytes"]) == b"sound"


@pytest.mark.parametrize("candidates", [(), ("de", "fr")])
def test_without_a_language_the_service_is_asked_to_detect_it_among_those_it_may_be(
    candidates: tuple[str, ...],
) -> None:
    options = TranscribeOptions(languages=candidates)
    google = google_speech.request("chirp_3", b"sound", options, [])
    azure = azure_speech.definition(options, [])
    aws = aws_transcribe.request(b"sound", options, [])
    hold_against("google.json", google)
    hold_against("aws.json", aws)
    assert google["config"]["languageCodes"] == (list(candidates) or ["auto"])
    assert azure.get("locales", []) == list(candidates)
    assert aws["LanguageDetectionMode"] == "IDENTIFY_LANGUAGE"
    assert aws.get("LanguageOptions", []) == list(candidates)


def test_amazon_takes_words_to_expect_only_in_named_languages_and_not_endlessly_many() -> None:
    with pytest.raises(InvalidRequest, match="language that is named"):
        aws_transcribe.request(b"sound", TranscribeOptions(), ["Dashwood"])
    with pytest.raises(InvalidRequest, match="100"):
        aws_transcribe.request(b"sound", TranscribeOptions(language="en"), ["Dashwood"] * 101)


def test_an_answer_of_google_becomes_segments_with_the_times_of_their_words() -> None:
    passages = [
        {
            "alternatives": [
                {
                    "transcript": "and Mr. John Dashwood",
                    "confidence": 0.9,
                    "words": [
                        {"startOffset": "0.400s", "endOffset": "0.600s", "word": "and"},
                        {"startOffset": "0.600s", "endOffset": "1s", "word": "Mr.", "confidence": 0.8},
                    ],
                },
                {"transcript": "and mister John Dashwood"},
            ],
            "resultEndOffset": "1.800s",
            "languageCode": "en-us",
        },
        {"alternatives": [{"transcript": " had then leisure"}], "resultEndOffset": "3.200s"},
        {"resultEndOffset": "4s"},
    ]
    first, second = google_speech.segments(answer({"results": passages, "metadata": {}}), WORDS)
    assert (first.start, first.end, first.text) == (0.4, 1.8, "and Mr. John Dashwood")
    assert first.words is not None
    assert first.words[1] == Word(start=0.6, end=1.0, word="Mr.", probability=0.8)
    assert (first.language, first.confidence) == ("en-us", 0.9)
    assert (second.start, second.end, second.words, second.confidence) == (1.8, 3.2, None, None)
    assert not list(google_speech.segments(b"{}", WORDS))


def test_an_answer_of_azure_becomes_segments_and_words_only_where_they_are_asked_for() -> None:
    word = {"text": "weather", "offsetMilliseconds": 40, "durationMilliseconds": 320}
    phrase = {**word, "text": "Weather", "words": [word], "locale": "en-US", "confidence": 0.78983736}
    published = answer({"durationMilliseconds": 2000, "combinedPhrases": [{"text": "Weather"}], "phrases": [phrase]})
    (segment,) = azure_speech.segments(published, WORDS)
    assert (segment.start, segment.end, segment.text, segment.language) == (0.04, 0.36, "Weather", "en-US")
    assert segment.words == [Word(start=0.04, end=0.36, word="weather")]
    assert segment.confidence == pytest.approx(0.79, abs=0.01)
    (plain,) = azure_speech.segments(published, TranscribeOptions())
    assert plain.words is None


def amazons(*items: tuple[str, float | None, float | None], language: str = "en-US") -> bytes:
    """A `TranscribeAudioResponse` whose items are given as what is said, from when and until when."""
    found = [
        {"Id": number, "Content": said, "LanguageCode": language}
        | ({} if start is None else {"StartTime": start, "EndTime": end})
        for number, (said, start, end) in enumerate(items)
    ]
    whole = " ".join(said for said, _, _ in items)
    return answer({"TranscriptResponse": {"Metadata": {}, "Results": {"Transcript": whole, "Items": found}}})


def test_an_answer_of_amazon_becomes_sentences_whose_marks_stand_with_their_words() -> None:
    said = amazons(("I've", 4.87, 5.02), ("waited", 5.02, 5.64), (".", None, None), ("Sorry", 8.49, 8.88))
    first, second = aws_transcribe.segments(said, WORDS)
    assert (first.start, first.end, first.text) == (4.87, 5.64, "I've waited.")
    assert first.words == [Word(start=4.87, end=5.02, word="I've"), Word(start=5.02, end=5.64, word="waited.")]
    assert (second.start, second.text) == (8.49, "Sorry")
    assert second.language == "en-US"
    (together,) = aws_transcribe.segments(amazons(("羊", 0.1, 0.2), ("猫", 0.2, 0.3), language="zh-CN"), WORDS)
    assert together.text == "羊猫"
    assert not list(aws_transcribe.segments(amazons(), WORDS))
    (odd,) = aws_transcribe.segments(amazons(("羊", 0.1, 0.2), language="a tongue of its own"), WORDS)
    assert (odd.text, odd.language) == ("羊", "a tongue of its own")


def test_requests_to_amazon_are_signed_as_in_its_published_example() -> None:
    """The example `get-vanilla` of AWS's test suite for signatures of version 4."""
    key = AwsCredentials(access_key_id="AKIDEXAMPLE", secret_access_key="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    headers = signed_headers(
        "https://example.amazonaws.com/", {}, b"", key, method="GET", region="us-east-1", service="service",
        now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
    )  # fmt: skip
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    )
    assert "wJalr" not in repr(key)


def test_a_service_account_signs_its_own_tokens() -> None:
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    account = ServiceAccount(client_email="stt@project.example", private_key=pem, private_key_id="k1")
    head, claims, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in bearer_token(account, 1000).split(".")
    )
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    said = json.loads(claims)
    assert said["iss"] == said["sub"] == "stt@project.example"
    assert said["exp"] - said["iat"] == LIFETIME
    signed = bearer_token(account, 1000).rpartition(".")[0].encode()
    key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    assert "PRIVATE" not in repr(account)


def test_what_is_no_key_file_is_refused_without_a_word_of_it() -> None:
    with pytest.raises(SettingsError) as refused:
        service_account('{"private_key": "secret", "client_email": 7}')
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "languages", [azure_speech.LANGUAGES, aws_transcribe.LANGUAGES, *google_speech.LANGUAGES.values()]
)
def test_every_language_that_is_offered_can_be_asked_for_by_its_name(languages: tuple[str, ...]) -> None:
    assert len(set(languages)) == len(languages)
    assert {len(normalize_language(language)) for language in languages} <= {2, 3}
