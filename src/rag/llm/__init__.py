"""Language models: the protocol, any OpenAI-compatible endpoint, and a llama.cpp server on this machine."""
