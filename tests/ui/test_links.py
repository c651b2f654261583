"""Conversations in Chromium that are downloaded, linked to and reopened."""

import json

import pytest
from ui_fakes import CORPUS, FakeRag, free_port, serving

from rag.serving.browser.places import Places

pytestmark = pytest.mark.browser

ASKED, OTHER = "设施平台一共有多少个？", "试点覆盖的创新主体有多少家？"
EVIL = "<img src=x onerror='hacked = 1'><script>hacked = 1</script>"


@pytest.fixture
def chat(tmp_path):
    """A server that can be started again at the same address, over the same folder."""
    port = free_port()
    return lambda **options: serving(
        lambda: FakeRag([CORPUS]), port=port, places=Places(conversations=tmp_path / "kept"), **options
    )


def test_a_link_reopens_a_conversation_after_a_restart(open_page, ask, chat):
    with chat() as url:
        page = open_page(url)
        assert page.locator("#masthead .link").is_hidden()
        ask(page, ASKED)
        page.locator("#masthead .link").wait_for()
        link = page.url
        page.locator("#documents .pick").check()
        assert "只查了" in ask(page, OTHER).inner_text()
        assert page.url == link and len(link.partition("#")[2]) == 22
        said = page.locator(".turn").all_inner_texts()
    with chat() as url:
        page = open_page(link, ready=".turn[data-state=done]")
        assert page.locator(".turn").all_inner_texts() == said
        chips = page.locator(".turn").first.locator(".citation")
        assert chips.all_inner_texts() == ["1", "2"]
        chips.first.click()
        page.locator("#reader mark").wait_for()
        assert page.locator("#reader mark").inner_text() == chips.first.get_attribute("data-quote")
        assert "[2]" in ask(page, ASKED).inner_text(), "what was asked before is known"
        page.reload()
        page.wait_for_selector("#turn-3")
        assert page.locator("#evidence").count() == 1
        assert page.locator(".turn").last.locator("#evidence").count() == 1
        page.locator("#masthead .new").click()
        page.locator(".turn").first.wait_for(state="detached")
        assert page.url == url and page.locator("#masthead .link").is_hidden()
        assert open_page(url).locator(".turn").count() == 0


def test_a_link_that_leads_nowhere_says_so(open_page, ask, chat):
    with chat() as url:
        for wrong in ("x" * 22, "..%2F..%2Fetc%2Fpasswd", "%3Cimg%20src=x%20onerror=hacked=1%3E"):
            page = open_page(f"{url}#{wrong}", ready=".turn .failed")
            assert "这个链接打不开对话" in page.locator(".turn").inner_text()
            assert page.evaluate("typeof hacked") == "undefined" and page.url == url
            assert ask(page, ASKED).get_attribute("id") == "turn-1"


def test_a_source_that_changed_says_so(open_page, ask, tmp_path):
    rag = FakeRag([CORPUS])
    with serving(lambda: rag, places=Places(conversations=tmp_path)) as url:
        page = open_page(url)
        ask(page, ASKED)
        page.locator("#masthead .link").wait_for()
        link = page.url
        rag.remove(next(iter(rag.documents)))
        page = open_page(link, ready=".turn[data-state=done]")
        assert page.locator(".citation.gone").all_inner_texts() == ["1", "2"]
        assert page.locator(".changed").inner_text() == "有来源后来改动过或已移除，答案保持当时的样子。"


def test_hostile_content_that_is_stored_stays_text(open_page, ask, chat, tmp_path):
    with chat() as url:
        page = open_page(url)
        ask(page, ASKED)
        page.locator("#masthead .link").wait_for()
        link = page.url
    (file,) = tmp_path.rglob("*.json")
    kept = json.loads(file.read_text())
    (turn,) = kept["turns"]
    turn["question"] = turn["answer"]["notice"] = turn["answer"]["resolved"] = turn["answer"]["language"] = EVIL
    for citation in turn["answer"]["citations"]:
        start = citation["start"] - citation["passage"]["start"]
        text = citation["passage"]["text"]
        citation["passage"]["text"] = text[:start] + EVIL + text[start:]
        citation["quote"], citation["end"] = EVIL, citation["start"] + len(EVIL)
        citation["passage"]["heading"] = citation["passage"]["document"] = citation["passage"]["id"] = EVIL
    for sentence in turn["answer"]["sentences"]:
        sentence["text"] = EVIL
    turn["sources"][EVIL] = {"title": EVIL, "source": EVIL}
    turn["answer"]["timings"][EVIL] = 1.0
    file.write_text(json.dumps(kept))
    with chat():
        page = open_page(link, ready=".turn[data-state=done]")
        assert page.locator(".asked .words").inner_text() == EVIL
        assert page.locator(".sentence").first.inner_text().startswith(EVIL)
        page.locator(".citation").first.hover()
        page.locator(".citation").first.click()
        page.locator("#reader .nothing").wait_for()
        assert page.locator("#reader mark").inner_text() == EVIL
        page.locator("#evidence summary").click()
        assert page.evaluate("typeof hacked") == "undefined"
        assert page.evaluate("document.querySelectorAll('#talk img, #talk script, #reader img').length") == 0


def test_only_the_owner_reopens_where_people_log_in(open_page, ask, chat):
    def log_in(page, name):
        page.locator("input").first.fill(name)
        page.locator("input[type=password]").fill("secret")
        page.locator("button", has_text="Login").or_(page.locator("button", has_text="登录")).click()

    with chat(users="ann:secret,bob:secret") as url:
        ann = open_page(url, ready="input[type=password]")
        log_in(ann, "ann")
        ann.wait_for_selector(".examples:visible")
        ask(ann, ASKED)
        ann.locator("#masthead .link").wait_for()
        link = ann.url
        bob = open_page(link, ready="input[type=password]")
        log_in(bob, "bob")
        bob.wait_for_selector(".turn .failed")
        assert ASKED not in bob.locator("#talk").inner_text()
        ann.reload()
        ann.wait_for_selector(".turn[data-state=done]")


def test_the_conversation_is_downloaded_as_markdown(open_page, ask, address):
    page = open_page(address)
    page.locator("#masthead .export").click()
    page.locator(".toast.shown").wait_for()
    assert page.locator(".toast").inner_text() == "还没有提问。"
    quote = ask(page, ASKED).locator(".citation").first.get_attribute("data-quote")
    for question in (None, OTHER):
        if question:
            ask(page, question)
        with page.expect_download() as download:
            page.locator("#masthead .export").click()
        assert download.value.suggested_filename.startswith("conversation-2")
        assert download.value.suggested_filename.endswith(".md")
        text = download.value.path().read_text("utf-8")
        assert f"## {ASKED}" in text and f"> {quote}" in text and "beijing-innovation-centre.md" in text
        assert (f"## {OTHER}" in text) == bool(question)


def test_the_link_is_copied_or_shown(open_page, ask, chat):
    with chat() as url:
        page = open_page(url)
        ask(page, ASKED)
        page.locator("#masthead .link").click()
        page.locator(".toast.shown").wait_for()
        assert "链接" in page.locator(".toast").inner_text()
