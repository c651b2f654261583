"""What callers send: each field with its limits, and an example."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_EXAMPLE = "北京有多少所高校？"
MOST_K = 100


def _whole(value: Any) -> Any:
    """JSON has no whole numbers of its own: 3.0 is one, by its schema too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
Question = Annotated[str, Field(min_length=1, max_length=10_000, description="In any language.")]
Passages = Annotated[int, Field(ge=1, le=MOST_K, description="How many passages to retrieve."), WHOLE]
Names = Annotated[
    list[Annotated[str, Field(max_length=4096)]],
    Field(max_length=200, description="Ids or sources of the documents to search in; all where it is left out."),
]
Filters = Annotated[
    dict[
        Annotated[str, Field(max_length=200)],
        Annotated[str, Field(max_length=4096)]
        | Annotated[list[Annotated[str, Field(max_length=4096)]], Field(max_length=20)],
    ],
    Field(max_length=10, description="Fields of documents and the value, or the alternatives, that each must have."),
]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=4096)]],
    Field(max_length=50, description="Fields of the document, to be filtered by."),
]


def _config(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [example]})


class SearchBody(BaseModel):
    """Which passages to find."""

    model_config = _config(question=_EXAMPLE, k=3)
    question: Question
    k: Passages = 5
    documents: Names | None = None
    filters: Filters | None = None


class Scope(BaseModel):
    """Where to look for an answer, and who may write it."""

    k: Passages | None = None
    documents: Names | None = None
    filters: Filters | None = None
    llm: Annotated[
        bool, Field(description="False: quote the documents, even where a language model is there to write.")
    ] = True

    def options(self) -> dict[str, Any]:
        """As `Rag.ask` takes them."""
        return {"k": self.k, "documents": self.documents, "filters": self.filters, "llm": self.llm}


class AskBody(Scope):
    """What to answer."""

    model_config = _config(question=_EXAMPLE, history=[])
    question: Question
    history: Annotated[list[Question], Field(max_length=50, description="Questions asked before, oldest first.")] = (
        Field(default_factory=list)
    )


class TextBody(BaseModel):
    """A document as text. A name that ends in .md or .html says what the text is; a known one replaces its document."""

    model_config = _config(
        name="opening-hours.md", text="# Opening hours\n\nWe open at nine.", metadata={"kind": "faq"}
    )
    text: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(max_length=200)] = ""
    metadata: Metadata = Field(default_factory=dict)
