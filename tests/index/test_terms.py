import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.normal import normal, without_accents
from rag.index.terms import grams, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ｄｅｅｐ　Ｌｅａｒｎｉｎｇ", "deep learning"),
        ("漢字與電腦", "汉字与电脑"),
        ("乾隆皇帝", "乾隆皇帝"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("STRASSE Straße", "strasse strasse"),
        ("co\u00adop\u200bera\ufefftion", "cooperation"),
        ("٢٠٢٣ २०२३", "2023 2023"),
        ("الذَّكاءُ أحمد", "الذكاء احمد"),
        ("Ёлка стои́т", "елка стоит"),
        ("café ĐƯỢC", "café được"),
    ],
)
def test_normal_form(text, expected):
    assert normal(text) == expected


def test_normal_form_keeps_letters_that_marks_make():
    assert normal("й") == "й"
    assert normal("がぎ") == "がぎ"
    assert normal("한국") == "한국"
    assert normal("विकास") == "विकास"


def test_accents_come_off_for_looking_up():
    assert without_accents("café") == "cafe"
    assert without_accents("được") == "duoc"
    assert without_accents("й") == "й"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("增长１２．５％", ["增长", "12.5", "12.5%"]),
        ("792.6万人", ["792.6", "万", "人"]),
        ("1,000 and 12,345,678.9", ["1000", "and", "12345678.9"]),
        ("3,14", ["3.14"]),
        ("2023.12.05", ["2023", "12", "05"]),
        ("5G GPT-4 AlphaFold2", ["5g", "gpt", "4", "alphafold2"]),
        ("ChatGPT与深度学习", ["chatgpt", "与", "深度", "学习"]),
        ("искусственный интеллект", ["искусственный", "интеллект"]),
        ("प्रौद्योगिकी का", ["प्रौद्योगिकी", "का"]),
        ("인공지능은 한국어", ["인공지능은", "한국어"]),
        ("東京タワー", ["东京", "タワー"]),
        ("ปัญญา", ["ปัญ", "ัญญ", "ญญา"]),
        ("！？…", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_words_hold_a_compound_and_its_parts():
    assert {"北京", "大学", "北京大学"} <= set(words("他在北京大学读书"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("深度学习", ["深度", "度学", "学习", "深", "度", "学", "习"]),
        ("家", ["家"]),
        ("running", ["_run", "runn", "unni", "nnin", "ning", "ing_"]),
        ("792.6万", ["792.6", "万"]),
        ("지능은", ["지능", "능은"]),
        ("ปัญ", ["ปั", "ัญ"]),
    ],
)
def test_grams(text, expected):
    assert grams(text) == expected


def test_traditional_and_simplified_give_the_same_terms():
    assert words("連續六年蟬聯") == words("连续六年蝉联")
    assert grams("連續六年蟬聯") == grams("连续六年蝉联")


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_has_terms_that_utf8_can_write(text):
    for term in words(text) + grams(text):
        assert term
        term.encode("utf-8")
