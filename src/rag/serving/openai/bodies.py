"""What OpenAI's clients send. What has no meaning here (temperature, say) is taken and not heeded."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.serving.http.bodies import WHOLE, Scope


class TextPart(BaseModel):
    """A part of a message's content."""

    model_config = ConfigDict(strict=True)
    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """A message. Only what users said counts: the last is the question, those before it say what it leans on."""

    model_config = ConfigDict(strict=True)
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Annotated[list[TextPart], Field(max_length=100)] | None = None

    def text(self) -> str:
        """The message as one text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """Options of a stream."""

    model_config = ConfigDict(strict=True)
    include_usage: bool | None = None


class ChatBody(Scope):
    """A chat, and (beside OpenAI's fields) where to search: `k`, `documents`, `filters`, `llm`."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [{"model": "rag", "messages": [{"role": "user", "content": "北京有多少所高校？"}]}]
        },
    )
    model: Annotated[str, Field(max_length=200, description="`rag`.")]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1, description="One answer."), WHOLE] | None = None


class EmbeddingsBody(BaseModel):
    """Texts to embed; `input_type` says on which side of a search they stand."""

    model_config = ConfigDict(
        strict=True, json_schema_extra={"examples": [{"model": "multilingual-e5-small", "input": "北京的高校"}]}
    )
    model: Annotated[str, Field(max_length=200)]
    input: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=256)]
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1), WHOLE] | None = None
    input_type: Annotated[Literal["query", "document"], Field(description="What is asked, or what is found.")] = (
        "document"
    )


Json = dict[str, Any]
