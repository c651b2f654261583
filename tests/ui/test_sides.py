"""Verdicts, the retrieval lab and the evaluation in Chromium, over fakes."""

import json
import os

import pytest
from questions import read_questions
from ui_fakes import CORPUS, FakeRag, serving

from rag import Rag
from rag.serving.browser.places import Places

ASKED = "怀柔的设施平台一共有多少个？"
REPORT = """<!doctype html><html lang="en"><head><meta name="color-scheme" content="light dark"><title>r</title>
<style>body { color: rgb(1, 2, 3) } @media (prefers-color-scheme: dark) { body { color: rgb(250, 251, 252) } }</style>
</head><body><h1>hit@1 88.2</h1><script>parent.document.title = "run"</script>
<img src="http://203.0.113.9/x.png" onerror="top.document.title='error'"><svg onload="top.document.title='svg'"></svg>
<a href="http://203.0.113.9/" target="_top">away</a></body></html>"""


@pytest.fixture
def places(tmp_path):
    return Places(feedback=tmp_path / "index.feedback.jsonl", reports=tmp_path / "reports")


@pytest.fixture
def address(hashing_embedder, places):
    rag = Rag.from_texts(CORPUS, embedder=hashing_embedder)
    with serving(lambda: rag, places=places) as url:
        yield url


@pytest.fixture
def chat(places):
    with serving(lambda: FakeRag([CORPUS]), places=places) as url:
        yield url


@pytest.fixture
def lines(places, eventually):
    """`lines(count)`: the feedback once it has so many lines."""

    def read(count):
        def now():
            return places.feedback.read_text("utf-8").splitlines() if places.feedback.exists() else []

        eventually(lambda: len(now()) == count)
        return [json.loads(line) for line in now()]

    return read


pytestmark = pytest.mark.browser
READY = ".stock [data-say='welcome.count']"


def noted(turn, words):
    turn.locator(".reply", has_text=words).wait_for()


def test_a_thumb_up_and_back(open_page, ask, chat, lines):
    page = open_page(chat)
    turn = ask(page, ASKED)
    assert turn.locator(".abstained").count() == 0
    turn.locator(".verdicts .good").click()
    noted(turn, "引用的句子就是依据")
    (line,) = lines(1)
    assert line["evidence"] == [[c.get_attribute("data-quote") for c in turn.locator(".citation").all()]]
    assert turn.locator(".good").get_attribute("aria-pressed") == "true"
    turn.locator(".verdicts .good").click()
    noted(turn, "已收回")
    assert lines(0) == [] and turn.locator(".good").get_attribute("aria-pressed") == "false"


def test_a_wrong_answer_becomes_a_question_of_the_evaluation(open_page, ask, chat, lines, places):
    page = open_page(chat)
    turn = ask(page, ASKED)
    turn.locator(".verdicts .good").click()
    noted(turn, "引用的句子就是依据")
    turn.locator(".verdicts .bad").click()
    noted(turn, "写上正确答案")
    assert lines(1)[0]["incomplete"]
    assert page.evaluate("document.activeElement.name") == "answer"
    page.keyboard.type("<b>无处可寻的答案</b>")
    page.keyboard.press("Enter")
    noted(turn, "资料里找不到这些字")
    assert turn.locator(".offer").count() == 3
    page.locator("input[name=answer]").fill("29个")
    turn.locator(".save").click()
    noted(turn, "成了一道评测题")
    assert turn.locator(".bad").get_attribute("aria-pressed") == "true"
    assert turn.locator(".good").get_attribute("aria-pressed") == "false"
    lines(1)
    (question,) = read_questions(places.feedback)
    assert (question.question, question.groups, question.kind) == (ASKED, ((("29个",),),), "corrected")
    turn.locator(".absent").click()
    noted(turn, "资料不回答这个问题")
    assert lines(1)[0]["answerable"] is False


