"""The page in Chromium, over the default corpus and a fake Rag."""

import time

import pytest
from ui_fakes import CORPUS, FakeRag, serving

pytestmark = pytest.mark.browser

ASKED, OTHER, UNKNOWN = "设施平台一共有多少个？", "试点覆盖的创新主体有多少家？", "Who won the cup?"


def marked(page):
    """The text marked in the reader, once it is there and in view."""
    mark = page.locator("#reader mark")
    mark.wait_for()
    text = mark.inner_text()
    for _ in range(100):
        box, pane = mark.bounding_box(), page.locator("#reader .page-of-document").bounding_box()
        if pane["y"] <= box["y"] and box["y"] + box["height"] <= pane["y"] + pane["height"]:
            return text
        time.sleep(0.02)
    pytest.fail("the marked sentence is not in view")


def test_ask_stream_click_read(open_page, ask, address):
    page = open_page(address)
    page.evaluate(
        """() => {
            window.seen = [];
            new MutationObserver(() => {
                const turn = document.querySelector(".turn");
                if (turn) seen.push(turn.dataset.state + turn.querySelectorAll(".sentence").length);
            }).observe(document.querySelector("#conversation"), { childList: true, subtree: true, attributes: true });
        }"""
    )
    turn = ask(page, ASKED)
    assert page.locator("#question textarea").input_value() == ""
    seen = list(dict.fromkeys(page.evaluate("seen")))
    assert seen == ["waiting0", "streaming1", "streaming2", "done2"]
    chip = turn.locator(".citation").first
    quote = chip.get_attribute("data-quote")
    assert chip.get_attribute("data-number") == chip.inner_text() == "1"
    assert chip.get_attribute("aria-label") == f"来源 1：{quote}"
    assert "29" in quote
    chip.click()
    assert marked(page) == quote
    assert page.locator("#reader h5").count() > 10, "the whole document with its headings"
    assert page.locator("#reader .document").inner_text().count("\n") > 60


def test_hover_shows_the_quote(open_page, ask, address):
    page = open_page(address)
    chip = ask(page, ASKED).locator(".citation").first
    quote = chip.get_attribute("title")
    chip.hover()
    assert page.locator("#peek .quote").inner_text() == quote
    page.mouse.move(2, 2)
    page.locator("#peek").wait_for(state="hidden")


def test_citations_of_earlier_turns_keep_working(open_page, ask, address):
    page = open_page(address)
    first = ask(page, ASKED).locator(".citation").first
    second = ask(page, OTHER).locator(".citation").first
    quotes = [chip.get_attribute("data-quote") for chip in (first, second)]
    assert quotes[0] != quotes[1]
    second.click()
    assert marked(page) == quotes[1]
    first.click()
    page.wait_for_function("q => document.querySelector('#reader mark').textContent === q", arg=quotes[0])
    assert marked(page) == quotes[0]
    assert page.locator("#evidence").count() == 1
    assert page.locator(".turn").last.locator("#evidence").count() == 1


def test_keyboard_alone(open_page, ask, address):
    page = open_page(address)
    chips = ask(page, ASKED).locator(".citation")
    first, second = (chips.nth(n).get_attribute("data-quote") for n in (0, 1))
    page.locator("#question textarea").focus()
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.className").startswith("citation"):
            break
    chips.first.focus()
    assert page.locator("#peek .quote").inner_text() == first
    page.keyboard.press("Enter")
    assert marked(page) == first
    page.keyboard.press("ArrowRight")
    page.wait_for_function("q => document.querySelector('#reader mark').textContent === q", arg=second)
    assert page.evaluate("document.activeElement.dataset.number") == "2"
    assert page.locator("#reader .step").inner_text() == "2 / 2"
    page.keyboard.press("Escape")
    page.locator("#reader mark").wait_for(state="detached")
    page.keyboard.press("Space")
    assert marked(page) == second
    page.locator("#reader .previous").press("Enter")
    page.wait_for_function("q => document.querySelector('#reader mark').textContent === q", arg=first)


