"""What differs between installations; read from the environment, with defaults that just work."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseSettings, Field, validator
from pydantic.fields import ModelField

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Each field is set by an environment variable: KLANTKOMPAS_ and the name in capitals."""

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless a proxy stands in front")
    port: int = 5005
    knowledge: Path = Field(default=ROOT / "bot" / "knowledge" / "content", description="folder of the knowledge base")
    intake_db: str = Field(default=f"sqlite:///{ROOT / 'var' / 'intake.db'}", description="any SQLAlchemy URL")
    conversations_db: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'conversations.db'}",
        description="Rasa's record of the conversations; any SQLAlchemy URL",
    )
    messages_db: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'messages.db'}",
        description="what visitors of the website and the advisor said, and their thumbs; any SQLAlchemy URL",
    )
    redis: str = Field(
        default="",
        description="redis://... for the locks and limits of several servers (docs/deployment.md); "
        "without it they are in this process",
    )
    log: Literal["text", "json"] = Field(default="text", description="how log lines are written")
    metrics: Literal["off", "loopback", "everyone"] = Field(
        default="loopback", description="who may read /metrics (Prometheus); loopback: this machine, not by a proxy"
    )
    rest: bool = Field(
        default=True, description="whether the REST channel is on; it is for trying out: off once you go public"
    )
    sites: str = Field(
        default="",
        description="websites that may show the chat, with a space between: https://www.jouwbureau.nl https://...; "
        "this server itself and pages on localhost always may",
    )
    secret: str = Field(
        default="", description="signs the visitors' sessions; made once and kept in var/secret where none is given"
    )
    proxies: int = Field(default=0, description="number of proxies in front, whose X-Forwarded-For is believed")
    retention_days: int = Field(
        default=90, ge=1, le=36500, description="days after which talks and requests are deleted (docs/privacy.md)"
    )
    session_days: int = Field(default=90, description="days after which a visitor's session ends")
    messages_per_minute: int = Field(default=20, description="that one visitor may send")
    messages_per_minute_per_address: int = Field(default=60, description="that visitors behind one address may send")
    sessions_per_hour_per_address: int = Field(default=60, description="that may begin behind one address")
    slack_bot_token: str = Field(default="", description="xoxb-...; without it Slack is off (docs/slack.md)")
    slack_signing_secret: str = Field(default="", description="to be reached by Slack over HTTP")
    slack_app_token: str = Field(default="", description="xapp-...; to reach Slack by Socket Mode, without an address")
    slack_requests_channel: str = Field(default="", description="id of the channel where requests arrive, C0123456789")
    slack_api_url: str = Field(default="https://slack.com/api/", description="another one for tests only")
    slack_language: Literal["nl", "en"] = Field(default="nl", description="in which requests are posted to the team")
    time_zone: str = Field(default="Europe/Amsterdam", description="in which working days begin and end")
    max_message_length: int = Field(
        default=2000, description="characters; longer messages are asked for again, shorter"
    )

    class Config:
        env_prefix = "KLANTKOMPAS_"

    @validator("sites")
    def _are_origins(cls, value: str) -> str:
        for site in value.split():
            if not re.fullmatch(r"https?://[a-z0-9.*-]+(:\d+|:\*)?", site):
                raise ValueError(f"{site!r}: expected addresses without a path, such as https://www.jouwbureau.nl")
        return value

    @validator("slack_bot_token", "slack_app_token", "slack_requests_channel")
    def _looks_right(cls, value: str, field: ModelField) -> str:
        begins = {"slack_bot_token": ("xoxb-",), "slack_app_token": ("xapp-",), "slack_requests_channel": ("C", "G")}
        if value and not value.startswith(begins[field.name]):
            raise ValueError(f"expected something that begins with {' or '.join(begins[field.name])}")
        return value

    @property
    def allowed_sites(self) -> tuple[str, ...]:
        """Origins whose pages may show the chat, as Content-Security-Policy writes them; `*` stands for any port."""
        return (*self.sites.split(), "http://localhost:*", "http://127.0.0.1:*")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
