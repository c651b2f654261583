"""The widget in Chromium, on a page of another origin whose policy allows what it needs and nothing else."""

import asyncio
import json
import re
import sys
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "serving"))

from serving_fakes import QUESTION, serving, small_rag
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from rag import Rag, Settings
from rag.serving.http import create_app
from rag.serving.widget.script import script

pytestmark = pytest.mark.browser

POLICY = (
    "default-src 'none'; script-src {server}; connect-src {server}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HOSTILE = (
    "The gate <img src=x onerror=alert(1)> is painted <b>green</b> </script><script>alert(2)</script> in the spring."
)


@pytest.fixture(scope="module")
def host():
    """A page server; `host.page(server, …)` is the address of a page that holds that server's widget."""

    class Host:
        url = ""

        def page(self, server, lang="en", attributes="", times=1):
            self.policy = POLICY.format(server=server)
            widget = f'<script src="{server}/widget.js" {attributes}></script>' * times
            self.html = (
                f'<!doctype html><html lang="{lang}"><meta charset="utf-8">'
                '<meta name="viewport" content="width=device-width"><title>A page</title><h1>A page</h1>'
                f'<button id="own">The page\'s own</button>{widget}</html>'
            )
            return self.url

    host = Host()

    def shown(_request):
        return HTMLResponse(host.html, headers={"Content-Security-Policy": host.policy})

    def nothing(_request):
        return Response(status_code=204)

    with serving(Starlette(routes=[Route("/", shown), Route("/favicon.ico", nothing)])) as url:
        host.url = url
        yield host


@pytest.fixture(scope="module")
def server(host):
    rag = small_rag()
    rag.add({"gate.txt": HOSTILE, "<b>boat.txt": "The boat is moored at the <i>east</i> quay."})
    with serving(create_app(rag, Settings(cors=host.url))) as url:
        yield url


