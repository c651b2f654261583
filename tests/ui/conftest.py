"""A server over a fake Rag in this process, and pages of a headless Chromium that may only talk to it."""

import os
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from offline_guard import is_local
from ui_fakes import CORPUS, FakeRag, serving

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium, or a skip that says how to get it."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not executable:
        pytest.skip(
            "no chromium on the PATH: install it (Debian: apt-get install chromium) or set CHROMIUM to its path"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address():
    """The chat over the default corpus; each sentence of an answer takes a moment, so that streaming shows."""
    with serving(lambda: FakeRag([CORPUS], pause=0.1)) as url:
        yield url


@pytest.fixture
def open_page(chromium):
    """`open_page(address, width=…, locale=…, dark=…)`: a page of a new visitor.

    Afterwards: nothing was asked of any other machine, and nothing went wrong in the page.
    """
    contexts, outside, troubles = [], [], []

    def visit(address, width=1280, height=800, locale="zh-CN", dark=False, ready=".examples:visible"):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale=locale, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda request: is_outside(request.url) and outside.append(request.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console", lambda message: message.type == "error" and troubles.append(f"{message.text} {message.location}")
        )
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        if ready:
            page.wait_for_selector(ready)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert outside == []
    assert troubles == []


def is_outside(url):
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob", "about") and not is_local(parts.hostname)


@pytest.fixture
def ask():
    """`ask(page, question)` sends it with Enter and waits for the whole answer's element."""

    def send(page, question):
        before = page.locator(".turn").count()
        box = page.locator("#question textarea")
        box.fill(question)
        box.press("Enter")
        turn = page.locator(".turn").nth(before)
        turn.and_(page.locator("[data-state=done], [data-state=failed]")).wait_for()
        return turn

    return send


@pytest.fixture
def eventually():
    """`eventually(condition)`: waits for it, fails after some seconds."""

    def wait(condition, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come true"
            time.sleep(0.02)

    return wait
