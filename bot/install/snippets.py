"""The line that puts the chat on a site: as HTML, or as a script where data attributes would get lost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape


def html_line(address: str, attributes: Mapping[str, str]) -> str:
    """The script element.

    Example:
        >>> html_line("https://advisor.example", {"data-accent": "#0b5d50"})
        '<script src="https://advisor.example/widget.js" data-accent="#0b5d50" defer></script>'
    """
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f'<script src="{escape(address)}/widget.js"{written} defer></script>'


def tag_manager(address: str, attributes: Mapping[str, str]) -> str:
    """A script that adds the element itself: Google Tag Manager leaves data attributes out of scripts.

    Example:
        >>> print(tag_manager("https://advisor.example", {"data-offset-side": "20"}))
        <script>
          (function () {
            var script = document.createElement("script");
            script.src = "https://advisor.example/widget.js";
            Object.assign(script.dataset, {"offsetSide": "20"});
            document.head.appendChild(script);
          })();
        </script>
    """
    names = {re.sub(r"-(\w)", lambda m: m.group(1).upper(), k.removeprefix("data-")): v for k, v in attributes.items()}
    lines = [
        "<script>",
        "  (function () {",
        '    var script = document.createElement("script");',
        f"    script.src = {_literal(address + '/widget.js')};",
        *([f"    Object.assign(script.dataset, {_literal(names)});"] if names else []),
        "    document.head.appendChild(script);",
        "  })();",
        "</script>",
    ]
    return "\n".join(lines)


def _literal(value: object) -> str:
    """A value as JavaScript writes it, such that no text in it ends the script; GTM would fill in {{names}}."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\!--").replace("{{", "{\\u007b")
