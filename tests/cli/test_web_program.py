"""What the program of a page in the browser may do on the server's machine: work on the files of one folder."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

ATTEMPTS = """
import asyncio, json, os, socket, sqlite3, subprocess, sys
from pathlib import Path
outside, port = Path(sys.argv[1]), int(sys.argv[2])
from orstt_tui.web_program import confine
confine()
async def start():
    await asyncio.create_subprocess_exec("true")
attempts = {
    "read": lambda: (outside / "secret.wav").read_bytes(),
    "read by a link": lambda: Path("link.wav").read_bytes(),
    "read by dots": lambda: Path("../outside/secret.wav").read_bytes(),
    "list": lambda: os.listdir(outside),
    "scan": lambda: list(os.scandir("/")),
    "write": lambda: (outside / "new.txt").write_text("x"),
    "write by a descriptor": lambda: os.open(outside / "new.txt", os.O_WRONLY | os.O_CREAT),
    "remove": lambda: (outside / "secret.wav").unlink(),
    "move out": lambda: Path("own.txt").rename(outside / "own.txt"),
    "move in": lambda: (outside / "secret.wav").rename("secret.wav"),
    "link": lambda: Path("other.wav").symlink_to(outside / "secret.wav"),
    "folder": lambda: (outside / "new").mkdir(),
    "program": lambda: subprocess.run(["true"]),
    "program beside": lambda: asyncio.run(start()),
    "shell": lambda: os.system("true"),
    "fork": os.fork,
    "listen": lambda: socket.create_server(("127.0.0.1", 0)),
    "another server": lambda: socket.create_connection(("127.0.0.1", port + 1 if port < 65535 else port - 1)),
    "another host": lambda: socket.getaddrinfo("elsewhere.example", 80),
    "own file": lambda: Path("own.txt").write_text("x"),
    "own name": lambda: Path("own.txt").rename("named.txt"),
    "own list": lambda: os.listdir(),
    "home": lambda: Path.home().joinpath("log").write_text("x"),
    "library": lambda: __import__("zipfile"),
    "nothing": lambda: open(os.devnull, "w").close(),
    "server": lambda: socket.create_connection(("127.0.0.1", port)).close(),
}
done = {}
for name, attempt in attempts.items():
    try:
        attempt()
        done[name] = "done"
    except PermissionError:
        done[name] = "refused"
print(json.dumps(done))
"""
ALLOWED = {"own file", "own name", "own list", "home", "library", "nothing", "server"}


def test_the_program_of_a_page_is_held_to_its_folder_and_its_server(tmp_path: Path) -> None:
    for name in ("folder", "outside", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "outside" / "secret.wav").write_bytes(b"RIFF")
    (tmp_path / "folder" / "link.wav").symlink_to(tmp_path / "outside" / "secret.wav")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-P", "-c", ATTEMPTS, tmp_path / "outside", str(port)],
            cwd=tmp_path / "folder",
            env={
                "HOME": str(tmp_path / "home"),
                "ORSTT_REMOTE": f"http://127.0.0.1:{port}",
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            capture_output=True,
            check=True,
        )
    results = json.loads(done.stdout)
    assert {name for name, result in results.items() if result == "done"} == ALLOWED
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret.wav"]
