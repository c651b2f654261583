"""What OpenAI's clients get, with the whole answer beside it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rag.serving.http.replies import AnswerReply, CitationReply


class _Reply(BaseModel):
    model_config = ConfigDict(extra="allow")


class UsageReply(_Reply):
    """Counted with the embedding model's tokenizer."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class MessageReply(_Reply):
    """The answer; `[n]` in it is the citation of that number."""

    role: Literal["assistant"]
    content: str
    refusal: None
    citations: list[CitationReply]


class ChoiceReply(_Reply):
    """The only choice."""

    index: int
    message: MessageReply
    finish_reason: Literal["stop"]
    logprobs: None


class CompletionReply(_Reply):
    """A chat completion; `rag` is the answer as POST /v1/ask gives it."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceReply]
    usage: UsageReply
    rag: AnswerReply


class ModelReply(_Reply):
    """A name to put into `model`."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsReply(_Reply):
    """The names there are."""

    object: Literal["list"]
    data: list[ModelReply]


class EmbeddingReply(_Reply):
    """A vector of length 1: numbers, or their little-endian 4-byte floats in base64."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingsUsageReply(_Reply):
    """Tokens embedded."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsReply(_Reply):
    """Vectors in the order of the texts."""

    object: Literal["list"]
    data: list[EmbeddingReply]
    model: str
    usage: EmbeddingsUsageReply
