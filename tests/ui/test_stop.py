"""Leaving an answer while it is being written stops whoever writes it."""

import threading
import time

import pytest
from ui_fakes import CORPUS, FakeRag, serving

pytestmark = pytest.mark.browser


class SlowRag(FakeRag):
    """Answers for ever; `stopped` is set when the answer is closed."""

    def __init__(self, paths):
        super().__init__(paths)
        self.stopped = threading.Event()

    def stream(self, question, *, history=()):
        (*_, answer) = super().stream(question, history=history)
        try:
            while True:
                yield answer
                time.sleep(0.05)
        finally:
            self.stopped.set()


@pytest.mark.parametrize("leave", ["restart", "close"])
def test_leaving_stops_the_answer(open_page, leave):
    rag = SlowRag([CORPUS])
    with serving(lambda: rag) as address:
        page = open_page(address)
        page.locator("#question textarea").fill("设施平台一共有多少个？")
        page.locator("#question textarea").press("Enter")
        page.locator(".turn[data-state=streaming]").wait_for()
        assert not rag.stopped.is_set()
        if leave == "restart":
            page.locator("#masthead .new").click()
            assert rag.stopped.wait(10)
        page.close()
        assert rag.stopped.wait(10)
