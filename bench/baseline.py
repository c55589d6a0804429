"""Lower bounds of a turn: a bare Sanic app that echoes the message, or classifies it first."""

from __future__ import annotations

import sys

from rasa.core.agent import load_agent
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse


def create_app(model: str) -> Sanic:
    """/echo returns the message, /understand the intent that our model gives it, without policies or actions."""
    app = Sanic("baseline", configure_logging=False)

    async def load(app: Sanic, _: object) -> None:
        app.ctx.agent = await load_agent(model_path=model)

    app.register_listener(load, "before_server_start")

    @app.post("/echo")
    async def echo(request: Request) -> HTTPResponse:
        return _message(request.json["sender"], request.json["message"])

    @app.post("/understand")
    async def understand(request: Request) -> HTTPResponse:
        parsed = await request.app.ctx.agent.parse_message(request.json["message"])
        return _message(request.json["sender"], parsed["intent"]["name"])

    return app


def _message(sender: str, text: str) -> HTTPResponse:
    return response.json([{"recipient_id": sender, "text": text}])


if __name__ == "__main__":
    from bot.rasa_adapter.environment import configure

    configure()
    create_app(sys.argv[1]).run(host="127.0.0.1", port=int(sys.argv[2]), access_log=False, motd=False)
