"""The endpoints that OpenAI's clients speak to: chat completions, models, embeddings."""