def test_a_sentence_is_chosen_as_the_evidence(open_page, ask, chat, lines):
    page = open_page(chat)
    ask(page, "北京有多少所高校？")
    turn = ask(page, ASKED)
    turn.locator(".verdicts .bad").click()
    noted(turn, "写上正确答案")
    turn.locator("input[name=answer]").fill("北京")
    turn.locator(".save").click()
    noted(turn, "到处都有")
    sentence = turn.locator(".offer").first.inner_text()
    turn.locator(".offer").first.click()
    noted(turn, "成了一道评测题")
    (line,) = lines(1)
    assert line["evidence"] == [[sentence]] and line["answer"] == "北京" and line["history"] == ["北京有多少所高校？"]


def test_the_legs_side_by_side(open_page, address):
    page = open_page(address, ready=READY)
    page.locator("#tab-chat").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tab-lab").get_attribute("aria-selected") == "true"
    assert not page.locator("#composer").is_visible()
    page.locator("#lab-question").fill("怀柔的設施平台 Zzyzx")
    page.keyboard.press("Enter")
    page.locator(".comparison").wait_for()
    assert page.locator(".forms dd").first.inner_text() == "怀柔的设施平台 zzyzx"
    assert page.locator(".term.unknown").all_inner_texts() == ["zzyzx\n(资料里没有)"]
    assert page.locator(".legs-compared h3 > span").all_inner_texts() == ["字词", "语义", "合并"]
    boxes = [section.bounding_box() for section in page.locator(".legs-compared > section").all()]
    assert len({box["y"] for box in boxes}) == 1 and boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    first = page.locator(".leg-hybrid .found").first
    assert "含答案" in first.locator(".figures").inner_text() and "字词 #" in first.locator(".figures").inner_text()
    sentence = first.locator(".text").inner_text()
    first.locator(".open").click()
    page.locator("#reader mark").wait_for()
    assert page.locator("#reader mark").inner_text() == sentence


def test_from_an_answer_to_the_lab_and_back(open_page, ask, address):
    page = open_page(address, ready=READY, locale="en-US")
    turn = ask(page, ASKED)
    page.locator("#evidence summary").click()
    turn.locator(".to-lab").click()
    page.locator(".comparison").wait_for()
    assert page.locator("#lab-question").input_value() == ASKED
    page.locator("#tab-chat").click()
    assert turn.is_visible() and page.locator("#composer").is_visible()


def test_without_a_report_the_page_says_what_to_run(open_page, address):
    page = open_page(address, ready=READY)
    page.locator("#tab-evaluation").click()
    page.locator(".report pre", has_text="python eval/run.py --html").wait_for()
    assert page.locator("iframe").count() == 0


def test_the_newest_report_is_shown_and_can_do_nothing(chromium, eventually, address, places):
    places.reports.mkdir()
    (places.reports / "old.html").write_text("<p>old</p>")
    os.utime(places.reports / "old.html", (1, 1))
    (places.reports / "own.html").write_text(REPORT)
    # A page of its own: what the browser refuses it writes on its console, which the others must leave empty.
    page = chromium.new_page(locale="zh-CN", color_scheme="light")
    fetched, away = [], []
    page.on("request", lambda request: request.url.startswith(address) or fetched.append(request.url))
    page.on("requestfailed", lambda request: away.append(request.url))
    page.goto(address)
    page.wait_for_selector(READY)
    page.locator("#tab-evaluation").click()
    report = page.frame_locator(".report iframe")
    report.locator("h1").wait_for()
    assert report.locator("h1").inner_text() == "hit@1 88.2"
    assert page.locator(".report .of").inner_text().startswith("own.html")
    colour = "node => getComputedStyle(node).color"
    assert report.locator("body").evaluate(colour) == "rgb(1, 2, 3)"
    page.locator("#masthead .theme").click()
    eventually(lambda: report.locator("body").evaluate(colour) == "rgb(250, 251, 252)")
    report.locator("a").click()
    page.wait_for_timeout(300)
    assert page.url == address and page.title() == "资料问答"
    assert page.locator(".report iframe").get_attribute("sandbox") == ""
    assert [url for url in fetched if url not in away and not url.startswith(("data:", "about:"))] == []
    page.context.close()
