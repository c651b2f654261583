"""The real thing once: the default corpus, the packaged model, `ui.py` in a process of its own."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from ui_fakes import CORPUS, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def chat(tmp_path, embedder):
    from rag import Rag

    Rag.build(CORPUS.parent, tmp_path / "index", embedder=embedder)
    port = free_port()
    command = [sys.executable, "ui.py", "--index", str(tmp_path / "index"), "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log) as process,
    ):
        address = f"http://127.0.0.1:{port}/"
        try:
            for _ in range(600):
                assert process.poll() is None, "ui.py ended"
                if address in (tmp_path / "log").read_text():
                    break
                time.sleep(0.1)
            assert urllib.request.urlopen(address, timeout=10).status == 200
            yield address
        finally:
            process.send_signal(2)
            assert process.wait(20) == 0, "Ctrl+C ends it quietly"


@pytest.mark.browser
@pytest.mark.model
def test_the_default_corpus_is_answered_and_cited(open_page, ask, chat):
    page = open_page(chat)
    assert page.locator(".example:visible").count() == 6
    turn = ask(page, "怀柔的设施平台总共有多少个？")
    quote = turn.locator(".citation").first.get_attribute("data-quote")
    assert "29" in quote and quote in CORPUS.read_text("utf-8")
    turn.locator(".citation").first.click()
    page.locator("#reader mark").wait_for()
    assert page.locator("#reader mark").inner_text() == quote
    page.locator("#evidence summary").click()
    assert {"与段落相似", "与句子相似", "字词匹配"} <= set(
        page.locator("#evidence .hit").first.locator("dt").all_inner_texts()
    )
    assert ask(page, "谁获得了2022年世界杯冠军？").locator(".abstained").is_visible()