def test_an_abstention_looks_different(open_page, ask, address):
    page = open_page(address)
    turn = ask(page, UNKNOWN)
    assert turn.locator(".citation").count() == 0
    assert turn.locator(".abstained .verdict").inner_text() == "The documents do not say."
    assert turn.locator(".abstained .hint").inner_text().startswith("换个说法")
    hit = page.locator("#evidence .hit").first
    assert not hit.is_visible()
    page.locator("#evidence summary").click()
    assert "%" in hit.locator(".probability").inner_text()
    sentence = hit.locator(".text strong").inner_text()
    hit.locator(".open").click()
    assert marked(page) == sentence


def test_what_was_searched_is_one_fold_away(open_page, ask, address):
    page = open_page(address, locale="en-GB")
    ask(page, ASKED)
    page.locator("#evidence summary").click()
    assert page.locator("#evidence .hit").count() == 5
    text = page.locator("#evidence").inner_text()
    assert "passage similarity" in text and "question words known" in text and "total\n34 ms" in text
    assert (
        page.locator("#evidence .probability").first.get_attribute("aria-label").endswith("% likely to hold the answer")
    )


def test_two_visitors_do_not_mix(open_page, ask, address):
    one, two = open_page(address), open_page(address)
    ask(one, ASKED)
    assert two.locator(".turn").count() == 0
    turn = ask(two, OTHER)
    assert turn.get_attribute("id") == "turn-1"
    assert "[1]" not in turn.inner_text(), "the other's question is not this one's history"
    assert "[1]" in ask(one, OTHER).inner_text(), "one's own is"
    assert one.locator(".turn").count() == 2 and two.locator(".turn").count() == 1


def test_new_conversation(open_page, ask, address):
    page = open_page(address)
    ask(page, ASKED).locator(".citation").first.click()
    page.locator("#masthead .new").click()
    page.locator(".turn").wait_for(state="detached")
    assert page.locator(".example").first.is_visible()
    assert "[1]" not in ask(page, ASKED).inner_text()


def test_language_by_browser_and_by_switch(open_page, ask, address):
    page = open_page(address, locale="fr-FR")
    assert page.locator(".hello h2").inner_text() == "What would you like to know?"
    assert page.locator(".stock").inner_text() == "1 document, 26 passages indexed"
    ask(page, ASKED)
    page.locator("#masthead .language").click()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("#evidence summary").inner_text().startswith("检索依据")
    assert page.locator("#question textarea").get_attribute("placeholder").startswith("就资料提问")
    page.reload()
    page.wait_for_selector(".examples:visible")
    assert page.locator(".hello h2").inner_text() == "想了解什么？"


