"""The real thing once: the default corpus, the packaged model, `ui.py` in a process of its own."""

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from ui_fakes import CORPUS, a_pdf, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def index(tmp_path, embedder):
    from rag import Rag

    Rag.build(CORPUS.parent, tmp_path / "index", embedder=embedder)
    return tmp_path / "index"


@contextmanager
def running(index, log):
    """`ui.py` in a process of its own, and its address, as soon as the page is there; the model may still load."""
    port = free_port()
    command = [sys.executable, "ui.py", "--index", str(index), "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with log.open("w") as printed, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=printed) as process:
        address = f"http://127.0.0.1:{port}/"
        try:
            for _ in range(600):
                assert process.poll() is None, "ui.py ended"
                if address in log.read_text():
                    break
                time.sleep(0.1)
            yield address
        finally:
            process.send_signal(2)
            try:
                assert process.wait(20) == 0, "Ctrl+C ends it quietly"
            finally:
                process.kill()


@pytest.mark.model
def test_ctrl_c_ends_it_while_the_model_loads(index, tmp_path):
    with running(index, tmp_path / "log") as address:
        assert urllib.request.urlopen(address, timeout=10).status == 200
    assert "warm" not in (tmp_path / "log").read_text()


@pytest.mark.browser
@pytest.mark.model
def test_the_default_corpus_is_answered_and_cited_and_a_pdf_beside_it(open_page, ask, index, tmp_path):
    with running(index, tmp_path / "log") as address:
        _asked(open_page(address), ask)


def _asked(page, ask):
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

    # A PDF whose lines are broken as the page broke them: the quote is a whole sentence again.
    pdf = a_pdf(
        "青石镇图书馆的开放时间是周一至周五上午九点到\n晚上八点，周末只开半天。每位读者最多可以借阅\n十二本书，借期四周。",
        "儿童阅览室在二楼，没有大人陪同的孩子不得入内。",
    )
    page.locator("#documents .files").set_input_files(
        {"name": "图书馆.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    page.locator(".job[data-state=done]").wait_for()
    turn = ask(page, "在图书馆一个人最多能借几本书？")
    turn.locator(".citation").first.click()
    page.locator("#reader mark", has_text="十二本书").wait_for()
    assert page.locator("#reader mark").inner_text() == "每位读者最多可以借阅十二本书，借期四周。"
    page.keyboard.press("Escape")
    page.locator("#documents .row", has_text="图书馆").hover()
    page.locator("#documents .row", has_text="图书馆").locator(".remove").click()
    page.locator("dialog.confirm .yes").click()
    page.locator("#documents .row", has_text="图书馆").wait_for(state="detached")
    assert ask(page, "在图书馆一个人最多能借几本书？").locator(".abstained").is_visible()
