"""What is fetched goes on after a cut, a kill and an answer that says "later"; and the token goes to the hub only."""

import logging
import random
import subprocess
import time
from contextlib import aclosing, suppress
from email.utils import formatdate
from pathlib import Path

import pytest
from fetching import cache, child, fetch, files_of, look
from huggingface_hub import constants
from loopback_hub import LoopbackHub
from made_up_weights import CONTENT, FORMAT, REPO

from orstt_core.types import PullProgress
from orstt_core.weights.attempts import seconds_to_wait
from orstt_core.weights.download import CHUNK
from orstt_core.weights.leftovers import find_leftovers
from orstt_core.weights.pulls import Pulls
from orstt_core.weights.transfer_rate import TransferRate

pytestmark = pytest.mark.usefixtures("home")

TOKEN = "hf_a-token-that-nobody-may-see"


@pytest.mark.usefixtures("at_once")
def test_a_connection_that_breaks_goes_on_where_it_was(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = 1 << 16  # the hub's client writes, counts and resumes in pieces of so many bytes
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", chunk)
    hub.content["model.bin"] = random.Random(1).randbytes(2 * chunk + 12345)
    hub.cut = [chunk + 5000]
    outcome, told = fetch()
    assert files_of(outcome["folder"]) == hub.content
    assert hub.ranges("model.bin")[-1] == f"bytes={chunk}-"
    counts = [done or 0 for _, done, _ in told[1:]]
    assert counts == sorted(counts)
    assert counts[-1] == told[-1][2]


@pytest.mark.slow
def test_a_download_that_is_killed_leaves_no_model_and_goes_on_in_another_process(hub: LoopbackHub) -> None:
    hub.content["model.bin"] = random.Random(2).randbytes(3 * CHUNK + 12345)
    hub.stall = 2 * CHUNK + 50_000
    fetching = child(hub)
    assert hub.stalled.wait(timeout=30)
    while not any(size == 2 * CHUNK for size in sizes(cache().with_name("hf"))):
        assert fetching.process.poll() is None
        time.sleep(0.01)
    fetching.process.kill()
    fetching.process.communicate()
    assert look().kind == "absent"
    assert find_leftovers(set(), cache()) == [], "it may go on"
    hub.stall = None
    hub.requests.clear()
    outcome, told = child(hub).wait()
    assert files_of(outcome["folder"]) == hub.content
    assert set(hub.ranges("model.bin")) == {f"bytes={2 * CHUNK}-"}
    assert set(hub.fetched()) == {"model.bin"}, "files that were finished are kept"
    before = sum(len(data) for name, data in hub.content.items() if name != "model.bin")
    assert before + 2 * CHUNK in {done for _, done, _ in told}


def sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*.incomplete")]


@pytest.mark.slow
def test_two_that_fetch_at_once_fetch_once(hub: LoopbackHub, home: Path) -> None:
    children = [child(hub) for _ in range(2)]
    for fetching in children:
        assert files_of(fetching.wait()[0]["folder"]) == CONTENT
    assert [path.name for path in (home / "hub/models--someone--made-up/refs").iterdir()] == ["main"]
    assert hub.fetched().count("model.bin") == 2, "one of the two from each address"


def test_what_is_left_of_another_file_is_not_taken_for_a_beginning(hub: LoopbackHub, home: Path) -> None:
    outcome, _ = fetch()
    blob = (Path(outcome["folder"]) / "model.bin").resolve()
    blob.rename(blob.with_name(f"{blob.name}.incomplete")).write_bytes(b"x" * len(CONTENT["model.bin"]))
    assert fetch()[0]["code"] == "weights_damaged"
    assert list(home.rglob("*.incomplete")) == []
    assert files_of(fetch()[0]["folder"]) == CONTENT


def on_a_disk_of(size: str, home: Path) -> tuple[str, ...]:
    """What to put before a command so that the hub's cache is on a small disk; skips where none may be mounted."""
    home.mkdir(exist_ok=True)
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a disk may not be mounted here")
    return ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size={size} none "{home}" && exec "$@"', "sh")


@pytest.mark.slow
def test_a_real_disk_without_room_is_seen_at_once_and_one_that_fills_up_is_said_so(
    hub: LoopbackHub, home: Path
) -> None:
    hub.content["model.bin"] = random.Random(4).randbytes(3 * CHUNK)
    refused, _ = child(hub, wrapper=on_a_disk_of("1m", home)).wait()
    assert refused["message"] == ("There is no room on the disk: 3 MB are needed, 1 MB are free, 2 MB are missing.")
    assert hub.fetched() == []
    hub.stall = 2 * CHUNK + 50_000
    fetching = child(hub, wrapper=on_a_disk_of("4m", home))
    assert hub.stalled.wait(timeout=30)
    with suppress(OSError):  # until it takes no more
        Path(f"/proc/{fetching.process.pid}/root{home}/filler").write_bytes(bytes(4 * CHUNK))
    hub.stall = None
    hub.release.set()
    failed, _ = fetching.wait()
    assert failed["message"] == f"{REPO} cannot be stored in the hub's cache: the disk is full."


# --- later ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_once")
def test_a_hub_that_says_later_is_asked_again(hub: LoopbackHub) -> None:
    hub.later = [(429, {"Retry-After": "0"}), (503, {}), (502, {})]
    outcome, told = fetch()
    assert files_of(outcome["folder"]) == CONTENT
    assert any(detail.startswith("the server asks to wait: ") for detail, _, _ in told)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(503, {})] * 9, "it answers 503 (Service Unavailable) again and again."),
        ([(429, {"Retry-After": "7200"})], "it answers 429 (Too Many Requests) and asks to wait for 120 minutes."),
    ],
)
def test_a_hub_that_goes_on_saying_so_is_given_up_in_a_sentence(
    hub: LoopbackHub, answers: list[tuple[int, dict[str, str]]], said: str
) -> None:
    hub.later = list(answers)
    outcome, _ = fetch()
    assert outcome["code"] == "weights_not_found"
    assert outcome["message"] == f"{REPO} could not be fetched from {hub.address}: {said}"
    assert len(hub.requests) <= 5


