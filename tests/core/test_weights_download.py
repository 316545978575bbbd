"""Fetching from a hub, over real sockets: progress, damage, no room, and no network at all."""

import gc
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from fetching import child, fetch, files_of, look
from huggingface_hub import constants
from huggingface_hub.utils._http import get_session
from loopback_hub import LoopbackHub, point_to
from made_up_weights import COMMIT, CONTENT, ORDINARY_USER, REPO, repository, write_hub_cache

from orstt_core.errors import WeightsError
from orstt_core.weights import download
from orstt_core.weights.hub_client import guard_connections

pytestmark = pytest.mark.usefixtures("home")


def test_a_model_and_nothing_else_is_fetched_into_the_hub_cache_and_found_there_afterwards(
    hub: LoopbackHub, home: Path
) -> None:
    hub.content["README.md"] = b"not wanted"
    outcome, told = child(hub).wait()
    snapshot = home / "hub" / "models--someone--made-up" / "snapshots" / COMMIT
    assert outcome["folder"] == str(snapshot)
    assert files_of(snapshot) == CONTENT
    assert (look().kind, look().path) == ("cache", snapshot)
    total = sum(map(len, CONTENT.values()))
    assert told[0] == (f"asking the hub for {REPO}", None, None)
    assert {(detail, size) for detail, _, size in told[1:]} == {(f"fetching {REPO}", total)}
    counts = [done or 0 for _, done, _ in told[1:]]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, total)
    paths = {path for _, path, _ in hub.requests}
    files = {f"/{REPO}/resolve/{COMMIT}/{name}" for name in CONTENT}
    assert paths == {f"/api/models/{REPO}/revision/main", "/elsewhere/model.bin"} | files


