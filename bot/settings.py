"""Settings from environment variables, with defaults for one machine."""

from __future__ import annotations

import re
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from email_validator import validate_email
from pydantic import BaseSettings, Field, validator
from pydantic.fields import ModelField

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Each field is read from the environment variable KLANTKOMPAS_<NAME>."""

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless a proxy stands in front")
    port: int = 5005
    knowledge: Path = Field(default=ROOT / "bot" / "knowledge" / "content", description="folder of the knowledge base")
    intake_db: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'intake.db'}", description="requests of visitors; any SQLAlchemy URL"
    )
    conversations_db: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'conversations.db'}",
        description="Rasa's tracker store; any SQLAlchemy URL",
    )
    messages_db: str = Field(
        default=f"sqlite:///{ROOT / 'var' / 'messages.db'}",
        description="messages of visitors and the advisor, and votes; any SQLAlchemy URL",
    )
    redis: str = Field(
        default="",
        description="redis://... for the locks and limits of several servers (docs/deployment.md); "
        "without it they are kept in this process",
    )
    log: Literal["text", "json"] = Field(default="text", description="format of log lines")
    metrics: Literal["off", "loopback", "everyone"] = Field(
        default="loopback",
        description="clients that may read /metrics (Prometheus); loopback: this machine, not through a proxy",
    )
    action_server: str = Field(
        default="",
        description="URL of an action server, http://127.0.0.1:5055/webhook; without it actions run in the server",
    )
    rest: bool = Field(default=True, description="whether the REST channel is on; turn it off on a public server")
    public_url: str = Field(
        default="",
        description="address under which visitors reach this server, https://chat.jouwbureau.nl, for links elsewhere",
    )
    sites: str = Field(
        default="",
        description="websites that may show the chat, with a space between: https://www.jouwbureau.nl https://...; "
        "this server itself and pages on localhost always may",
    )
    secret: str = Field(
        default="", description="signing key of visitors' sessions; by default created once in var/secret"
    )
    proxies: int = Field(default=0, description="number of trusted proxies in front, for X-Forwarded-For")
    retention_days: int = Field(
        default=90,
        ge=1,
        le=36500,
        description="after which conversations and requests are deleted (docs/privacy.md)",
    )
    session_days: int = Field(default=90, description="days after which a visitor's session ends")
    messages_per_minute: int = Field(default=20, description="rate limit per visitor")
    messages_per_minute_per_address: int = Field(default=60, description="rate limit per IP address")
    sessions_per_hour_per_address: int = Field(default=60, description="new conversations per IP address")
    slack_bot_token: str = Field(default="", description="xoxb-...; without it Slack is off (docs/slack.md)")
    slack_signing_secret: str = Field(default="", description="to be reached by Slack over HTTP")
    slack_app_token: str = Field(default="", description="xapp-...; to reach Slack by Socket Mode, without an address")
    slack_requests_channel: str = Field(default="", description="id of the channel where requests arrive, C0123456789")
    slack_api_url: str = Field(default="https://slack.com/api/", description="for tests")
    slack_language: Literal["nl", "en"] = Field(default="nl", description="of the posts in the team's channel")
    slack_mask: bool = Field(
        default=False,
        description="whether e-mail addresses and phone numbers are masked in conversations that people take over",
    )
    handover: Literal["opening_hours", "always", "off"] = Field(
        default="opening_hours",
        description="when a visitor who asks for a person gets one in the chat, by Slack (docs/handover.md)",
    )
    handover_wait_minutes: float = Field(
        default=3, gt=0, description="after which that visitor is offered an appointment if nobody came"
    )
    handover_idle_minutes: float = Field(
        default=60, gt=0, description="without a message, after which the advisor takes the conversation back"
    )
    smtp_url: str = Field(
        default="",
        description="mail server that sends plans to visitors, smtp://user:password@host:587 or smtps://...; "
        "without it no plan is sent by e-mail (docs/quickscan.md)",
    )
    smtp_sender: str = Field(
        default="", description="sender of those e-mails, Jouw Bureau <info@jouwbureau.nl>; needed with smtp_url"
    )
    time_zone: str = Field(default="Europe/Amsterdam", description="of the agency")
    max_message_length: int = Field(
        default=2000, description="characters; longer messages are refused with an explanation"
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

    @validator("smtp_url")
    def _is_a_mail_server(cls, value: str) -> str:
        if value and not re.fullmatch(r"smtps?://([^\s:@/]+:[^\s:@/]+@)?[^\s:@/]+(:\d+)?/?", value):
            raise ValueError(
                "expected smtp://user:password@host:587 or smtps://user:password@host:465, "
                "with special characters of the password percent-encoded"
            )
        return value

    @validator("smtp_sender", always=True)
    def _is_a_sender(cls, value: str, values: dict[str, Any]) -> str:
        if value:
            validate_email(parseaddr(value)[1], check_deliverability=False)  # raises a ValueError
        elif values.get("smtp_url"):
            raise ValueError("a mail server (KLANTKOMPAS_SMTP_URL) needs a sender")
        return value

    @property
    def slack_is_on(self) -> bool:
        """Whether a Slack workspace is connected."""
        return bool(self.slack_bot_token and (self.slack_signing_secret or self.slack_app_token))

    @property
    def has_team_channel(self) -> bool:
        """Whether the team can be reached in a channel in Slack."""
        return bool(self.slack_is_on and self.slack_requests_channel)

    @property
    def allowed_sites(self) -> tuple[str, ...]:
        """Origins whose pages may show the chat, as Content-Security-Policy writes them; `*` stands for any port."""
        return (*self.sites.split(), "http://localhost:*", "http://127.0.0.1:*")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
