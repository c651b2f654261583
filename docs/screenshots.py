"""Takes the pictures of the chat in docs/images/: `python docs/screenshots.py`.

Indexes ingest/corpus/ with the default model into a temporary folder and drives headless Chromium (CHROMIUM names it
where it is not on the PATH). A font with Chinese characters must be installed (Debian: fonts-noto-cjk).
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs/images"
DESKTOP, PHONE = (1280, 800), (360, 740)
QUESTION, HELP = "怀柔的设施平台有多少个，对外服务了多少家单位？", "小公司能得到哪些帮助？"
ENGLISH = "How many listed companies does the Beijing Stock Exchange have?"
UNKNOWN, UNKNOWN_ENGLISH = "谁获得了2022年世界杯冠军？", "Who painted the Mona Lisa?"
HOURS = """# Opening hours

The reading room is open from nine to six on weekdays, and from ten to four on Saturdays. It is closed on Sundays and on
public holidays.

# Borrowing

Books may be kept for four weeks and renewed twice, unless somebody else has asked for them.
"""
BROWSER = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> int:
    from playwright.sync_api import sync_playwright

    from rag import Rag
    from rag.serving.browser.offer import Offer
    from rag.serving.browser.places import Places
    from rag.serving.browser.serve import start

    with tempfile.TemporaryDirectory() as folder:
        rag = Rag.build(ROOT / "ingest/corpus", Path(folder) / "index")
        places = Places(Path(folder) / "index.feedback.jsonl", Path(folder) / "reports", Path(folder) / "talks")
        report = Path(folder) / "reports" / "own.html"
        subprocess.run(
            [sys.executable, "eval/run.py", "--html", str(report)], cwd=ROOT, check=True, capture_output=True
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server, warm = start(lambda: rag, "127.0.0.1", port, Offer(places=places))
        warm.examples()
        with sync_playwright() as playwright:
            executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=executable, args=BROWSER)

            def take(name: str, size: tuple[int, int], locale: str, act: Callable, *given: str) -> None:
                context = browser.new_context(
                    viewport={"width": size[0], "height": size[1]},
                    locale=locale,
                    color_scheme=name.rpartition("-")[2],
                    device_scale_factor=1 if size == DESKTOP else 2,
                    reduced_motion="reduce",
                )
                page = context.new_page()
                page.goto(server.local_url)
                page.wait_for_selector(".examples:visible")
                act(page, *given)
                page.mouse.move(2, size[1] - 2)
                page.wait_for_timeout(400)
                save(page.screenshot(), IMAGES / f"{name}.png")
                context.close()

            take("welcome-light", DESKTOP, "zh-CN", stay)
            take("welcome-dark", DESKTOP, "en-US", stay)
            take("chat-light", DESKTOP, "zh-CN", cite, QUESTION)
            take("chat-dark", DESKTOP, "en-US", search, ENGLISH)
            take("absent-light", DESKTOP, "zh-CN", search, UNKNOWN)
            take("absent-dark", DESKTOP, "en-US", search, UNKNOWN_ENGLISH)
            take("lab-light", DESKTOP, "zh-CN", compare, HELP)
            take("lab-dark", DESKTOP, "en-US", compare, HELP)
            take("evaluation-light", DESKTOP, "en-US", evaluate)
            take("evaluation-dark", DESKTOP, "zh-CN", evaluate)
            take("phone-welcome-dark", PHONE, "en-US", stay)
            take("phone-light", PHONE, "zh-CN", cite, QUESTION)
            take("phone-absent-dark", PHONE, "zh-CN", ask, UNKNOWN)
            take("phone-lab-light", PHONE, "en-US", compare, ENGLISH)
            # These leave something behind.
            take("feedback-light", DESKTOP, "zh-CN", correct, QUESTION)
            take("documents-light", DESKTOP, "en-US", add)
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


def correct(page, question: str) -> None:
    """A wrong answer, and what the right one is."""
    ask(page, question)
    page.locator(".verdicts .bad").click()
    page.locator(".feedback input").fill("29个")
    page.locator(".feedback .save").click()
    page.wait_for_selector(".feedback [data-say='feedback.note.found']")


def add(page) -> None:
    """A file that was added, and one that could not be read."""
    page.locator("#documents .files").set_input_files(
        [
            {"name": "opening-hours.md", "mimeType": "text/markdown", "buffer": HOURS.encode()},
            {"name": "budget.xlsx", "mimeType": "application/octet-stream", "buffer": b"PK"},
        ]
    )
    page.locator("#documents .open", has_text="Opening hours").wait_for()
    ask(page, "When is the reading room open on Saturdays?")
    page.locator("#masthead .shelf").evaluate("button => button.blur()")


def compare(page, question: str) -> None:
    """What each leg finds."""
    page.locator("#tab-lab").click()
    page.locator("#lab-question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(".comparison")
    page.locator("#lab-question").blur()


def evaluate(page) -> None:
    """The last report of the evaluation."""
    page.locator("#tab-evaluation").click()
    page.frame_locator(".report iframe").locator("h1").wait_for()


def save(png: bytes, path: Path) -> None:
    """As small as a picture of flat colours can be."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(png)).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    sys.exit(main())
