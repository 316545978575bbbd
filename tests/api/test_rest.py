"""The REST API under /api/v1: Backend's own types, and errors as problem details."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import httpx2
import msgspec
import pytest
from scripted import ScriptedBackend
from serving import described_app, http_client, served

from orstt_api.wire import API, quote_ref, unquote_ref
from orstt_core.errors import BY_CODE, DatabaseUnavailable
from orstt_core.settings.listing import Setting
from orstt_core.types import (
    AUTO,
    BackendInfo,
    Change,
    Diagnosis,
    EngineList,
    Model,
    Problem,
    Validation,
)
from orstt_core.validation import RESERVED


@pytest.mark.parametrize("slash", ["", "/"])
async def test_every_question_is_answered_with_the_backends_own_type(http: httpx2.AsyncClient, slash: str) -> None:
    draft = {"name": "mine", "model": "base"}
    for method, path, body, status, kind in [
        ("GET", "info", None, 200, BackendInfo),
        ("GET", "models", None, 200, list[Model]),
        ("POST", "models", draft, 201, Change),
        ("GET", "models/mine", None, 200, Model),
        ("POST", "models/mine/activate", None, 200, Change),
        ("POST", "models/validate", draft, 200, Validation),
        ("DELETE", "models/1", None, 200, Model),
        ("GET", "engines", None, 200, EngineList),
        ("GET", "doctor", None, 200, Diagnosis),
        ("GET", "settings", None, 200, list[Setting]),
    ]:
        answer = await http.request(method, f"/api/v1/{path}{slash}", json=body)
        assert answer.status_code == status, path
        msgspec.json.decode(answer.content, type=kind)


async def test_a_deleted_model_comes_back_as_it_was(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    small = backend.rows[3]
    answer = await http.delete("/api/v1/models/small")
    assert msgspec.json.decode(answer.content, type=Model) == small
    assert 3 not in backend.rows


async def test_a_validation_that_fails_is_an_answer_and_no_error(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    backend.validation = Validation(valid=False, available=False, message="The type check failed.")
    answer = await http.post("/api/v1/models/validate", json={"name": "x", "model_type": "nope"})
    assert answer.status_code == 200
    assert msgspec.json.decode(answer.content, type=Validation) == backend.validation


NAMES = [
    "owner/name",
    "two words",
    "100%",
    "%2F",
    "7",
    "007",
    ".",
    "..",
    "a?b=c&d",
    "#1",
    "Größe",
    "話",
    "a\\b",
    "+",
    "~",
]


@pytest.mark.parametrize("ref", [1, 0, -3, 2**40, *NAMES])
def test_a_reference_survives_its_way_through_a_path(ref: int | str) -> None:
    segment = quote_ref(ref)
    assert "/" not in segment
    assert unquote_ref(segment) == ref
    assert type(unquote_ref(segment)) is type(ref)


async def test_a_name_of_any_letters_names_its_model(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    for name in NAMES:
        created = await http.post("/api/v1/models", json={"name": name})
        number = created.json()["model"]["id"]
        path = f"/api/v1/models/{quote_ref(name)}"
        assert (await http.get(path)).json()["id"] == number, name
        assert (await http.post(f"{path}/activate")).json()["model"]["id"] == number, name
        await http.post("/api/v1/models/2/activate")
        assert (await http.delete(path)).json()["id"] == number, name


async def test_a_plainly_quoted_name_works_too(http: httpx2.AsyncClient) -> None:
    await http.post("/api/v1/models", json={"name": "owner/two words"})
    assert (await http.get("/api/v1/models/owner%2Ftwo%20words")).json()["name"] == "owner/two words"


def test_no_model_can_have_a_name_that_its_address_gives_another_meaning() -> None:
    paths = [route.path for route in described_app().routes]
    below = {path.removeprefix(f"{API}/models/") for path in paths if path.startswith(f"{API}/models/")}
    assert {path for path in below if not path.startswith("{")} == RESERVED.keys() - {AUTO}


async def test_every_error_is_a_problem_of_its_code(backend: ScriptedBackend) -> None:
    async with served(backend, documented=False) as address, http_client(address) as http:
        for code, kind in BY_CODE.items():
            backend.failure = kind("It went wrong.", hint="Mend it.", field="name")
            answer = await http.get("/api/v1/models")
            assert (answer.status_code, answer.headers["content-type"]) == (kind.status, "application/problem+json")
            problem = msgspec.json.decode(answer.content, type=Problem)
            assert (problem.type, problem.status) == (f"orstt:{code}", kind.status)
            assert (problem.detail, problem.hint, problem.field) == ("It went wrong.", "Mend it.", "name")


async def test_what_never_reaches_the_backend_is_a_problem_too(http: httpx2.AsyncClient) -> None:
    for method, path, body, status, code in [
        ("GET", "nothing", None, 404, "not_found"),
        ("GET", "", None, 404, "not_found"),
        ("PUT", "models", None, 405, "invalid_request"),
        ("GET", "models/base/activate", None, 405, "invalid_request"),
        ("GET", "models/9999", None, 404, "model_not_found"),
        ("GET", "models/no%2Fsuch", None, 404, "model_not_found"),
        ("POST", "models", b"{no", 400, "invalid_request"),
        ("POST", "models", b"[]", 400, "invalid_request"),
        ("POST", "models", b'{"name": 7}', 400, "invalid_request"),
        ("POST", "models", b'"' + b"x" * 2_000_000 + b'"', 413, "too_large"),
        ("POST", "transcriptions", b"{}", 415, "media_type_unsupported"),
    ]:
        answer = await http.request(method, f"/api/v1/{path}", content=body)
        problem = msgspec.json.decode(answer.content, type=Problem)
        assert (answer.status_code, problem.status, problem.type) == (status, status, f"orstt:{code}"), path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_of_another_kind_is_refused_with_the_kind_that_is_taken(http: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/models", "/api/create_stt_model/"):
        refused = await http.post(path, data={"name": "a"})
        assert refused.status_code == 415
        assert "application/json" in refused.text
    said_wrong = await http.post("/api/v1/models", content=b'{"name": "a"}', headers={"Content-Type": "text/plain"})
    assert said_wrong.status_code == 201  # what can be read is taken


async def test_a_misfit_names_its_field(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/api/v1/models", json={"name": "x", "device": 5})
    assert answer.json()["field"] == "device"
    answer = await http.post("/api/v1/models", json={"name": "x", "nonsense": 5})
    assert (answer.status_code, "there is no field `nonsense`; there are `name`," in answer.text) == (400, True)
    answer = await http.post("/api/v1/models", json={"name": "x", "modle": 5})
    assert answer.json()["detail"] == "The body does not fit: there is no field `modle`; `model` may be meant."
    answer = await http.post("/api/v1/experiments", json={"name": "x", "a": "base", "b": "tiny", "kind": "both"})
    assert answer.json()["detail"] == "kind does not fit: it cannot be 'both', only shadow or split."


async def test_whatever_takes_a_body_says_that_one_may_be_too_large(http: httpx2.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    taking = [
        (path, operation["responses"])
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "requestBody" in operation
    ]
    assert len(taking) > 10
    assert [path for path, responses in taking if "413" not in responses] == []


class Broken(ScriptedBackend):
    async def models(self) -> list[Model]:
        raise KeyError("the secret inside")


@pytest.mark.parametrize(("path", "told"), [("api/v1/models", "detail"), ("api/get_stt_models", "error")])
async def test_an_unforeseen_fault_is_logged_once_and_told_in_general_words(
    backend: ScriptedBackend, http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture, path: str, told: str
) -> None:
    backend.models = Broken().models  # the fault
    with caplog.at_level(logging.DEBUG):
        answer = await http.get(path)
    assert answer.status_code == 500
    assert answer.json()[told].startswith("Something went wrong inside the server.")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    [record] = [record for record in caplog.records if record.exc_info]
    assert record.levelno == logging.ERROR
    assert "the secret inside" in caplog.text


async def test_an_expected_error_leaves_no_traceback_in_the_log(
    backend: ScriptedBackend, http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    backend.failure = DatabaseUnavailable("The database does not answer.")
    with caplog.at_level(logging.INFO):
        assert (await http.get("/api/v1/models")).status_code == 503
    assert not [record for record in caplog.records if record.exc_info]


async def test_health_asks_nothing_of_the_backend(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.failure = DatabaseUnavailable("The database does not answer.")
    for path in ("/health", "/health/"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_no_answer_may_be_taken_for_another_type(http: httpx2.AsyncClient) -> None:
    for path in ("/health", "/api/v1/info", "/api/v1/nothing", "/nothing", "/schema"):
        assert (await http.get(path)).headers["x-content-type-options"] == "nosniff", path


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/models", "GET, OPTIONS, POST"),
        ("/api/v1/models/", "GET, OPTIONS, POST"),
        ("/api/v1/models/validate", "OPTIONS, POST"),
        ("/api/v1/models/base", "DELETE, GET, OPTIONS, PATCH"),
        ("/api/jobs/7", "DELETE, GET, OPTIONS"),
        ("/health", "GET, HEAD, OPTIONS"),
    ],
)
async def test_an_address_says_which_methods_it_takes(http: httpx2.AsyncClient, path: str, methods: str) -> None:
    asked = await http.options(path)
    assert (asked.status_code, asked.headers["allow"]) == (204, methods)
    refused = await http.put(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)


@pytest.mark.parametrize("told", [True, False], ids=["told before", "found out"])
async def test_a_model_larger_than_the_server_lets_in_is_refused(http: httpx2.AsyncClient, *, told: bool) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 300_000

    body = b"x" * 1_500_000 if told else parts()
    answer = await http.post(f"{API}/weights/import", content=body)
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert (answer.status_code, problem.type) == (413, "orstt:too_large")
    assert "max_import_mb" in problem.hint
