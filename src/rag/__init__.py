"""Question answering over your own documents: every sentence cited to the characters of its source.

    from rag import Rag

    rag = Rag.load("index")
    print(rag.ask("北京有多少所高校？").text)

Importing is light; models and numerical libraries load with the first index.
"""

import importlib
from typing import TYPE_CHECKING, Any

from rag.errors import BadConversation, BadDocument, BadIndex, BadModel, BadSetting, RagError
from rag.records import Answer, AnswerSentence, Citation, Document, Hit, Passage, Sentence
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.answering.conversation import Conversation
    from rag.llm.openai_compatible import OpenAICompatible
    from rag.rag import Rag
    from rag.retriever import Retriever

__all__ = [
    "Answer",
    "AnswerSentence",
    "BadConversation",
    "BadDocument",
    "BadIndex",
    "BadModel",
    "BadSetting",
    "Citation",
    "Conversation",
    "Document",
    "Hit",
    "OpenAICompatible",
    "Passage",
    "Rag",
    "RagError",
    "Retriever",
    "Sentence",
    "Settings",
]


_LAZY = {
    "Rag": "rag.rag",
    "Retriever": "rag.retriever",
    "Conversation": "rag.answering.conversation",
    "OpenAICompatible": "rag.llm.openai_compatible",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
