"""The language of a question, and the phrases for it."""

import json
from importlib.resources import files
from string import Formatter

import pytest

from rag.answering.language import language_of, phrase

PHRASES = json.loads(files("rag.answering").joinpath("phrases.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("zh", "这座城市有多少所高校？"),
        ("zh", "R&D投入"),
        ("zh-Hant", "這座城市有多少所大學？"),
        ("en", "How many universities are there?"),
        ("fr", "Combien d'universités y a-t-il dans la ville ?"),
        ("de", "Wie viele Universitäten gibt es in der Stadt?"),
        ("es", "¿Cuántas universidades hay en la ciudad?"),
        ("pt", "Quantas universidades existem na cidade?"),
        ("it", "Quante università ci sono nella città?"),
        ("ru", "Сколько университетов в городе?"),
        ("ja", "市内には大学がいくつありますか？"),
        ("ko", "시내에는 대학이 몇 개 있습니까?"),
        ("ar", "كم عدد الجامعات في المدينة؟"),
        ("hi", "शहर में कितने विश्वविद्यालय हैं?"),
        ("th", "ในเมืองมีมหาวิทยาลัยกี่แห่ง"),
        ("vi", "Thành phố có bao nhiêu trường đại học?"),
        ("tr", "Şehirde kaç üniversite var?"),
        ("pl", "Ile uniwersytetów jest w mieście?"),
        ("el", "Πόσα πανεπιστήμια υπάρχουν στην πόλη;"),
        ("he", "כמה אוניברסיטאות יש בעיר?"),
    ],
)
def test_languages(language, question):
    assert language_of(question) == language


@pytest.mark.parametrize("text", ["", "   ", "123 ???", "👍🏽", "\x00\u200b", "\udcff"])
def test_no_letters_no_language(text):
    assert language_of(text) == "und"


@pytest.mark.parametrize("text", ["zhe zuo cheng shi you duo shao gao xiao", "GDP", "x", "a\ud800b", "ﷺ", "𝓱𝓮𝓵𝓵𝓸"])
def test_an_unclear_language_still_has_phrases(text):
    language = language_of(text)
    assert 2 <= len(language) <= 7
    assert phrase(language, "absent", documents=3, passages=7)


def test_every_language_has_the_same_phrases_with_the_same_places():
    def places(text):
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name)

    expected = {name: places(text) for name, text in PHRASES["en"].items()}
    assert {name: found for name, found in expected.items() if found} == {
        "absent": ["documents", "passages"],
        "about": ["documents", "passages", "titles"],
        "searched_as": ["resolved"],
    }
    for language, phrases in PHRASES.items():
        assert {name: places(text) for name, text in phrases.items()} == expected, language
        assert all(text.strip() for text in phrases.values())
    assert {"zh", "zh-Hant", "en", "ja", "ko", "fr", "de", "es", "ru", "ar"} <= PHRASES.keys()


def test_a_phrase_falls_back_to_the_base_language_and_then_to_english():
    assert phrase("zh-Hant", "sources") == "來源"
    assert phrase("zh-Latn", "sources") == phrase("zh", "sources") == "来源"
    assert phrase("xx", "sources") == phrase("und", "sources") == "Sources"
    assert phrase("en", "absent", documents=1, passages=9).count("documents 1, passages 9") == 1
