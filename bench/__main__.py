"""`just bench [AUDIO]`: print the performance table as Markdown. Nothing here asserts a time."""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from bench import decoding
from bench.http_face import http_overhead
from bench.isolation import overhead
from bench.processes import alternate, first_paint, server
from bench.requests import http_request, requests_per_second, send
from bench.uploads import upload_rate

HERE = Path(__file__).parent
ORSTT = str(Path(sys.executable).with_name("orstt"))
PYTHON = sys.executable
UPLOAD = 512
"""MiB of the recording that is uploaded."""
VALIDATE = b'{"model_type":"whisper","model_name":"base","device":"cpu","compute_type":"int8"}'


def main() -> None:
    """Measure everything, in a data folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "ORSTT_DATA_DIR": f"{folder}/data",
            "ORSTT_CACHE_DIR": f"{folder}/cache",
            "ORSTT_CONFIG": "",
            "HF_HUB_OFFLINE": "1",
        }
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        audio = Path(sys.argv[1]) if len(sys.argv) > 1 else _speech(Path(folder), 300)
        subprocess.run([ORSTT, "transcribe", str(HERE.parent / "tests/data/austen.wav")], check=True)
        print(f"\n{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
        print("| what | ours | bare | ratio |\n|---|---|---|---|")
        _command_line()
        _terminal()
        _http()
        _http_face(Path(folder))
        print("\n| what | isolated | in process | difference | ratio |\n|---|---|---|---|---|")
        _isolation("3 s clip, warm, median of 15", _speech(Path(folder), 3), times=15)
        _isolation(f"{audio.name}, warm", audio, times=1)
        decoding.main()


def _command_line() -> None:
    bare = [PYTHON, "-c", "import click"]
    for arguments in (["--help"], ["models", "list"]):
        ours, theirs = alternate([ORSTT, *arguments], bare, times=9)
        _row(f"`orstt {' '.join(arguments)}` / `import click`", ours.seconds, theirs.seconds, "s")


def _terminal() -> None:
    def median(command: list[str], text: bytes) -> float:
        first_paint(command, text)
        return statistics.median(first_paint(command, text) for _ in range(7))

    ours = median([ORSTT], b"OR-STT")
    _row("first paint / empty Textual app", ours, median([PYTHON, str(HERE / "empty_textual.py")], b"ready"), "s")


def _http() -> None:
    with server([PYTHON, str(HERE / "empty_litestar.py")]) as port:
        bare = asyncio.run(requests_per_second(port, http_request("GET", "/"), count=8000))
    with server([ORSTT, "serve", "--port"]) as port:

        def measure(name: str, request: bytes, count: int) -> None:
            _row(f"{name} / empty handler", asyncio.run(requests_per_second(port, request, count=count)), bare, "1/s")

        measure("get_stt_models", http_request("GET", "/api/get_stt_models/"), 2000)
        measure("get_stt_types", http_request("GET", "/api/get_stt_types/"), 2000)
        measure("validate_stt_model", http_request("POST", "/api/validate_stt_model/", VALIDATE), 1000)
        measure("set_stt_model", http_request("POST", "/api/set_stt_model/", b'{"model_id": 2}'), 500)
        created = asyncio.run(_create_and_delete(port, 150))
        _row("create_stt_model + delete_stt_model / empty handler", created, bare, "1/s")


def _http_face(folder: Path) -> None:
    with server([PYTHON, str(HERE / "bare_sink.py")]) as port:
        bare = asyncio.run(upload_rate(port, "/", UPLOAD, times=4))
    with server([ORSTT, "serve", "--port"]) as port:
        ours = asyncio.run(upload_rate(port, "/api/jobs", UPLOAD, times=4))
        _row(f"upload of {UPLOAD} MiB / bare ASGI sink", ours, bare, "MB/s")
    with server([ORSTT, "serve", "--port"]) as port:
        # A sentence said again and again makes Whisper try again and again: only a given recording is a longer one.
        given = [(Path(sys.argv[1]), 3)] if len(sys.argv) > 1 else []
        for path, times in [(_speech(folder, 3), 15), *given]:
            face = http_overhead(port, path, times=times)
            _row(f"{path.name} over HTTP / in process: first words", face.http_first, face.first, "s")
            _row(f"{path.name} over HTTP / in process: all", face.http, face.in_process, "s")


async def _create_and_delete(port: int, count: int) -> float:
    began = time.perf_counter()
    for number in range(count):
        body = f'{{"name":"bench-{number}","model":"base","compute_type":"float32"}}'.encode()
        await send(port, http_request("POST", "/api/create_stt_model/", body), 1)
        body = f'{{"model_id": {6 + number}}}'.encode()
        await send(port, http_request("POST", "/api/delete_stt_model/", body), 1)
    return 2 * count / (time.perf_counter() - began)


def _isolation(what: str, audio: Path, *, times: int) -> None:
    isolated, bare = overhead(audio, times=times)
    difference = (isolated - bare) * 1e3
    print(f"| {what} | {isolated:.3f} s | {bare:.3f} s | {difference:+.0f} ms | {isolated / bare:.3f} |", flush=True)


def _speech(folder: Path, seconds: int) -> Path:
    """Write so many seconds of speech: the recording of the tests again and again, with pauses."""
    samples, rate = soundfile.read(HERE.parent / "tests/data/austen.wav", dtype="float32")
    sentence = np.concatenate([samples, np.zeros(rate // 2, dtype=np.float32)])
    path = folder / f"{seconds}_seconds.wav"
    soundfile.write(path, np.resize(sentence, seconds * rate), rate)
    return path


def _row(what: str, ours: float, bare: float, unit: str) -> None:
    print(f"| {what} | {ours:.3g} {unit} | {bare:.3g} {unit} | {ours / bare:.2f} |", flush=True)


if __name__ == "__main__":
    main()
