"""Takes the pictures of the chat in docs/images/: `python docs/screenshots.py`.

Indexes ingest/corpus/ with the default model into a temporary folder and drives headless Chromium (CHROMIUM names it
where it is not on the PATH). A font with Chinese characters must be installed (Debian: fonts-noto-cjk).
"""

import io
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs/images"
DESKTOP, PHONE = (1280, 800), (360, 740)
QUESTION, ENGLISH, UNKNOWN = (
    "怀柔的设施平台有多少个，对外服务了多少家单位？",
    "独角兽企业能享受什么服务？",
    "谁获得了2022年世界杯冠军？",
)
BROWSER = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> int:
    from playwright.sync_api import sync_playwright

    from rag import Rag
    from rag.serving.browser.serve import start

    with tempfile.TemporaryDirectory() as folder:
        rag = Rag.build(ROOT / "ingest/corpus", folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server, warm = start(lambda: rag, "127.0.0.1", port)
        warm.examples()
        with sync_playwright() as playwright:
            executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=executable, args=BROWSER)

            def take(name: str, size: tuple[int, int], locale: str, scheme: str, act: Callable) -> None:
                context = browser.new_context(
                    viewport={"width": size[0], "height": size[1]},
                    locale=locale,
                    color_scheme=scheme,
                    device_scale_factor=1 if size == DESKTOP else 2,
                    reduced_motion="reduce",
                )
                page = context.new_page()
                page.goto(server.local_url)
                page.wait_for_selector(".examples:visible")
                act(page)
                page.mouse.move(2, size[1] - 2)
                page.wait_for_timeout(400)
                save(page.screenshot(), IMAGES / f"{name}.png")
                context.close()

            take("welcome-light", DESKTOP, "zh-CN", "light", stay)
            take("chat-light", DESKTOP, "zh-CN", "light", lambda page: cite(page, QUESTION))
            take("chat-dark", DESKTOP, "en-US", "dark", lambda page: search(page, ENGLISH))
            take("absent-light", DESKTOP, "zh-CN", "light", lambda page: search(page, UNKNOWN))
            take("phone-welcome-dark", PHONE, "en-US", "dark", stay)
            take("phone-light", PHONE, "zh-CN", "light", lambda page: cite(page, QUESTION))
            browser.close()
        server.close(verbose=False)
    return 0


def stay(page) -> None:
    """The page as it opens."""


def ask(page, question: str) -> None:
    page.locator("#question textarea").fill(question)
    page.locator("#send").click()
    page.wait_for_selector(".turn[data-state=done]")


def cite(page, question: str) -> None:
    """The answer, and its first citation open in the reader."""
    ask(page, question)
    page.locator(".citation").first.click()
    page.wait_for_selector("#reader mark")


def search(page, question: str) -> None:
    """The answer, what was searched, and the best hit open in the reader."""
    ask(page, question)
    page.locator("#evidence summary").click()
    page.locator("#evidence .open").first.click()
    page.wait_for_selector("#reader mark")


def save(png: bytes, path: Path) -> None:
    """As small as a picture of flat colours can be."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(png)).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    sys.exit(main())
