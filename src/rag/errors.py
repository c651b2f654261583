"""Errors that a user can mend. Their text is one line: what is wrong, and the command or setting that mends it."""


class RagError(Exception):
    """Something outside the program is wrong (a file, a setting, an index). Anything else keeps its traceback."""


class BadDocument(RagError):
    """One document cannot be read; the others of the same run still can."""


class BadIndex(RagError):
    """An index is absent, damaged, or made by another model or version."""


class BadModel(RagError):
    """A model cannot be found, built or loaded."""


class BadSetting(RagError):
    """A setting or a `RAG_*` variable is misspelt or out of range."""


class BadConversation(RagError):
    """A saved conversation cannot be read or written."""
