"""Who does not see the page or has no mouse: axe-core's rules on every state, the keyboard alone, what is read out."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from ui_fakes import CORPUS, FakeRag, serving

from rag import Rag
from rag.serving.browser.places import Places

pytestmark = pytest.mark.browser

ASKED, UNKNOWN = "设施平台一共有多少个？", "Who won the cup?"
LOOKS = [(1280, 800, "zh-CN", False), (1280, 800, "en-US", True), (360, 740, "en-US", False), (360, 740, "zh-CN", True)]
"""Width, height, language, dark."""


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat")
    places = Places(folder / "f.jsonl", folder / "reports", folder / "talks")
    with serving(lambda: FakeRag([CORPUS]), places=places) as url:
        yield url


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    from fakes import HashingEmbedder

    folder = tmp_path_factory.mktemp("searched")
    (folder / "own.html").write_text("<!doctype html><html lang=en><title>report</title><p>hit@1 88.2</p></html>")
    rag = Rag.from_texts(CORPUS, embedder=HashingEmbedder())
    with serving(lambda: rag, places=Places(reports=Path(folder))) as url:
        yield url


def check(page, state):
    """No serious or critical violation, contrast among them. Not while something fades in."""
    page.wait_for_function("document.getAnimations().every((each) => each.playState !== 'running')")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    told = [
        f"{state}: {each['id']} ({each['impact']}): {node['target']} {node['html'][:160]} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert not told, "\n".join(told)


@pytest.mark.parametrize(("width", "height", "locale", "dark"), LOOKS)
def test_axe_finds_nothing_serious_in_the_chat(open_page, ask, chat, width, height, locale, dark):
    page = open_page(chat, width=width, height=height, locale=locale, dark=dark)
    check(page, "welcome")
    turn = ask(page, ASKED)
    check(page, "answer")
    turn.locator(".citation").first.click()
    page.locator("#reader mark").wait_for()
    check(page, "reader")
    page.locator("#reader .close").click()
    page.locator("#evidence summary").click()
    check(page, "evidence")
    turn.locator(".verdicts .bad").click()
    turn.locator(".reply p").first.wait_for()
    turn.locator("input[name=answer]").fill("没有的")
    turn.locator(".save").click()
    turn.locator(".offer").first.wait_for()
    check(page, "feedback")
    turn.locator(".verdicts .good").click()
    turn.locator(".good[aria-pressed=true]").wait_for()
    check(page, "judged")
    ask(page, UNKNOWN)
    page.locator("#evidence summary").last.click()
    check(page, "abstention")
    ask(page, "raise")
    check(page, "failure")
    if width < 500:
        page.locator("#masthead .shelf").click()
        page.locator("#documents .open").first.wait_for()
        check(page, "documents")


@pytest.mark.parametrize(("width", "height", "locale", "dark"), LOOKS)
def test_axe_finds_nothing_serious_in_the_other_sides(open_page, searched, width, height, locale, dark):
    ready = ".stock [data-say='welcome.count']"
    page = open_page(searched, width=width, height=height, locale=locale, dark=dark, ready=ready)
    page.locator("#tab-lab").click()
    page.locator("#lab-question").fill("设施平台 Zzyzx")
    page.keyboard.press("Enter")
    page.locator(".comparison").wait_for()
    check(page, "lab")
    page.locator(".found .open").first.click()
    page.locator("#reader mark").wait_for()
    check(page, "lab with the reader")
    page.keyboard.press("Escape")
    page.locator("#tab-evaluation").click()
    page.locator(".report iframe").wait_for()
    check(page, "evaluation")


def test_axe_sees_what_is_wrong(open_page, chat):
    page = open_page(chat)
    page.evaluate("document.querySelector('.lead').style.color = '#cccccc'")
    with pytest.raises(AssertionError, match="color-contrast"):
        check(page, "made bad")


def focused(page):
    """What has the focus, and whether that shows."""
    return page.evaluate(
        """() => {
            const node = document.activeElement;
            const own = getComputedStyle(node);
            const around = getComputedStyle(node.closest("#composer") ?? node);
            const ring = own.outlineStyle !== "none" && parseFloat(own.outlineWidth) >= 2;
            return { id: node.id, name: node.className, number: node.dataset.number ?? "",
                     shows: ring || around.boxShadow.includes("0px 0px 0px 1px") };
        }"""
    )


def tab_to(page, wanted, key="Tab"):
    for _ in range(60):
        page.keyboard.press(key)
        at = focused(page)
        assert at["shows"], f"no focus to be seen on {at}"
        if wanted in at["name"].split() or wanted == at["id"]:
            return at
    return pytest.fail(f"{key} does not lead to {wanted}")


def test_the_keyboard_alone_asks_reads_and_closes(open_page, chat):
    page = open_page(chat)
    page.keyboard.type(ASKED)
    page.keyboard.press("Enter")
    page.locator(".turn[data-state=done]").wait_for()
    quotes = [chip.get_attribute("data-quote") for chip in page.locator(".citation").all()]
    for _ in range(60):
        if focused(page)["name"].startswith("citation") and focused(page)["number"] == "1":
            break
        tab_to(page, "citation", "Shift+Tab")
    assert page.locator("#peek .quote").inner_text() == quotes[0], "its quote shows"
    page.keyboard.press("Enter")
    page.locator("#reader mark", has_text=quotes[0]).wait_for()
    page.keyboard.press("ArrowRight")
    page.locator("#reader mark", has_text=quotes[1]).wait_for()
    assert focused(page)["number"] == "2" and focused(page)["shows"]
    page.keyboard.press("ArrowLeft")
    page.locator("#reader mark", has_text=quotes[0]).wait_for()
    tab_to(page, "next")
    page.keyboard.press("Enter")
    page.locator("#reader mark", has_text=quotes[1]).wait_for()
    tab_to(page, "close")
    page.keyboard.press("Enter")
    page.locator("#reader mark").wait_for(state="detached")
    assert focused(page)["number"] == "2", "the focus returns to where it came from"


def test_a_streamed_answer_is_read_out_once_and_by_sentences(open_page, ask, address):
    """What is added inside the live region while it is not busy is what a screen reader reads."""
    page = open_page(address)
    page.evaluate(
        """() => {
            window.said = [];
            const log = document.querySelector("#conversation .turns");
            new MutationObserver((changes) => {
                for (const { addedNodes, type, target } of changes) {
                    if (type === "characterData") said.push("changed: " + target.data);
                    for (const node of addedNodes) if (node.textContent.trim()) said.push(node.textContent.trim());
                }
            }).observe(log, { childList: true, subtree: true, characterData: true });
        }"""
    )
    turn = ask(page, ASKED)
    log = page.locator("#conversation .turns")
    assert (log.get_attribute("role"), log.get_attribute("aria-live")) == ("log", "polite")
    said = page.evaluate("said")
    for sentence in turn.locator(".sentence").all():
        text = sentence.inner_text().split("\n")[0][:12]
        assert sum(text in each for each in said if not each.startswith("changed")) <= 2, said
    assert not [each for each in said if each.startswith("changed")]
