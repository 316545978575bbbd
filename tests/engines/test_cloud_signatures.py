"""Requests to Amazon are what AWS's own library would have sent: the same document, and the same signature."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from engine_libraries import library

from orstt_core.engines import aws_transcribe
from orstt_core.engines.aws_signature import AwsCredentials, signed_headers
from orstt_core.types import TranscribeOptions

pytestmark = [pytest.mark.slow, library("botocore")]

NOW = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("languages", [("en",), ("de", "fr"), ()])
def test_the_document_is_one_that_amazons_description_allows(languages: tuple[str, ...]) -> None:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator

    language = languages[0] if len(languages) == 1 else None
    options = TranscribeOptions(language=language, languages=() if language else languages)
    asked = aws_transcribe.request(b"sound", options, ["Dashwood"] if languages else [])
    asked["Media"]["MediaBytes"] = base64.b64decode(asked["Media"]["MediaBytes"])  # the library encodes it itself
    model = ServiceModel(Loader().load_service_model("transcribe", "service-2"))
    shape = model.operation_model("TranscribeAudio").input_shape
    report = ParamValidator().validate(asked, shape)
    assert not report.has_errors(), report.generate_report()
    offered = model.shape_for("SyncLanguage").enum
    assert set(aws_transcribe.LANGUAGES) == set(offered)


@pytest.mark.parametrize("token", ["", "of-a-session"])
def test_the_signature_is_the_one_that_amazons_library_makes(token: str) -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    url, body = "https://transcribe.eu-central-1.amazonaws.com/", b'{"Media": {}}'
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Transcribe.TranscribeAudio"}
    theirs = AWSRequest("POST", url, headers=dict(headers), data=body)
    with patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        SigV4Auth(Credentials("AKIDEXAMPLE", "secret", token or None), "transcribe", "eu-central-1").add_auth(theirs)
    key = AwsCredentials(access_key_id="AKIDEXAMPLE", secret_access_key="secret", session_token=token)
    ours = signed_headers(url, headers, body, key, region="eu-central-1", service="transcribe", now=NOW)
    assert ours["authorization"] == theirs.headers["Authorization"]
    assert ours.get("x-amz-security-token", "") == token
