import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

from ui_fakes import CORPUS, FakeRag

from rag.records import Answer, AnswerSentence, Citation, Hit, Passage, Sentence
from rag.serving.browser import views
from rag.serving.browser.chat import Turn
from rag.serving.browser.examples import Examples

EVIL = '<script>hacked=1</script><img src=x onerror="hacked=1">\'"><svg onload=hacked=1> ![x](http://beacon.test/x.png)'


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_data(self, data):
        self.text += data


def parsed(html):
    tags = Tags()
    tags.feed(html)
    return tags


def evil_answer(abstained=False):
    passage = Passage("p", EVIL, EVIL, 0, len(EVIL), EVIL + " › " + EVIL, (Sentence(0, len(EVIL)),))
    hit = Hit(passage, 0.5, passage.sentences[0], {EVIL: 0.1})
    citation = Citation(1, passage, 0, len(EVIL), EVIL)
    sentence = AnswerSentence(EVIL, (1,))
    return Answer(EVIL, EVIL, (sentence,), (citation,), (hit,), abstained, EVIL, EVIL, {EVIL: 0.1})


def test_hostile_text_stays_text_everywhere():
    document = replace(
        next(iter(FakeRag([CORPUS]).documents.values())), text=EVIL, title=EVIL, source=EVIL, headings=()
    )
    pages = [
        views.turn(Turn(1, EVIL, "done", evil_answer())),
        views.turn(Turn(1, EVIL, "done", evil_answer(abstained=True))),
        views.turn(Turn(1, EVIL, "failed", None, EVIL)),
        views.document(document, 3, 30),
        views.documents({EVIL: document}, []),
        views.welcome((1, 1), Examples((EVIL,), (EVIL,))),
    ]
    for html in pages:
        found = parsed(html)
        assert {"script", "img", "svg", "a", "iframe"}.isdisjoint(found.tags)
        assert not [
            name for _, name, _ in found.attributes if name.startswith("on") or name in ("src", "href", "style")
        ]
        assert EVIL in found.text or EVIL in [value for _, _, value in found.attributes]


def test_a_chip_carries_its_place_and_its_quote():
    rag = FakeRag([CORPUS])
    answer = rag.ask("设施平台一共有多少个？")
    html = views.turn(Turn(1, answer.question, "done", answer))
    chips = [parsed(tag).attributes for tag in re.findall(r'<button[^>]* class="citation"[^>]*>', html)]
    assert len(chips) == len(answer.citations) == 2
    for chip, citation in zip(chips, answer.citations, strict=True):
        attributes = {name: value for _, name, value in chip}
        assert attributes["data-number"] == str(citation.number)
        document = rag.documents[attributes["data-document"]]
        quote = document.text[int(attributes["data-start"]) : int(attributes["data-end"])]
        assert quote == citation.quote == attributes["title"] == attributes["data-quote"]


def test_the_range_is_one_mark_in_the_whole_document():
    rag = FakeRag([CORPUS])
    citation = rag.ask("设施平台一共有多少个？").citations[0]
    document = rag.documents[citation.passage.document]
    html = views.document(document, citation.start, citation.end)
    assert re.findall(r"<mark>(.*?)</mark>", html) == [citation.quote]
    assert html.count("<h") == len(document.headings)
    words = "".join(parsed(html).text.split())
    assert words == "".join(re.sub(r"^#+ ", "", document.text, flags=re.MULTILINE).split())
    assert 'lang="zh"' in html


def test_a_sentence_without_a_source_is_marked_when_the_answer_is_whole():
    answer = replace(evil_answer(), sentences=(AnswerSentence("So it is.", ()),), citations=())
    assert "turn.unsupported" in views.turn(Turn(1, "?", "done", answer))
    assert "turn.unsupported" not in views.turn(Turn(1, "?", "streaming", answer))


def test_a_sentence_that_its_sources_do_not_bear_out_is_marked_from_the_start():
    sentence = AnswerSentence("It grew by 9%.", (1,), supported=False, problems=(EVIL, "figure 9%"))
    answer = replace(evil_answer(), sentences=(sentence, AnswerSentence("So it is.", (1,))), origin="generated")
    for state in ("streaming", "done"):
        html = views.turn(Turn(1, "?", state, answer))
        assert html.count('class="sentence unsupported"') == html.count("turn.unsupported") == 1
        assert html.count('class="citation"') == 1  # the chip of the other sentence
        ((_, _, reasons),) = [found for found in parsed(html).attributes if found[1] == "title" and "9%" in found[2]]
        assert reasons == f"{EVIL}; figure 9%"


