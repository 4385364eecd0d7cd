"""What the environment sets, with its defaults."""

import os
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Settings:
    chroma_url: str = os.environ.get("CHROMA_URL", "http://127.0.0.1:8001")
    chroma_collection: str = os.environ.get("CHROMA_COLLECTION", "documents")
    llm_url: str = os.environ.get("LLM_URL", "http://127.0.0.1:8100/v1")
    llm_model: str = os.environ.get("LLM_MODEL", "default")
    llm_key: str = os.environ.get("LLM_API_KEY", "")
    # An OpenAI-compatible server such as http://127.0.0.1:8200/v1; without one the built-in embedding is used.
    embeddings_url: Optional[str] = os.environ.get("EMBEDDINGS_URL")
    embeddings_model: str = os.environ.get("EMBEDDINGS_MODEL", "default")

    # Seconds.
    chroma_timeout: float = float(os.environ.get("CHROMA_TIMEOUT", "5"))
    embeddings_timeout: float = float(os.environ.get("EMBEDDINGS_TIMEOUT", "5"))
    # To the first token, and from one token to the next.
    llm_timeout: float = float(os.environ.get("LLM_TIMEOUT", "15"))

    # What is past these is refused with 503.
    max_in_flight: int = int(os.environ.get("MAX_IN_FLIGHT", "256"))
    max_waiting_documents: int = int(os.environ.get("MAX_WAITING_DOCUMENTS", "2000"))

    embedding_threads: int = int(os.environ.get("EMBEDDING_THREADS", "2"))
    indexing_workers: int = int(os.environ.get("INDEXING_WORKERS", "4"))


settings = Settings()
