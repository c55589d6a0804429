"""Train, serve, chat."""

from __future__ import annotations

import asyncio
import contextlib

import typer
from rich.markdown import Markdown

from bot.cli.common import console, errors, served_model, services, trained_model
from bot.rasa_adapter import environment, tensorflow_stub
from bot.settings import ROOT, settings

app = typer.Typer()


@app.command()
def train(force: bool = typer.Option(False, help="Also if nothing changed.")) -> None:
    """Train the model, if something changed since the last time."""
    path = trained_model(force)
    console.print(f"The model is up to date: {path.relative_to(ROOT)}")


@app.command()
def serve() -> None:
    """Serve the advisor; trains first if needed. Ctrl-C stops everything."""
    model = served_model()
    with console.status("Loading the advisor …"):
        _prepare_rasa()
        from bot.app import create_app
        from bot.errors import ConfigurationError
        from bot.observability import logs

        logs.configure(settings().log)
        try:
            server = create_app(model, services())
        except ConfigurationError as error:
            errors.print(str(error), style="red")
            raise typer.Exit(1) from error
    address = f"http://{settings().host}:{settings().port}"
    started = False

    @server.listener("after_server_start")
    async def announce(*_: object) -> None:
        nonlocal started
        started = True
        console.print(f"[green]Klantkompas is ready:[/green] [bold]{address}[/bold] shows it on a website.")
        for channel in server.ctx.channels:
            if channel.status:
                console.print(channel.status)
        console.print(f"The chat alone: {address}/chat. In a terminal: [bold]make chat[/bold]. Ctrl-C stops.")

    server.run(host=settings().host, port=settings().port, access_log=False, motd=False)
    if not started:  # Sanic has logged why, and returns as if nothing were wrong
        raise typer.Exit(1)


@app.command()
def chat() -> None:
    """Chat in the terminal; a number presses a button."""
    model = served_model()
    with console.status("Loading the advisor …"):
        _prepare_rasa()
        from actions.table import sdk_actions
        from bot.chat.turns import IncomingMessage, TurnService
        from bot.presentation import markdown
        from bot.rasa_adapter.assistant import Assistant

    async def converse() -> None:
        shared = services()
        with console.status("Loading the advisor …"):
            turns = TurnService(await Assistant.load(model, settings(), sdk_actions(shared)), shared)
        console.print("Typ je vraag (of een nummer voor een knop). Een lege regel stopt. / An empty line stops.\n")
        buttons: list[dict[str, str]] = []
        while text := (await asyncio.to_thread(console.input, "[bold]> [/bold]")).strip():
            is_button = text.isdigit() and 0 < int(text) <= len(buttons)
            if is_button:
                text = buttons[int(text) - 1]["payload"]
            buttons = []
            for answer in await turns.answer(IncomingMessage(text, "terminal", is_button)):
                rendered = markdown.render(answer)
                console.print(Markdown(rendered.text))
                for button in rendered.buttons:
                    buttons.append(button)
                    console.print(f"  [cyan]{len(buttons)}[/cyan] {button['title']}")
            console.print()

    with contextlib.suppress(EOFError, KeyboardInterrupt):
        asyncio.run(converse())


def _prepare_rasa() -> None:
    """What serving does differently from training: one thread, no TensorFlow, and the patches."""
    environment.use_one_thread()
    tensorflow_stub.install()
    from bot.rasa_adapter import patches

    patches.apply()
