"""Small talk is told from questions, and answered as such; a question is never taken for it."""

import json
from pathlib import Path

import pytest
from fakes import HashingEmbedder

from rag.answering.smalltalk import smalltalk
from rag.rag import Rag

ROOT = Path(__file__).parents[2]
BENCH = ROOT.parent / "shared" / "bench"

TALK = """
greeting | zh | 你好！ / 您好 / 大家好～ / 早上好呀 / 在吗？ / 嗨
greeting | zh-Hant | 妳好 / 哈囉！ / 你好嗎
greeting | en | Hi there! / Hello / good morning everyone / How’s it going?
greeting | ja | こんにちは / おはようございます。 / お元気ですか
greeting | ko | 안녕하세요! / 반갑습니다
greeting | fr | Bonjour ! / Salut, ça va ? / ca va
greeting | de | Guten Tag zusammen / Grüß Gott! / Hallo
greeting | es | ¡Hola! / Buenos días / como estas
greeting | ru | Привет! / Здравствуйте, как дела?
greeting | ar | مرحبًا / السلام عليكم
thanks | zh | 谢谢！ / 多谢啦 / 好的，谢谢你 / 你好，谢谢
thanks | zh-Hant | 謝謝！ / 感謝您
thanks | en | Thank you very much! / thx / OK, thanks for your help
thanks | ja | ありがとうございました。 / どうもありがとう
thanks | ko | 감사합니다! / 정말 고마워요
thanks | fr | Merci beaucoup ! / D’accord, merci
thanks | de | Vielen Dank! / Alles klar, danke schön
thanks | es | ¡Muchas gracias! / gracias por tu ayuda
thanks | ru | Большое спасибо! / спасибо
thanks | ar | شكراً / شكرا جزيلا لك
goodbye | zh | 再见 / 好的，拜拜！ / 谢谢，再见
goodbye | en | Bye! / Thanks, see you later
goodbye | ja | さようなら / またね
goodbye | ko | 안녕히 계세요
goodbye | fr | Au revoir / à bientôt !
goodbye | de | Tschüss! / auf Wiedersehen
goodbye | es | ¡Adiós! / hasta luego
goodbye | ru | До свидания / пока
goodbye | ar | مع السلامة
about | zh | 你是谁？ / 你能做什么？ / 你好，请问你是谁 / 我可以问你什么
about | zh-Hant | 你是誰？ / 你有什麼功能？
about | en | Who are you? / What can you do? / hello, what can I ask you?
about | ja | あなたは誰ですか？ / 何ができますか
about | ko | 누구세요? / 무엇을 할 수 있나요?
about | fr | Qui êtes-vous ? / Que peux-tu faire ?
about | de | Wer bist du? / Was kannst du?
about | es | ¿Quién eres? / ¿Qué puedes hacer?
about | ru | Кто ты? / Что ты умеешь?
about | ar | من أنت؟ / كيف يمكنك مساعدتي؟
ok | zh | 好的 / 嗯嗯 / 知道了！
ok | en | OK. / got it
gibberish | | asdfgh / asdkjhasd / qwerty uiop / йцукен / aaaaaaa / hahahaha / xjkqz / jfdksl;ajfkdl
gibberish | | 哈哈哈哈 / 啊啊啊 / ㅋㅋㅋ / ？？？ / … / 😀😀 / !!?? / -- / @#$%^&*
"""
CASES = [
    (kind.strip(), language.strip(), text.strip())
    for kind, language, texts in (line.split("|") for line in TALK.strip().splitlines())
    for text in texts.split(" / ")
]


@pytest.mark.parametrize(("kind", "language", "text"), CASES)
def test_kinds(kind, language, text):
    found = smalltalk(text, language or "und")
    assert found is not None
    assert (found.kind, found.language) == (kind, language)


