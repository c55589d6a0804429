"""python -m bench: measures everything and writes the page."""

from __future__ import annotations

import signal
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from bench import measure, services, stock_bot
from bench.results import Machine, Results
from bot.knowledge import load_knowledge
from bot.rasa_adapter.model_archive import model_path
from bot.settings import ROOT, settings
from tests.support.processes import ProcessError

FOLDER = ROOT / "var" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
console = Console()


def main(
    quick: bool = typer.Option(False, help="Few turns, in some minutes; writes var/bench/quick.md."),
    again: bool = typer.Option(False, help="Write the page again from the results of the last run."),
) -> None:
    """Measure our server beside a stock Rasa bot, and write docs/benchmarks.md."""
    name = "quick" if quick else "full"
    raw, page = FOLDER / f"{name}.json", FOLDER / "quick.md" if quick else PAGE
    if not again:
        signal.signal(signal.SIGTERM, _stop)
        FOLDER.mkdir(parents=True, exist_ok=True)
        try:
            results = _measure(measure.QUICK if quick else measure.FULL, quick)
        except ProcessError as error:
            console.print(str(error), style="red", markup=False)
            raise typer.Exit(1) from error
        raw.write_text(results.json(indent=1), encoding="utf-8")
    results = Results.parse_file(raw)
    page.write_text(services.templates.get_template("page.md.j2").render(f=results), encoding="utf-8")
    for target in results.targets:
        measured = "" if target.measured is None else f"{target.measured:.3f}"
        console.print(f"{target.what}: {measured} ({target.wanted}) {target.verdict.strip('*')}")
    console.print(f"The page: {page.relative_to(ROOT)}")


def _stop(*_: object) -> NoReturn:
    """Ends like Ctrl-C, so that everything is cleaned up."""
    raise KeyboardInterrupt


def _measure(size: measure.Size, quick: bool) -> Results:
    model = model_path(load_knowledge(settings().knowledge))
    if not model.exists():
        raise ProcessError("There is no trained model for the present files; run make train")
    machine = Machine.this()
    models = {"ours": model, "stock": stock_bot.model_path(FOLDER)}
    if not models["stock"].exists():
        with console.status("Training the stock bot, some minutes ..."):
            stock_bot.train(models["stock"])
    messages = stock_bot.messages(models["stock"])
    began = time.perf_counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="klantkompas-bench-")))
        bench = measure.Bench(messages, size, folder)
        with ExitStack() as running:
            ours = services.ours(folder)
            rasa = services.stock(folder, models["stock"])
            echo, limit = services.baselines(folder, model)
            for bot in (ours, rasa, limit):
                running.callback(bot.stop)
            starts = bench.starts([ours, rasa], models)
            limit.start()
            turns, apart = bench.turns([ours, rasa, limit, echo])
            throughput, share = bench.throughput([ours, rasa, limit, echo])
            growth = bench.growth([ours, rasa])
            for bot in (ours, rasa):
                starts[bot.name].memory_after = bot.memory
        filled = bench.filled()
        workers = bench.workers()
        return Results(
            measured_on=date.today(),
            quick=quick,
            minutes=(time.perf_counter() - began) / 60,
            machine=machine,
            epochs=stock_bot.EPOCHS,
            messages=len(messages),
            starts=starts,
            turns=turns,
            turns_apart=apart,
            throughput=throughput,
            load_share=share,
            growth=growth,
            growth_conversations=size.long_conversations,
            filled=filled,
            workers=workers,
            unanswered=bench.unanswered,
            asked=bench.asked,
        )


if __name__ == "__main__":
    typer.run(main)