def test_dark_by_system_and_by_switch(open_page, address):
    page = open_page(address, dark=True)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(21, 23, 26)"
    page.locator("#masthead .theme").click()
    assert page.evaluate(ground) == "rgb(246, 245, 242)"
    page.reload()
    page.wait_for_selector(".examples:visible")
    assert page.evaluate(ground) == "rgb(246, 245, 242)"


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_phone(open_page, ask, address, locale):
    page = open_page(address, width=360, height=740, locale=locale)
    for button in page.locator("#masthead button:visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["height"] >= 36
    width = "Math.max(document.documentElement.scrollWidth, document.querySelector('#talk').scrollWidth)"
    assert page.evaluate(width) <= 360
    turn = ask(page, ASKED)
    page.locator("#evidence summary").click()
    assert page.evaluate(width) <= 360
    chip = turn.locator(".citation").last
    assert page.locator("#shelf").is_hidden()
    chip.click()
    assert marked(page) == chip.get_attribute("data-quote")
    assert page.evaluate("document.querySelector('#reader .page-of-document').scrollWidth") <= 360
    box = chip.bounding_box()
    assert box["y"] + box["height"] < page.locator("#shelf").bounding_box()["y"], "the answer stays in view above it"
    page.keyboard.press("Escape")
    page.locator("#shelf").wait_for(state="hidden")
    page.locator("#masthead .shelf").click()
    page.locator("#documents .open").first.click()
    page.locator("#reader .document").wait_for()
    ask(page, "x" * 600)
    assert page.evaluate(width) <= 360


def test_enter_sends_but_not_while_a_word_is_composed(open_page, address):
    page = open_page(address)
    box = page.locator("#question textarea")
    box.fill("设施")
    box.press("Shift+Enter")
    box.press_sequentially("平台")
    assert box.input_value() == "设施\n平台"
    box.dispatch_event("keydown", {"key": "Enter", "code": "Enter", "isComposing": True, "bubbles": True})
    box.dispatch_event("keypress", {"key": "Enter", "code": "Enter", "isComposing": True, "bubbles": True})
    time.sleep(0.4)
    assert page.locator(".turn").count() == 0
    box.press("Enter")
    page.locator(".turn[data-state=done]").wait_for()


def test_an_empty_question_asks_nothing(open_page, ask, address):
    page = open_page(address)
    page.locator("#send").click()
    page.locator("#question textarea").press("Enter")
    time.sleep(0.4)
    assert page.locator(".turn").count() == 0
    ask(page, ASKED)


def test_an_example_is_asked_with_a_click(open_page, address):
    page = open_page(address)
    examples = page.locator(".example:visible")
    assert examples.count() == 6
    question = examples.nth(3).inner_text()
    examples.nth(3).click()
    page.locator(".turn[data-state=done]").wait_for()
    assert page.locator(".asked .words").inner_text() == question
    assert not page.locator("#welcome").is_visible()


def test_a_question_right_to_left_reads_so(open_page, ask, address):
    page = open_page(address)
    asked = ask(page, "كم عدد المرافق؟").locator(".asked .words")
    assert asked.evaluate("node => getComputedStyle(node).direction") == "rtl"


def test_a_fault_is_told_and_the_next_question_answered(open_page, ask, address):
    page = open_page(address)
    failed = ask(page, "raise")
    assert failed.locator("[role=alert]").inner_text().startswith("没能回答")
    assert ask(page, ASKED).locator(".citation").count() == 2


def test_the_page_is_there_while_the_model_loads(open_page, eventually):
    released = []

    def load():
        eventually(lambda: released, 30)
        return FakeRag([CORPUS])

    with serving(load) as url:
        page = open_page(url, ready=".stock")
        assert page.locator(".stock").inner_text() == "正在载入模型…"
        page.locator("#question textarea").fill(ASKED)
        page.locator("#send").click()
        page.locator(".progress", has_text="正在载入模型").wait_for()
        released.append(True)
        page.locator(".turn[data-state=done] .citation").first.wait_for()
        assert page.locator("#documents .open").count() == 1


def test_log_in(open_page, ask):
    with serving(lambda: FakeRag([CORPUS]), "ann:open sesame") as url:
        page = open_page(url, ready="input[type=password]")
        assert page.locator("#question").count() == 0
        page.locator("input").first.fill("ann")
        page.locator("input[type=password]").fill("open sesame")
        page.locator("button", has_text="Login").or_(page.locator("button", has_text="登录")).click()
        page.wait_for_selector(".examples:visible")
        assert ask(page, ASKED).locator(".citation").count() == 2


def test_a_new_conversation_leaves_the_old_answer_behind(open_page, ask, address):
    page = open_page(address)
    page.locator("#question textarea").fill(ASKED)
    page.locator("#send").click()
    page.locator(".turn[data-state=streaming]").wait_for()
    page.locator("#masthead .new").click()
    page.locator(".turn").wait_for(state="detached")
    time.sleep(0.5)
    assert page.locator(".turn").count() == 0
    assert ask(page, ASKED).get_attribute("id") == "turn-1"


def test_what_comes_of_a_conversation_after_it_was_left_is_not_shown(open_page, ask, address):
    page = open_page(address)
    ask(page, ASKED)
    late = page.evaluate("window.ragParts.conversation.props.value")
    page.locator("#masthead .new").click()
    assert page.locator(".turn").count() == 0
    page.evaluate("(late) => (window.ragParts.conversation.props.value = late + ' ')", late)
    time.sleep(0.3)
    assert page.locator(".turn").count() == 0
    assert ask(page, ASKED).get_attribute("id") == "turn-1"