@pytest.mark.parametrize(
    "text",
    [
        "你好，北京有多少所高校？",
        "谢谢，那博士呢？",
        "你好是什么意思",
        "Hi, how deep is the lake?",
        "Thanks! And in 2025?",
        "What can you do about noise?",
        "Help desk hours",
        "Bonjour, combien d’universités ?",
        "それは何ですか",
        "为什么？",
        "why?",
        "GDP",
        "LSTM",
        "nginx",
        "DHCP?",
        "2640",
        "3.14 %",
        "Angstschweiß",
        "schtschi",
        "zhongguancun shifanqu",
        "xinxing yanfa jigou",
        "R&D",
        "啊Q正传",
        "谢谢惠顾",
        "好望角",
        "行政区划",
        "早稲田大学",
        "hello " * 40,
    ],
)
def test_questions_are_none(text):
    assert smalltalk(text) is None


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_text_is_none(text):
    assert smalltalk(text) is None


def test_a_word_that_the_documents_know_is_no_gibberish():
    assert smalltalk("asdf", known=lambda word: word == "asdf") is None
    assert smalltalk("asdf", known=lambda word: word == "other").kind == "gibberish"


def test_our_own_questions_are_questions():
    lines = (ROOT / "eval" / "questions.jsonl").read_text("utf-8").splitlines()
    asked = [text for row in map(json.loads, lines) for text in [row["question"], *row.get("history", ())]]
    assert len(lines) == 472
    assert [text for text in asked if smalltalk(text)] == []


@pytest.mark.skipif(not BENCH.is_dir(), reason="the public sets are not beside this project")
def test_questions_of_public_sets_are_questions():
    asked = [
        qa["question"]
        for file in sorted(BENCH.glob("*.json"))
        for article in json.loads(file.read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]
    assert len(asked) > 5000
    assert [text for text in asked if smalltalk(text)] == []


class TestAnswers:
    @pytest.fixture(scope="class")
    def rag(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("smalltalk")
        (folder / "lake.md").write_text(
            "# The lake [1](x)\n\nThe lake is twelve metres deep. Qzxvb nests here.\n", "utf-8"
        )
        (folder / "mill.md").write_text("# 磨坊\n\n磨坊建于1820年。\n", "utf-8")
        return Rag.build(folder, folder / "index", embedder=HashingEmbedder())

    @pytest.mark.parametrize(
        ("question", "reason", "language", "start"),
        [
            ("你好！", "greeting", "zh", "你好！我只根据"),
            ("謝謝！", "thanks", "zh-Hant", "不客氣"),
            ("Hi there", "greeting", "en", "Hello!"),
            ("ありがとう", "thanks", "ja", "どういたしまして"),
            ("안녕히 계세요", "goodbye", "ko", "안녕히"),
            ("Merci !", "thanks", "fr", "Je vous en prie"),
            ("Danke", "thanks", "de", "Gern geschehen"),
            ("¿Quién eres?", "about", "es", "Respondo"),
            ("Спасибо", "thanks", "ru", "Пожалуйста"),
            ("مرحبا", "greeting", "ar", "مرحبًا"),
            ("sdfghjkl", "gibberish", "en", "I cannot make out"),
            ("哈哈哈哈", "gibberish", "zh", "没看懂"),
        ],
    )
    def test_in_the_readers_language(self, rag, question, reason, language, start):
        answer = rag.ask(question)
        assert (answer.reason, answer.language, answer.abstained) == (reason, language, True)
        assert (answer.sentences, answer.citations, answer.hits, answer.resolved) == ((), (), (), "")
        assert answer.text.startswith(start)

    def test_what_can_you_do_says_what_is_indexed(self, rag):
        text = rag.ask("你能做什么？").text
        assert "2 份文档" in text
        assert "磨坊" in text and "The lake" in text

    def test_mash_is_answered_in_the_language_of_the_conversation(self, rag):
        assert rag.ask("asdfgh", history=["磨坊建于哪一年？", "谢谢"]).language == "zh"

    def test_a_word_of_the_documents_is_looked_up(self, rag):
        assert smalltalk("qzxvb").kind == "gibberish"
        assert rag.ask("qzxvb").reason != "gibberish"

    def test_small_talk_between_is_not_what_a_follow_up_is_about(self, rag):
        history = ["磨坊建于哪一年？"]
        assert (
            rag.ask("为什么？", history=[*history, "谢谢！"]).resolved == rag.ask("为什么？", history=history).resolved
        )

    def test_a_greeting_before_a_question_is_a_question(self, rag):
        assert rag.ask("你好，磨坊建于哪一年？").reason in ("answered", "not in the documents")