def test_a_notice_and_the_question_that_was_searched_are_shown():
    answer = replace(evil_answer(), notice=f"The model failed. {EVIL}", resolved=f"And in 2025? {EVIL}")
    found = parsed(views.turn(Turn(1, "?", "done", answer)))
    assert {"script", "img", "svg"}.isdisjoint(found.tags)
    assert answer.notice in found.text and answer.resolved in found.text
    assert ("span", "data-say", "turn.resolved") in found.attributes
    assert "notice" not in views.turn(Turn(1, "?", "done", evil_answer()))


def test_sentences_are_spaced_as_their_script_wants():
    answer = replace(evil_answer(), sentences=tuple(AnswerSentence(s, ()) for s in ("One.", "Two.", "三。", "四。")))
    text = parsed(views.turn(Turn(1, "?", "streaming", answer))).text
    assert "One. Two. 三。四。" in text


def test_only_the_name_of_a_file_is_shown():
    document = next(iter(FakeRag([CORPUS]).documents.values()))
    html = views.documents({"d": document}, [])
    assert CORPUS.name in html and str(CORPUS.parent) not in html
    assert "secret" not in views.documents({"d": replace(document, source="C:\\secret\\a.txt")}, [])


def test_both_languages_have_every_word_that_is_used():
    words = views.words()
    assert words["zh"].keys() == words["en"].keys()
    assert all(value.strip() for language in words.values() for value in language.values())
    folder = files("rag.serving.browser")
    sources = "".join(path.read_text("utf-8") for name in ("templates", "static") for path in (folder / name).iterdir())
    used = set(re.findall(r'(?:say\(|data-say="|data-label="|\? |: |notify\()"?([a-z]+\.[a-zA-Z]+)"', sources))
    assert len(used) > 25
    assert used <= words["en"].keys() | {"event.key"}
    for key in words["en"]:
        assert set(re.findall(r"\{(\w+)", words["en"][key])) == set(re.findall(r"\{(\w+)", words["zh"][key])), key


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_the_contrast_that_wcag_aa_asks_for():
    for theme in re.findall(r"(?::root, body|body\.dark) \{(.*?)\}", views.style(), re.DOTALL):
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", theme))
        for ink, ground, least in [
            *((ink, ground, 4.5) for ink in ("ink", "soft") for ground in ("ground", "sheet", "raised", "sunken")),
            ("accent", "accent-wash", 4.5),
            ("accent", "sheet", 4.5),
            ("accent-ink", "accent", 4.5),
            ("ink", "accent-wash", 4.5),
            ("ink", "amber-wash", 4.5),
            ("amber", "amber-wash", 4.5),
            ("red", "red-wash", 4.5),
            ("mark-ink", "mark", 4.5),
            ("edge", "raised", 3),
        ]:
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (ink, ground)


def test_sources_are_one_line_a_passage_and_only_legible_legs_are_shown():
    answer = FakeRag([CORPUS]).ask("设施平台一共有多少个？")
    first, second = answer.citations
    hits = tuple(replace(hit, why={"passage": 0.5, "odd_z": 1.25}) for hit in answer.hits)
    same = replace(answer, citations=(first, replace(second, passage=first.passage)), hits=hits)
    html = views.turn(Turn(1, "?", "done", same))
    assert re.findall(r'class="source"[^>]*><b>(.*?)</b>', html) == ["1, 2"]
    assert re.findall(r'class="source"[^>]*><b>(.*?)</b>', views.turn(Turn(1, "?", "done", answer))) == ["1", "2"]
    assert html.count('data-say="leg.passage"') == len(hits) and "odd_z" not in html


def test_small_talk_is_a_reply_and_no_refusal():
    answer = replace(evil_answer(abstained=True), text="Hello!", sentences=(), citations=(), hits=(), reason="greeting")
    html = views.turn(Turn(1, "hi", "done", answer))
    assert "Hello!" in html
    assert 'class="answer small-talk"' in html
    assert "verdict" not in html
