"""Answers written by a language model from passages, each sentence checked against what it cites before it is shown."""