def test_a_proxy_of_the_environment_is_not_asked_for_a_hub_of_this_machine(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert files_of(fetch()[0]["folder"]) == CONTENT


def test_a_proxy_that_cannot_be_used_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    point_to("http://hub.example", monkeypatch)
    monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:1080")
    told = fetch()[0]
    assert told["code"] == "settings_error"
    assert told["message"].startswith(
        "ALL_PROXY in the environment names a proxy that cannot be used: its kind, socks4,"
    )


def refuse_one(listener: socket.socket) -> None:
    client, _ = listener.accept()
    client.recv(100)
    client.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library drops the socket
def test_what_is_no_socks_proxy_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    point_to("http://hub.example", monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{listener.getsockname()[1]}")
        answering = threading.Thread(target=refuse_one, args=(listener,))
        answering.start()
        told = fetch()[0]
        answering.join(10)
    gc.collect()
    assert "what ALL_PROXY in the environment names is no SOCKS proxy" in told["message"]


def test_a_model_with_known_digests_is_fetched_at_its_published_revision(hub: LoopbackHub, home: Path) -> None:
    outcome, _ = fetch(model="made-up", known=repository())
    assert files_of(outcome["folder"]) == CONTENT
    assert hub.requests[0][1] == f"/api/models/{REPO}/revision/{COMMIT}"


def test_what_is_in_the_cache_is_not_fetched_again(hub: LoopbackHub, home: Path) -> None:
    snapshot = write_hub_cache(home / "hub")
    (snapshot / "model.bin").resolve().unlink()
    (snapshot / "model.bin").unlink()
    outcome, told = fetch()
    assert files_of(outcome["folder"]) == CONTENT
    assert set(hub.fetched()) == {"model.bin"}
    assert told[-1][1] == told[-1][2]


def test_a_damaged_copy_in_the_cache_is_fetched_again(hub: LoopbackHub, home: Path) -> None:
    snapshot = write_hub_cache(home / "hub")
    (snapshot / "model.bin").resolve().write_bytes(b"cut")
    outcome, _ = fetch(model="made-up", known=repository())
    assert outcome["folder"] == str(snapshot)
    assert files_of(snapshot) == CONTENT


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config.json", "model.bin"])  # which are declared by either kind of digest
def test_a_file_that_is_not_the_declared_one_is_refused_and_removed(hub: LoopbackHub, home: Path, name: str) -> None:
    hub.served[name] = CONTENT[name][:-1] + b"?"
    outcome, _ = fetch()
    assert outcome["code"] == "weights_damaged"
    assert outcome["message"].startswith(f"{name} came damaged: its digest is ")
    assert look().kind == "absent"
    assert not [path for path in home.rglob("*") if path.is_file() and path.read_bytes() == hub.served[name]]
    del hub.served[name]
    assert files_of(fetch()[0]["folder"]) == CONTENT


def test_a_hub_that_serves_and_declares_other_weights_than_were_published_is_not_believed(
    hub: LoopbackHub, home: Path
) -> None:
    hub.content["model.bin"] = bytes(len(CONTENT["model.bin"]))
    outcome, _ = fetch(model="made-up", known=repository())
    assert outcome["code"] == "weights_damaged"
    assert look().kind == "absent"


def test_a_hub_that_declares_no_digests_cannot_be_verified(hub: LoopbackHub, home: Path) -> None:
    hub.declares_digests = False
    outcome, _ = fetch()
    assert outcome["code"] == "weights_error"
    assert "cannot be verified" in outcome["message"]


# --- nothing to be had ----------------------------------------------------------------------------


def test_a_repository_that_the_hub_does_not_have_is_named(hub: LoopbackHub, home: Path) -> None:
    outcome, _ = fetch(model="someone/else")
    assert outcome["code"] == "weights_not_found"
    assert outcome["message"] == f"The hub at {hub.address} has no model someone/else that may be read from here."


def test_a_repository_with_something_else_in_it_is_named(hub: LoopbackHub, home: Path) -> None:
    hub.content = {"config.json": b"{}", "pytorch_model.bin": b"weights"}
    outcome, _ = fetch()
    assert outcome["code"] == "weights_not_found"
    assert "lacks model.bin, tokenizer.json, vocabulary.txt" in outcome["message"]
    assert hub.fetched() == []


def test_of_a_repository_with_several_models_one_file_is_fetched(hub: LoopbackHub) -> None:
    hub.content = {"ggml-a.bin": b"a" * 20_000, "ggml-b.bin": b"b" * 20_000, "README.md": b"read me"}
    outcome, _ = fetch(model=REPO, weights_format="ggml-whisper")
    assert (outcome["code"], hub.fetched()) == ("invalid_request", [])
    assert outcome["hint"] == f"Name one: {REPO}:ggml-a.bin, {REPO}:ggml-b.bin."
    outcome, _ = fetch(model=f"{REPO}:ggml-b.bin", weights_format="ggml-whisper")
    assert files_of(outcome["folder"]) == {"ggml-b.bin": hub.content["ggml-b.bin"]}
    assert set(hub.fetched()) == {"ggml-b.bin"}
    known = fetch(model="istupakov/parakeet-tdt-0.6b-v3-onnx:config.json", weights_format="onnx-asr")[0]
    assert known["code"] == "invalid_request", "its models are several files"


def test_of_a_repository_for_an_engine_only_what_it_reads_is_fetched(hub: LoopbackHub, home: Path) -> None:
    needed = {"encoder.int8.onnx": b"e" * 20_000, "decoder.int8.onnx": b"d", "tokens.txt": b"t"}
    hub.content = {**needed, "test_wavs/0.wav": b"w", "README.md": b"r", "export.py": b"import os", "../up.onnx": b"x"}
    outcome, _ = fetch(model=REPO, weights_format="sherpa-onnx")
    assert files_of(outcome["folder"]) == needed
    assert set(hub.fetched()) == set(needed)
    assert list(home.rglob("up.onnx")) == []


def test_a_refused_connection_is_told_at_once_with_the_other_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        start = time.perf_counter()
        point_to(f"http://127.0.0.1:{taken.getsockname()[1]}", monkeypatch)
        outcome, _ = fetch()
    assert time.perf_counter() - start < 20
    assert outcome["code"] == "weights_not_found"
    assert "could not be fetched from http://127.0.0.1:" in outcome["message"]
    assert "Connection refused" in outcome["message"]
    assert "(a) copy models--someone--made-up from" in outcome["hint"]
    assert "--download" not in outcome["hint"]


def test_a_network_that_swallows_everything_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert_given_up(silent, monkeypatch)


def test_a_hub_that_answers_by_drops_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def drip() -> None:
        connection, _ = dripping.accept()
        with connection, suppress(OSError):
            while not over.wait(0.1):
                connection.sendall(b"H")

    with socket.create_server(("127.0.0.1", 0)) as dripping:
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert_given_up(dripping, monkeypatch)
        finally:
            over.set()
            thread.join()


def assert_given_up(server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.5)
    point_to(f"http://127.0.0.1:{server.getsockname()[1]}", monkeypatch)
    start = time.perf_counter()
    outcome, _ = fetch()
    assert time.perf_counter() - start < 20
    assert outcome["code"] == "weights_not_found"
    assert "could not be fetched" in outcome["message"]


@pytest.mark.parametrize("allowed", [False, True], ids=["setting", "environment"])
def test_a_hub_that_may_not_be_asked_is_not_asked(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, *, allowed: bool
) -> None:
    if allowed:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    outcome, told = fetch(allowed=allowed)
    assert outcome["code"] == "weights_not_found"
    assert (hub.requests, told) == ([], [])


# --- no room --------------------------------------------------------------------------------------


def test_a_full_disk_leaves_no_model_behind(hub: LoopbackHub, home: Path) -> None:
    outcome, _ = child(hub, file_size=100_000).wait()
    assert outcome["code"] == "weights_error"
    why = "the disk, or a limit of this process, allows no larger file"
    assert outcome["message"] == f"{REPO} cannot be stored in the hub's cache: {why}."
    assert look().kind == "absent"
    assert files_of(fetch()[0]["folder"]) == CONTENT, "it goes on once there is room"


def test_a_disk_without_room_is_seen_before_the_first_byte(
    hub: LoopbackHub, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = sum(map(len, CONTENT.values()))
    free = size - 50_000
    monkeypatch.setattr("orstt_core.weights.disk_space.shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    outcome, _ = fetch()
    assert (outcome["code"], hub.fetched()) == ("weights_error", [])
    assert outcome["message"] == ("There is no room on the disk: 131 kB are needed, 81 kB are free, 50 kB are missing.")


def test_a_cache_that_cannot_be_written_is_an_error(hub: LoopbackHub, home: Path) -> None:
    home.mkdir(mode=0o555)
    outcome, _ = child(hub, wrapper=ORDINARY_USER).wait()
    assert outcome["code"] == "weights_error"
    assert outcome["message"] == f"{REPO} cannot be stored in the hub's cache: Permission denied."
    assert "HF_HUB_CACHE" in outcome["hint"]


def test_a_public_hub_cannot_send_us_on_to_a_private_network(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path == "/on" else 200)
            self.send_header("Location", "/here")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    guard_connections()
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.2")
        assert get_session().get(f"{here}/on").status_code == 200
        # Nothing is sent to this address: every request of the library, redirected or not, is looked at before.
        monkeypatch.setattr(constants, "ENDPOINT", "http://192.0.43.7")
        with pytest.raises(WeightsError, match=r"127\.0\.0\.1"):
            get_session().get(f"{here}/on")
        server.shutdown()


def test_a_name_that_changes_its_address_leads_the_hubs_client_nowhere(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(hub.address).port
    names = {"mirror.example": ["127.0.0.1"], "hub.example": ["192.0.43.7"], "cdn.example": ["192.0.43.8"]}

    def rebound(host: str, port: int) -> list[str]:
        addresses = names[host]
        names["cdn.example"] = ["127.0.0.1"]  # after the look of the first question
        return addresses

    monkeypatch.setattr("orstt_core.checked_network.resolve", rebound)
    guard_connections()
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.example")
    with pytest.raises(WeightsError, match=r"cdn\.example"):
        get_session().get(f"http://cdn.example:{port}/")
    assert names["cdn.example"] == ["127.0.0.1"]
    # A mirror that the operator names may be of the own network; no other name server knows this one.
    monkeypatch.setattr(constants, "ENDPOINT", f"http://mirror.example:{port}")
    assert get_session().get(f"http://mirror.example:{port}/").status_code == 404
