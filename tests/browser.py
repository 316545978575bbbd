"""A real browser without a window: Chromium, driven by its DevTools protocol over two pipes."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyte

SIZE = (1000, 640)
"""Of the window, in pixels."""
STEP_SECONDS = 120.0
KEYS = {
    "Enter": (13, "\r"),
    "Tab": (9, ""),
    "Escape": (27, ""),
    "F4": (115, ""),
    "F5": (116, ""),
    "F12": (123, ""),
}
"""What is no letter: its code of Windows, by which browsers tell keys, and its text."""


class Browser:
    """One tab, what it asked the network for, and the screen that the page's socket was sent.

    Args:
        process: Chromium.
        reads: our end of the pipe that it writes.
        writes: our end of the pipe that it reads.

    Attributes:
        requested: every address that was asked for.
        complaints: what the browser's console shows as an error, such as what the page's policy forbids.
    """

    def __init__(self, process: subprocess.Popen[bytes], reads: int, writes: int) -> None:
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._process, self._reads, self._writes = process, reads, writes
        self._buffer, self._number, self._session = b"", 0, ""
        self._answers: dict[int, dict[str, Any]] = {}
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        target = next(target for target in self._call("Target.getTargets")["targetInfos"] if target["type"] == "page")
        attached = self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, address: str) -> None:
        """Go to an address."""
        self._call("Page.navigate", url=address)

    def evaluate(self, script: str) -> Any:
        """Return what a script gives in the page, once it is there when it promises it."""
        answer = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def type(self, text: str) -> None:
        """Type letters."""
        for letter in text:
            self._call("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            self._call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def press(self, *names: str) -> None:
        """Press keys that are no letters."""
        for name in names:
            code, text = KEYS[name]
            told = {"key": name, "code": name, "windowsVirtualKeyCode": code}
            down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
            self._call("Input.dispatchKeyEvent", **told, **down)
            self._call("Input.dispatchKeyEvent", **told, type="keyUp")

    def text(self) -> str:
        """Return what the terminal in the page shows."""
        return "\n".join(self._screen.display)

    def until(self, shown: str, seconds: float = STEP_SECONDS) -> str:
        """Wait until the terminal in the page shows a text; return the whole screen."""
        self.wait(lambda: shown in self.text(), f"the page did not show {shown!r}", seconds)
        return self.text()

    def wait(self, true: Callable[[], object], failure: str, seconds: float = STEP_SECONDS) -> None:
        """Wait until something is true."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"{failure}:\n{self.text()}"
            self._receive(0.05)

    def picture(self) -> bytes:
        """Return a PNG of the page."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + STEP_SECONDS
        while self._number not in self._answers:
            assert time.monotonic() < end, f"{method} was not answered"
            self._receive(1)
        answer = self._answers.pop(self._number)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self, seconds: float) -> None:
        if not select.select([self._reads], [], [], seconds)[0]:
            return
        data = os.read(self._reads, 1 << 20)
        assert data, f"the browser ended with {self._process.wait()}"
        *messages, self._buffer = (self._buffer + data).split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._note(message["method"], message["params"])

    def _note(self, event: str, told: dict[str, Any]) -> None:
        match event:
            case "Network.requestWillBeSent":
                self.requested.append(told["request"]["url"])
            case "Network.webSocketCreated":
                self.requested.append(told["url"])
                self._screen.reset()
            case "Network.webSocketFrameReceived" if told["response"]["opcode"] == 2:
                self._stream.feed(base64.b64decode(told["response"]["payloadData"]))
            case "Network.webSocketFrameSent":
                match json.loads(told["response"]["payloadData"]):
                    case ["resize", {"width": columns, "height": rows}]:
                        self._screen.resize(rows, columns)
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.complaints.append(told["entry"]["text"])


def find_chromium() -> str | None:
    """Return Chromium, under whatever name it is installed here."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Run Chromium with a folder for what it keeps."""
    chromium = find_chromium()
    assert chromium is not None
    width, height = SIZE
    reads, theirs_out = os.pipe()
    theirs_in, writes = os.pipe()
    command = [
        *("bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", chromium),
        *("--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-dev-shm-usage", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server"),
        *(f"--user-data-dir={profile}", f"--window-size={width},{height}", "--hide-scrollbars", "about:blank"),
    ]
    process = subprocess.Popen(command, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(process, reads, writes)
    finally:
        os.close(writes)  # which ends it
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(reads)