class Scripted:
    """A server that says what it is told to, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.replies = []

    def app(self, origin):
        async def ask(request):
            self.asked.append(await request.json())
            return self.replies.pop(0)

        def widget(_request):
            return Response(script(), media_type="text/javascript")

        routes = [Route("/widget.js", widget), Route("/v1/ask", ask, methods=["POST"])]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=[origin],
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Retry-After"],
        )
        return Starlette(routes=routes, middleware=[cors])


@pytest.fixture
def scripted(host):
    scripted = Scripted()
    with serving(scripted.app(host.url)) as url:
        scripted.url = url
        yield scripted


def events(*pairs):
    text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in pairs)
    return Response(text, media_type="text/event-stream")


def answer(text="Yes.", sentences=(), **other):
    sentences = [
        {"text": t, "citations": c, "supported": s, "problems": [] if s else ["nothing says so"]}
        for t, c, s in sentences
    ]
    whole = {"answer": text, "sentences": sentences, "citations": [], "hits": [], "abstained": False}
    return ("answer", {**whole, "reason": "answered", "language": "en", "resolved": "", "notice": "", **other})


@pytest.fixture
def opened(open_page):
    """`opened(address, …)`: the page with its panel open."""

    def visit(address, **options):
        page = open_page(address, **{"ready": ".bubble", "locale": "en-GB", **options})
        page.locator(".bubble").click()
        return page

    return visit


@contextmanager
def english(chromium, address):
    """The page with its panel open, where errors in the console are expected (of failed requests)."""
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(address)
    page.locator(".bubble").click()
    yield page
    context.close()


def ask(page, question):
    before = page.locator("rag-widget li:not(.greeting)").count()
    page.locator("textarea").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator("rag-widget li").nth(before)
    turn.locator(".answer:not([data-state=waiting], [data-state=streaming])").wait_for()
    return turn


def focused(page):
    return page.evaluate(
        "() => { const e = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;"
        " return e.className || e.id || e.localName }"
    )


def test_answers_with_chips_whose_quote_is_read_in_place(host, server, opened):
    page = opened(host.page(server))
    turn = ask(page, QUESTION)
    assert turn.locator(".said").inner_text() == "The old mill grinds forty tons of barley a year.1"
    chip = turn.locator(".chip")
    assert chip.get_attribute("aria-label") == "Source 1: The mill"
    chip.click()
    card = turn.locator(".quote")
    assert card.get_attribute("id") == chip.get_attribute("aria-controls")
    assert card.locator(".title").inner_text() == "The mill"
    assert card.locator("mark").inner_text() == "The old mill grinds forty tons of barley a year."
    assert card.locator("blockquote").inner_text().endswith("a year. It stands by the river.")
    chip.click()
    assert card.count() == 0
    assert chip.get_attribute("aria-expanded") == "false"


def test_abstention_is_shown_as_such_and_small_talk_is_not(host, server, opened):
    page = opened(host.page(server))
    turn = ask(page, "Who owns the railway in Peru?")
    assert turn.locator("[data-state=absent] .verdict").inner_text() == "Not in the documents"
    assert turn.locator(".chip").count() == 0
    assert ask(page, "hello").locator("[data-state=done]").count() == 1


def test_hostile_text_stays_text(host, server, opened):
    page = opened(host.page(server))
    turn = ask(page, "<img src=x onerror=alert(3)> What is painted green in the spring?")
    said = turn.locator(".said").inner_text()
    assert said.startswith(HOSTILE)
    turn.locator(".chip").first.click()
    assert turn.locator("mark").inner_text() == HOSTILE
    boat = ask(page, "The boat is moored at which quay?")
    boat.locator(".chip").first.click()
    assert boat.locator(".title").inner_text() == "<b>boat"
    assert page.locator("rag-widget :is(img, script, b, i:not(.waiting i))").count() == 0


def test_keyboard_reaches_everything_and_returns(host, server, open_page):
    page = open_page(host.page(server), ready=".bubble", locale="en-GB")
    page.evaluate("addEventListener('keydown', (event) => { window.shortcuts = (window.shortcuts ?? '') + event.key })")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "bubble"
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog", name="Ask the documents").is_visible()
    assert focused(page) == "textarea"
    page.evaluate("window.shortcuts = ''")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Enter")
    page.locator(".chip").wait_for()
    assert page.evaluate("window.shortcuts") == ""
    seen = []
    for _ in range(7):
        page.keyboard.press("Tab")
        seen.append(focused(page))
    assert seen == ["send", "anew", "close", "ol", "chip", "textarea", "send"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "chip"
    page.keyboard.press("Enter")
    assert page.locator(".quote mark").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    assert focused(page) == "bubble"
    page.keyboard.press("Enter")
    assert page.locator(".quote mark").is_visible()  # the conversation is still there


def test_a_voice_hears_the_answer_once(host, server, opened):
    page = opened(host.page(server))
    page.evaluate(
        "() => { window.said = []; const node = document.querySelector('rag-widget').shadowRoot"
        ".querySelector('[role=status]'); new MutationObserver(() => said.push(node.textContent))"
        ".observe(node, {childList: true, characterData: true, subtree: true}) }"
    )
    ask(page, QUESTION)
    assert page.evaluate("said") == [
        "Looking through the documents…",
        "The old mill grinds forty tons of barley a year.",
    ]


def test_speaks_the_language_of_the_page_or_the_one_it_is_told(host, server, opened):
    chinese = opened(host.page(server, lang="zh-CN"))
    assert chinese.locator("h2").inner_text() == "资料问答"
    english = opened(host.page(server, lang="zh-CN", attributes='data-lang="en" data-title="The mill &amp; the shop"'))
    assert english.locator("h2").inner_text() == "The mill & the shop"
    assert english.locator("textarea").get_attribute("placeholder") == "Ask a question…"
    by_browser = opened(host.page(server, lang=""), locale="zh-CN")
    assert by_browser.locator(".close").get_attribute("aria-label") == "关闭"


def test_says_that_the_server_warms_up_and_then_answers(host, chromium):
    loading: Future[Rag] = Future()
    with serving(create_app(loading, Settings(cors=host.url))) as server, english(chromium, host.page(server)) as page:
        page.locator("textarea").fill(QUESTION)
        page.keyboard.press("Enter")
        page.get_by_text("The server is getting ready").wait_for()
        loading.set_result(small_rag())
        page.locator(".chip").wait_for()


def test_filters_limit_the_search(host, scripted, opened):
    scripted.replies = [events(answer())]
    page = opened(host.page(scripted.url, attributes='data-filters=\'{"kind": "mill"}\''))
    ask(page, "Is it?")
    assert scripted.asked == [{"question": "Is it?", "history": [], "filters": {"kind": "mill"}}]


def test_earlier_questions_are_sent_along_until_a_new_conversation(host, scripted, opened):
    scripted.replies = [events(answer()) for _ in range(3)]
    page = opened(host.page(scripted.url))
    ask(page, "One?")
    ask(page, "Two?")
    page.get_by_role("button", name="New conversation").click()
    assert page.locator(".greeting").is_visible()
    ask(page, "Three?")
    assert [asked["history"] for asked in scripted.asked] == [[], ["One?"], []]


def test_unsupported_sentences_are_marked_and_a_failed_models_words_replaced(host, scripted, opened):
    scripted.replies = [
        events(
            ("text", {"delta": "Made up. "}),
            ("text", {"replace": "It is so. "}),
            answer(
                "It is so.[1] It may be.",
                [("It is so.", [1], True), ("It may be.", [], False)],
                citations=[
                    {"number": 1, "quote": "It is so 𝄞.", "document": "a.txt", "document_id": "d", "title": ""}
                    | {"heading": "", "start": 7, "end": 18, "page": 3}
                ],
                hits=[{"document_id": "d", "start": 4, "end": 23, "text": "𝄞𝄞 It is so 𝄞. Yes."}],
                notice="The model failed.",
            ),
        )
    ]
    page = opened(host.page(scripted.url))
    turn = ask(page, "Is it?")
    assert turn.locator(".said").inner_text() == "It is so.1 It may be. not supported by the documents"
    assert turn.locator(".unsupported").get_attribute("title") == "nothing says so"
    assert turn.get_by_text("The model failed.").is_visible()
    turn.locator(".chip").click()
    assert turn.locator(".trail").inner_text() == "page 3"
    assert turn.locator("blockquote").inner_text() == "𝄞𝄞 It is so 𝄞. Yes."


def test_can_be_stopped(host, scripted, opened):
    async def endless():
        yield 'event: text\ndata: {"delta": "It grows"}\n\n'
        await asyncio.sleep(30)

    scripted.replies = [StreamingResponse(endless(), media_type="text/event-stream"), events(answer())]
    page = opened(host.page(scripted.url))
    page.locator("textarea").fill("Is it?")
    page.keyboard.press("Enter")
    page.get_by_text("It grows").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped.").wait_for()
    assert page.get_by_text("It grows").is_visible()
    assert ask(page, "And now?").locator(".said").inner_text() == "Yes."


def problem(status, **headers):
    return Response("{}", status, headers, "application/problem+json")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (problem(401), "This page may not ask here."),
        (problem(429, **{"Retry-After": "7"}), "Try again in 7 s."),
        (problem(500), "Something went wrong on the server."),
        (events(("text", {"delta": "It"})), "The connection broke off"),
        (events(("error", {"status": 503})), "The server is not ready."),
    ],
)
def test_what_goes_wrong_is_said_and_can_be_tried_again(host, scripted, chromium, reply, words):
    scripted.replies = [reply, events(answer())]
    with english(chromium, host.page(scripted.url)) as page:
        turn = ask(page, "Is it?")
        assert words in turn.locator("[data-state=failed]").inner_text()
        assert words in page.locator("[role=status]").text_content()
        turn.get_by_role("button", name="Try again").click()
        turn.locator("[data-state=done]").wait_for()
    assert [asked["history"] for asked in scripted.asked] == [[], []]


def test_page_that_the_server_does_not_list_may_not_ask(host, chromium):
    with serving(create_app(small_rag(), Settings())) as server, english(chromium, host.page(server)) as page:
        assert "cannot be reached" in ask(page, QUESTION).inner_text()


def test_phone_is_covered_and_nothing_overflows(host, server, opened):
    page = opened(host.page(server), width=360, height=640)
    ask(page, QUESTION).locator(".chip").click()
    box = page.get_by_role("dialog").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 640)
    assert page.evaluate(
        "[...document.querySelector('rag-widget').shadowRoot.querySelectorAll('dialog *')]"
        ".every((e) => e.getBoundingClientRect().right <= 360)"
    )
    page.keyboard.press("Escape")
    assert focused(page) == "bubble"


CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 10 ? v / 3294.6 : ((v + 14.025) / 269.025) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (e) => {
    const colour = channels(getComputedStyle(e).backgroundColor);
    return colour[3] === 0 ? ground(e.parentElement) : colour;
  };
  const ratios = {};
  for (const e of document.querySelector("rag-widget").shadowRoot.querySelectorAll("dialog *:not(.unseen)")) {
    const says = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
    if (!says && e.localName !== "svg") continue;
    const pair = [channels(getComputedStyle(e).color), ground(e)].map(luminance).sort((x, y) => y - x);
    const name = e.localName === "svg" ? `${e.parentElement.className} icon` : e.className || e.localName;
    ratios[name] = (pair[0] + 0.05) / (pair[1] + 0.05);
  }
  return ratios;
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(host, server, opened, dark):
    page = opened(host.page(server), dark=dark)
    ask(page, "Who owns the railway in Peru?")
    ask(page, QUESTION).locator(".chip").click()
    ratios = page.evaluate(CONTRAST)
    assert {"asked", "said", "verdict", "chip", "title", "blockquote", "mark", "send icon"} <= ratios.keys()
    assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}
    sheet = page.evaluate(
        "getComputedStyle(document.querySelector('rag-widget').shadowRoot.querySelector('dialog')).backgroundColor"
    )
    assert sheet == ("rgb(27, 30, 34)" if dark else "rgb(255, 255, 255)")


def test_one_for_a_page_and_closed_to_its_style(host, server, open_page):
    page = open_page(host.page(server, times=2), ready=".bubble")
    assert page.locator("rag-widget").count() == 1
    page.evaluate(
        "() => { const sheet = new CSSStyleSheet(); sheet.replaceSync("
        "'button { display: none !important } rag-widget { opacity: 0 !important; font: 40px serif }');"
        " document.adoptedStyleSheets = [sheet] }"
    )
    assert page.locator(".bubble").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('rag-widget')).opacity") == "1"


def test_words_are_the_same_in_both_languages():
    words = json.loads((Path(sys.modules["rag.serving.widget"].__file__).parent / "static/words.json").read_text())
    assert words["en"].keys() == words["zh"].keys()


def test_page_of_the_examples(opened):
    folder = Path(__file__).parents[2] / "examples" / "widget"
    html, style = ((folder / name).read_text() for name in ("index.html", "page.css"))
    at: dict[str, str] = {}

    def page(_request):
        return HTMLResponse(html.replace("http://127.0.0.1:8000", at["server"]))

    def css(_request):
        return Response(style, media_type="text/css")

    routes = [Route("/", page), Route("/page.css", css), Route("/favicon.ico", lambda _: Response(status_code=204))]
    with serving(Starlette(routes=routes)) as url, serving(create_app(small_rag(), Settings(cors=url))) as at["server"]:
        page = opened(url)
        assert page.get_by_role("dialog", name="Ask the harbour office").is_visible()
        assert ask(page, QUESTION).locator(".chip").count() == 1


def test_snippets_of_the_documentation(host, opened):
    doc = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
    (tag,), (directives,) = (re.findall(rf"```{kind}\n(.*?)```", doc, re.DOTALL) for kind in ("html", "csp"))
    with serving(create_app(small_rag(), Settings(cors=host.url))) as server:
        host.html = f"<!doctype html><title>A page</title>{tag}".replace("http://127.0.0.1:8000", server)
        host.policy = f"default-src 'none'; {directives.strip()}".replace("http://127.0.0.1:8000", server)
        page = opened(host.url)
        assert page.get_by_role("dialog", name="Ask us").is_visible()
        assert ask(page, QUESTION).locator(".chip").count() == 1
