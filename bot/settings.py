"""What differs between installations; read from the environment, with defaults that just work."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import BaseSettings, Field

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Each field is set by an environment variable: KLANTKOMPAS_ and the name in capitals."""

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless a proxy stands in front")
    port: int = 5005
    knowledge: Path = Field(default=ROOT / "bot" / "knowledge" / "content", description="folder of the knowledge base")
    intake_db: str = Field(default=f"sqlite:///{ROOT / 'var' / 'intake.db'}", description="any SQLAlchemy URL")
    conversations: Path = Field(
        default=ROOT / "var" / "conversations.db", description="SQLite file of the conversations"
    )
    time_zone: str = Field(default="Europe/Amsterdam", description="in which working days begin and end")
    max_message_length: int = Field(
        default=2000, description="characters; longer messages are asked for again, shorter"
    )

    class Config:
        env_prefix = "KLANTKOMPAS_"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
