"""The generic questions hold their language and nothing else: same ideas everywhere, no language looks like another."""

import json
import unicodedata
from collections import Counter
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import regex

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT.parent / "shared" / "bench"
TEXT = files("rag.embedding").joinpath("generic_questions.json").read_text("utf-8")
QUESTIONS: dict[str, list[str]] = json.loads(TEXT)
IDEAS = 30
RECOGNISED = 0.85

_OTHER_SCRIPTS = {
    **dict.fromkeys(["zh", "zh-Hant"], "Han"),
    **dict.fromkeys(["bg", "ru", "uk"], "Cyrillic"),
    **dict.fromkeys(["ar", "fa", "ur"], "Arabic"),
    "ja": "Hiragana",
    "ko": "Hangul",
    "el": "Greek",
    "he": "Hebrew",
    "hi": "Devanagari",
    "bn": "Bengali",
    "ta": "Tamil",
    "th": "Thai",
    "ka": "Georgian",
}
_LATIN = "en fr de es pt it nl sv da no fi pl cs sk hu ro tr vi id ms sw lt et"
SCRIPTS = {**_OTHER_SCRIPTS, **dict.fromkeys(_LATIN.split(), "Latin")}
ALSO_USED = {"ja": r"\p{Han}\p{Katakana}ー"}
# Letters that the list must use, and that its neighbours in the same script must not.
OWN_LETTERS = {
    "ru": ("ыэё", "bg uk"),
    "uk": ("іїє", "bg ru"),
    "fa": ("\u200cۀٔ", "ar ur"),
    "ur": ("ٹڑےں", "ar fa"),
    "da": ("æø", "sv fi et"),
    "sv": ("ä", "da no"),
    "cs": ("řě", "sk pl"),
    "sk": ("ľ", "cs pl"),
    "pl": ("łę", "cs sk"),
    "hu": ("ő", "fi et de"),
    "ro": ("șț", "it fr"),
    "tr": ("ış", "de hu"),
    "vi": ("ơư", "fr pt"),
    "lt": ("ėų", "et pl"),
    "et": ("õ", "fi lt"),
    "es": ("¿", "pt it fr"),
}


@cache
def identifier() -> Any:
    """A classifier of its own: the package's shared one belongs to the answers and keeps its languages."""
    from py3langid.langid import LanguageIdentifier

    own = LanguageIdentifier.from_model_file("data/model.npz.xz")
    own.set_languages(sorted({base(tag) for tag in QUESTIONS} & set(own.nb_classes)))
    return own


def base(tag: str) -> str:
    return tag.split("-")[0]


def bare(question: str) -> str:
    """The words alone, so that a changed mark or capital does not make two questions different."""
    return regex.sub(r"[^\p{L}\p{M}\p{N}]+", " ", question).casefold().strip()


def test_every_expected_language_is_there() -> None:
    assert set(QUESTIONS) == set(SCRIPTS)
    assert len(QUESTIONS) >= 36


@pytest.mark.parametrize("tag", QUESTIONS)
def test_a_language_has_thirty_different_whole_questions(tag: str) -> None:
    questions = QUESTIONS[tag]
    assert len(questions) == len({bare(q) for q in questions}) == IDEAS
    for question in questions:
        assert question == unicodedata.normalize("NFC", " ".join(question.split()))
        assert tag == "th" or question[-1] in "?？؟;.。।۔", question


def test_no_question_is_shared_between_languages() -> None:
    counts = Counter(bare(q) for questions in QUESTIONS.values() for q in questions)
    assert [q for q, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("tag", QUESTIONS)
def test_letters_are_of_the_languages_script(tag: str) -> None:
    script = rf"\p{{{SCRIPTS[tag]}}}"
    foreign = regex.compile(rf"(?![{script}{ALSO_USED.get(tag, '')}])\p{{L}}")
    for question in QUESTIONS[tag]:
        assert regex.search(script, question), question
        assert not foreign.search(question), question


@pytest.mark.parametrize("tag", OWN_LETTERS)
def test_telltale_letters_stay_in_their_language(tag: str) -> None:
    letters, neighbours = OWN_LETTERS[tag]
    assert any(c in "".join(QUESTIONS[tag]) for c in letters)
    for other in neighbours.split():
        assert not set(letters) & set("".join(QUESTIONS[other]).lower()), other


def test_traditional_chinese_is_its_own_wording() -> None:
    import opencc

    to_simplified = opencc.OpenCC("t2s")
    simplified, traditional = QUESTIONS["zh"], QUESTIONS["zh-Hant"]
    assert [q for q in simplified if to_simplified.convert(q) != q] == []
    converted = [to_simplified.convert(q) for q in traditional]
    assert [q for q, c in zip(traditional, converted, strict=True) if q == c] == []
    assert {bare(q) for q in converted}.isdisjoint(bare(q) for q in simplified)


@pytest.mark.parametrize("tag", QUESTIONS)
def test_a_classifier_recognises_the_language(tag: str) -> None:
    known = identifier().nb_classes
    # Some models list Norwegian as Bokmål.
    names = {"no", "nb"} if tag == "no" else {base(tag)}
    if names.isdisjoint(known):
        pytest.skip(f"the classifier does not know {tag}")
    wrong = [q for q in QUESTIONS[tag] if identifier().classify(q)[0] not in names]
    assert len(wrong) <= (1 - RECOGNISED) * IDEAS, wrong


def test_file_is_readable_one_question_a_line() -> None:
    assert json.dumps(QUESTIONS, ensure_ascii=False, indent=2) + "\n" == TEXT


@pytest.mark.skipif(not BENCH.is_dir(), reason="the benchmark questions are not beside the project")
def test_no_question_comes_from_a_benchmark() -> None:
    asked = {
        bare(qa["question"])
        for path in BENCH.glob("*.json")
        for article in json.loads(path.read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    }
    assert asked
    assert asked.isdisjoint(bare(q) for questions in QUESTIONS.values() for q in questions)