def test_how_long_to_wait_is_told_by_a_number_or_a_date() -> None:
    assert seconds_to_wait({"retry-after": " 17 "}) == 17
    assert seconds_to_wait({"retry-after": formatdate(0, usegmt=True)}) == 0
    assert seconds_to_wait({"retry-after": "soon"}) is None
    assert seconds_to_wait({}) is None


# --- a private hub --------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["setting", "variable", "file"])
def test_a_private_hub_is_shown_the_token_and_nobody_else_is(
    hub: LoopbackHub,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: str,
) -> None:
    hub.token = TOKEN
    caplog.set_level(logging.DEBUG)
    refused, told_before = fetch()
    assert "ORSTT_HUB_TOKEN or a file that ORSTT_HUB_TOKEN_FILE names" in refused["hint"]
    if place == "variable":
        monkeypatch.setenv("HF_TOKEN", TOKEN)
    elif place == "file":
        home.mkdir(exist_ok=True)
        (home / "token").write_text(f"{TOKEN}\n")
    outcome, told = fetch(hub_token=TOKEN if place == "setting" else "")
    assert files_of(outcome["folder"]) == CONTENT
    hosts = {host.partition(":")[0] for host, token in hub.tokens if token}
    assert hosts == {"127.0.0.1"}
    assert ("localhost", None) in {(host.partition(":")[0], token) for host, token in hub.tokens}
    hub.later = [(503, {"Retry-After": "7200"})]
    (Path(outcome["folder"]) / "model.bin").unlink()
    failed, _ = fetch()
    assert failed["code"] == "weights_not_found"
    assert TOKEN not in repr((refused, told_before, told, failed)) + caplog.text


# --- pulls ----------------------------------------------------------------------------------------


def test_the_rate_is_that_of_the_last_seconds_and_falls_when_nothing_comes() -> None:
    now = 0.0
    rate = TransferRate(lambda: now)
    assert rate.bytes_per_second() is None
    for now in range(31):
        rate.note(1000 * now if now < 15 else 15_000 + 3000 * (now - 15))
    assert rate.bytes_per_second() == pytest.approx(3000)
    assert rate.seconds_left(6000) == pytest.approx(2)
    now = 60.0
    assert (rate.bytes_per_second() or 0) < 1100


@pytest.mark.usefixtures("at_once")
async def test_a_pull_tells_bytes_rate_and_time_left_and_ends_with_the_last_who_waits(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.weights.transfer_rate.FIRST_SECONDS", 0.0)
    hub.content["model.bin"] = random.Random(3).randbytes(2 * CHUNK + 12345)
    total = sum(map(len, hub.content.values()))
    hub.stall = CHUNK + 50_000
    pulls = Pulls(cache(), {})
    step = PullProgress(status="")
    async with aclosing(pulls.pull(FORMAT, REPO, allow_download=True)) as steps:
        async for step in steps:
            if (step.overall_completed or 0) > CHUNK:
                break
        hub.stall = None
        hub.release.set()
    assert (step.digest.partition(":")[0], step.completed) == ("sha256", CHUNK)
    assert step.overall_total == total
    assert (step.bytes_per_second or 0) > 0
    assert (step.seconds_left or 0) > 0
    hub.requests.clear()
    async with aclosing(pulls.pull(FORMAT, REPO, allow_download=True)) as steps:
        ended = [step async for step in steps]
    assert ended[-1].status == "success"
    assert max(step.overall_completed or 0 for step in ended) == total
    assert hub.ranges("model.bin")[-1] == f"bytes={CHUNK}-"
    assert look().kind == "cache"
