"""`orstt web` in a real browser: a recording becomes text in a page, which asks for nothing from elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from browser import browsing, find_chromium
from cli.running import Shell

pytestmark = [
    pytest.mark.slow,
    pytest.mark.models,
    pytest.mark.skipif(find_chromium() is None, reason="Chromium is not installed"),
]


def test_a_recording_becomes_text_in_the_browser(
    shell: Shell, real_orstt: object, austen: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(austen, folder / "austen.wav")
    key = shell("keys", "create", "ward", "--scope", "transcribe").out.strip()
    with shell.serving("--folder", folder, how="web") as address, browsing(tmp_path / "profile") as browser:
        server = address.removesuffix("/web")
        browser.open(address)
        asked = "document.activeElement?.id == 'key' && (document.querySelector('[role=alert]').textContent || 'key')"
        browser.wait(lambda: browser.evaluate(asked) == "key", "the key is not asked for")
        browser.type("wrong")
        browser.press("Enter")
        browser.wait(lambda: "not the right one" in (browser.evaluate(asked) or ""), "a wrong key is not refused")
        assert len(browser.complaints) == 1  # the console says 401
        browser.complaints.clear()
        browser.type(key)
        browser.press("Enter")

        screen = browser.until("active: base")
        assert server.removeprefix("http://") in screen
        browser.until("This needs a key with the scope manage")  # the program may do what the key may
        models = browser.picture()
        browser.type("2")
        browser.until("[2 Transcribe]")
        assert browser.picture() != models
        browser.type("au")
        browser.until("austen.wav")
        browser.press("Tab")
        browser.press("F5")
        assert "Dashwood" in browser.until("Done:")
        if kept := os.environ.get("PICTURE_OF_PAGE"):
            # What would otherwise show of whoever makes it.
            browser.evaluate(
                "document.querySelector('footer').textContent = 'Files are those of ward-7, in /srv/talks'"
            )
            Path(kept).write_bytes(browser.picture())
        browser.type("s")
        browser.until("Save the transcript")
        browser.press("F5")
        browser.until("Saved")
        assert "Dashwood" in (folder / "austen.txt").read_text()

        browser.type("q")
        ended = "getComputedStyle(document.querySelector('.ended')).display"
        browser.wait(lambda: browser.evaluate(ended) == "flex", "the page does not say that the program ended")
        assert [url for url in browser.requested if server.partition("//")[2] not in url] == [
            "data:,"
        ] * browser.requested.count("data:,")
        assert browser.complaints == []

        # A page from elsewhere has the browser open the same socket, cookie or not.
        browser.open("about:blank")
        browser.wait(lambda: browser.evaluate("location.href") == "about:blank", "nothing else is shown")
        socket = f"new WebSocket('{server.replace('http', 'ws')}/web/socket')"
        told = (
            f"new Promise(tell => {{ let s = {socket}; s.onopen = () => tell('open'); s.onerror = () => tell('no') }})"
        )
        assert browser.evaluate(told) == "no"


def test_the_page_of_a_key_may_do_what_the_key_may(shell: Shell, real_orstt: object, tmp_path: Path) -> None:
    key = shell("keys", "create", "office", "--scope", "manage").out.strip()
    with shell.serving("--folder", tmp_path, how="web") as address, browsing(tmp_path / "profile") as browser:
        browser.open(address)
        browser.wait(lambda: browser.evaluate("document.activeElement?.id") == "key", "the key is not asked for")
        browser.type(key)
        browser.press("Enter")
        assert "needs a key" not in browser.until("It is ready to use.")
        browser.press("F12")
        browser.until("This needs a key with the scope admin")
        browser.press("Escape")
        browser.type("q")
