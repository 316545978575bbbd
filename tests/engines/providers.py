"""Google, Azure and Amazon as the tests know them: what each is asked, as it publishes it, and what it answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from loopback_service import Asked, Reply
from published_requests import form, hold_against, sound_seconds

from orstt_core.types.options import OptionValue

SECRET = "s3cret-of-the-account"


class Provider(NamedTuple):
    """One of the providers.

    Attributes:
        check: raises where a request is not as published.
        heard: its documented answer; `Dashwood` is heard from 1 s to 2 s.
        language_asked: the language, or languages, of a request.
        throttled: its documented answer to too many requests.
        refused: to a wrong key.
        too_large: to too much.
    """

    model: str
    options: Mapping[str, OptionValue]
    credentials: Mapping[str, str]
    language: object
    longest: float
    check: Callable[[Asked], None]
    language_asked: Callable[[Asked], object]
    heard: bytes
    throttled: Reply
    refused: Reply
    failed: Reply
    too_large: Reply


def check_google(request: Asked) -> None:
    assert re.fullmatch(r"/v2/projects/ward-7/locations/eu/recognizers/[^/]+:recognize", request.target)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-goog-api-key"] == SECRET
    asked = json.loads(request.body)
    hold_against("google.json", asked)
    sound = base64.b64decode(asked["content"], validate=True)
    assert sound_seconds(sound) <= 60
    assert len(request.body) <= 10_000_000


def check_azure(request: Asked) -> None:
    if request.method == "GET":  # for the languages, which proves the key
        assert request.target == "/speechtotext/transcriptions/locales?api-version=2025-10-15"
        assert request.headers["ocp-apim-subscription-key"] == SECRET
        return
    assert request.target == "/speechtotext/transcriptions:transcribe?api-version=2025-10-15"
    assert request.headers["ocp-apim-subscription-key"] == SECRET
    parts = form(request)
    assert set(parts) == {"definition", "audio"}
    hold_against("azure.json", definition(request))
    assert sound_seconds(parts["audio"]) < 7200
    assert len(request.body) < 250_000_000


def definition(request: Asked) -> Any:
    return json.loads(form(request)["definition"])


def check_aws(request: Asked) -> None:
    """The signature itself is held against AWS's own library in `test_cloud_signatures.py`."""
    assert request.target == "/"
    assert request.headers["content-type"] == "application/x-amz-json-1.1"
    assert request.headers["x-amz-target"] == "Transcribe.TranscribeAudio"
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-central-1/transcribe/aws4_request, "
        r"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}",
        request.headers["authorization"],
    )
    asked = json.loads(request.body)
    hold_against("aws.json", asked)
    sound = base64.b64decode(asked["Media"]["MediaBytes"], validate=True)
    assert len(sound) <= 26_214_400
    assert 0.5 <= sound_seconds(sound) <= 3600


PROVIDERS = {
    "google": Provider(
        model="chirp_2",
        options={"project": "ward-7", "location": "eu"},
        credentials={"google_key": SECRET},
        language=["en-US"],
        longest=60,
        check=check_google,
        language_asked=lambda request: json.loads(request.body)["config"]["languageCodes"],
        heard=b'{"results": [{"alternatives": [{"transcript": "Dashwood", "confidence": 0.9, "words": [{"startOffset": "1s",'
        b' "endOffset": "2s", "word": "Dashwood"}]}], "resultEndOffset": "2s", "languageCode": "en-US"}]}',
        throttled=Reply(429, b'{"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}}'),
        refused=Reply(
            403, f'{{"error": {{"code": 403, "message": "Key {SECRET}", "status": "PERMISSION_DENIED"}}}}'.encode()
        ),
        failed=Reply(500, b'{"error": {"code": 500, "message": "Internal", "status": "INTERNAL"}}'),
        too_large=Reply(413, b'{"error": {"code": 413, "message": "Too large"}}'),
    ),
    "azure": Provider(
        model="fast",
        options={},
        credentials={"azure_key": SECRET},
        language=["en-US"],
        longest=600,
        check=check_azure,
        language_asked=lambda request: definition(request).get("locales"),
        heard=b'{"durationMilliseconds": 7000, "combinedPhrases": [{"text": "Dashwood"}], "phrases": [{"offsetMilliseconds":'
        b' 1000, "durationMilliseconds": 1000, "text": "Dashwood", "words": [{"text": "Dashwood", "offsetMilliseconds":'
        b' 1000, "durationMilliseconds": 1000}], "locale": "en-US", "confidence": 0.9}]}',
        throttled=Reply(429, b'{"code": "TooManyRequests", "message": "Resource Exhausted"}'),
        refused=Reply(401, b'{"error": {"code": "401", "message": "Access denied due to invalid subscription key"}}'),
        failed=Reply(500, b'{"code": "InternalServerError", "message": "Internal"}'),
        too_large=Reply(413, b'{"code": "InvalidRequest", "message": "Too large"}'),
    ),
    "aws": Provider(
        model="general",
        options={"region": "eu-central-1"},
        credentials={"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": SECRET},
        language="en",
        longest=600,
        check=check_aws,
        language_asked=lambda request: json.loads(request.body).get("Language"),
        heard=b'{"TranscriptResponse": {"Metadata": {"LanguageCode": "en-US"}, "Results": {"Transcript": "Dashwood",'
        b' "Items": [{"Id": 0, "Content": "Dashwood", "StartTime": 1.0, "EndTime": 2.0, "LanguageCode": "en-US"}]}}}',
        throttled=Reply(400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'),
        refused=Reply(400, b'{"__type": "UnrecognizedClientException", "message": "The token is invalid."}'),
        failed=Reply(500, b'{"__type": "InternalFailureException", "Message": "Internal"}'),
        too_large=Reply(400, b'{"__type": "BadRequestException", "Message": "x", "Reason": "audioTooLong"}'),
    ),
}
