"""Sentences of a document that talk to the assistant: text to show, and no evidence for what they tell it to say."""

import regex

from rag.documents.sentences import split_sentences

_TO_ASSISTANT = regex.compile(
    r"(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|the|of|your|my|these|those|previous|prior|above|earlier|everything|other)\s+){0,4}"
    r"(?:instructions?|prompts?|rules?|directions?|guidelines?|passages?|sources?|context|above|said|documents?|questions?)\b"
    r"|\b(?:you\s+are|act\s+as|pretend\s+to\s+be)\s+(?:now\s+)?(?:an?\s+)?(?:AI|LLM|chat\s?bot|language\s+model|assistant|DAN)\b"
    r"|\b(?:note|message|attention|instructions?|memo|reminder|order)\s+(?:to|for)\s+(?:the\s+)?(?:AI|LLM|assistant|model|chat\s?bot|language\s+model|system)s?\b"
    r"|\b(?:AI|LLM|assistant|chat\s?bot|language\s+model)s?\s*(?:,|:|must|should|shall|has\s+to|have\s+to|is\s+to)\s"
    r"|\b(?:system\s*(?:prompt|message|override|notice)|developer\s+message|new\s+instructions?)\b"
    r"|(?:^|\n)\s*(?:system|assistant|user|developer)\s*[:：]"
    r"|<\|[^|>\n]{1,30}\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|passage|instructions?|prompt)\b[^>\n]*>|#{2,}\s*(?:instruction|system|response)"
    r"|\b(?:when|if)\s+(?:asked|answering|you\s+(?:are\s+asked|answer|reply|summari[sz]e))\b[^.]{0,80}?\b(?:say|answer|reply|respond|state|write|claim|tell|cite)\b"
    r"|(?:^|[.!:;,]\s+|>\s*)(?:please\s+|now\s+|instead,?\s+|always\s+|just\s+|only\s+|simply\s+)*(?:reply|respond|answer|output|print)\s+(?:only\s+|with\b|exactly\b|that\b|in\b|as\s+follows|[:“\"])"
    r"|\b(?:say|tell|write|state|claim|cite|answer)\b[^.]{0,40}\b(?:in\s+your\s+(?:answer|reply|response)|to\s+the\s+(?:user|reader)|as\s+\[?\d\]?|with\s+\[\d+\])"
    r"|\bdo\s+not\s+(?:mention|cite|reveal|tell|use|quote)\s+(?:the\s+|any\s+|this\s+)?(?:other\s+)?(?:passages?|sources?|documents?|user|instructions?|system)"
    r"|(?:忽略|无视|忘记|忘掉|不要理会|不必理会|跳过|抛开)(?:掉)?(?:[^。！？\n]{0,14})(?:指令|指示|提示|规则|要求|内容|命令|段落|资料|文档|设定|问题)"
    r"|你(?:现在|从现在起)?(?:是|扮演|充当)(?:一[个名位])?[^。，\n]{0,10}(?:助手|模型|机器人|人工智能|AI)"
    r"|(?:系统|开发者)(?:提示|指令|消息|通知|命令)|(?:^|\n)\s*(?:系统|助手|用户|管理员)\s*[:：]"
    r"|(?:致|给|请|提醒|告知)(?:[^。，\n]{0,4})(?:AI|人工智能|助手|大?模型|机器人)[^。，,：:\n]{0,4}[：:，,]"
    r"|(?:助手|大?语言模型|聊天机器人|大模型|AI)(?:必须|应当|应该|需要|务必|请|只能|要|[，:：])"
    r"|(?:请|务必|必须|应当|应|只需|一律|直接|统一|就)(?:你)?(?:直接|只|按此|照此|一律|统一)?(?:回答|回复|答复|输出|写道?|引用|声称|告诉用户|告诉读者)[^。\n]{0,2}(?:[:：，“\"「]|说|为|成|以下|下面|“)"
    r"|(?:如果|若|凡)(?:有人|用户|被|读者)[^。\n]{0,14}问[^。\n]{0,14}(?:就|请|应|要|必须|一律)[^。\n]{0,4}(?:说|答|回|写)"
    r"|(?:在|你的)?(?:回答|答案|回复)(?:中|里)(?:必须|务必|请|应|要|写|注明|不要)"
    r"|(?:不要|不得|禁止|切勿)(?:提及|引用|透露|告诉)[^。\n]{0,6}(?:其他|别的|本|此|用户|来源|段落|资料|指令)"
    r"|(?-i:\b(?:SYSTEM|ASSISTANT)\s*[:：])|(?:^|[.!?。！？]\s*)(?:assistant|助手)\s*[:：]"
    r"|\b(?:please\s+)?(?:tell|inform|assure)\s+(?:the|all)\s+(?:user|reader)s?\s+that\b"
    r"|\byou\s+(?:must|should|shall|will)\s+(?:always\s+)?(?:answer|reply|respond|output|say)\s*(?:[:“\"]|that\b)"
    r"|\bas\s+an?\s+(?:AI|(?:large\s+)?language\s+model)\b[^.]{0,12}\byou\b"
    r"|(?:^|[.!?]\s+)(?:do\s+not|don't|never)\s+(?:mention|reveal|disclose)\b"
    r"|请引用\s*[\[［【]?\s*\d|(?:这样|如此|照此)(?:告诉|回答|回复)(?:用户|读者|对方)|(?:AI|智能)?助[手理]注意",
    regex.IGNORECASE,
)
_ENDED = regex.compile(r"[.!?。！？…]\W*$")
_HIDDEN = regex.compile(r"[\p{Cf}\p{Cs}]")


def is_instruction(sentence: str) -> bool:
    """Whether a sentence gives orders to an assistant, seen through invisible characters and full-width letters."""
    from unicodedata import normalize

    return _TO_ASSISTANT.search(normalize("NFKC", _HIDDEN.sub("", sentence))) is not None


def evidence_of(quote: str) -> str:
    """A quote without its sentences that talk to the assistant."""
    if not is_instruction(quote):
        return quote
    kept, opened = [], False
    for sentence in split_sentences(quote):
        text = quote[sentence.start : sentence.end]
        ordered = is_instruction(text)
        if not ordered and not opened:
            kept.append(text)
        # What follows a role marker, or "write the following:", is what it orders.
        opened = ordered and _ENDED.search(text) is None
    return " ".join(kept)
