"""The server starts without TensorFlow, and without harm to what would need it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bot.settings import ROOT


def run(code: str) -> str:
    """What a new process prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_server_does_not_load_tensorflow_and_whoever_uses_it_learns_why() -> None:
    told = run("""
from bot.rasa_adapter.tensorflow_stub import TensorFlowStubError, install
assert install()
from bot.rasa_adapter.environment import configure
configure()
import bot.app, sys
import tensorflow as tf
print("real" if hasattr(tf, "__version__") else "left out")
class Layer(tf.keras.layers.Layer): pass
try:
    Layer()
except TensorFlowStubError as error:
    print(error)
""")
    assert told.splitlines() == [
        "left out",
        "Layer needs TensorFlow, which this process does not load",
    ]


def test_a_pipeline_with_a_neural_network_keeps_tensorflow(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("pipeline: [{name: bot.nlu.x.Y}, {name: DIETClassifier}]\npolicies: [{name: RulePolicy}]\n")
    assert (
        run(f"""
from pathlib import Path
from bot.rasa_adapter.tensorflow_stub import install
print(install(Path({str(config)!r})))
""")
        == "False\n"
    )
