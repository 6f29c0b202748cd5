"""What the pages share: one HTML file that needs nothing else, for light and dark screens and for paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

# Nothing is loaded and no script runs, whatever a text in the page says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; }
html { background: Canvas; color: CanvasText; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 1.8rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; } p { margin: .3rem 0; max-width: 75ch; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #8886; }
td { overflow-wrap: break-word; }
.wide { overflow-x: auto; } .wide:focus-visible { outline: 2px solid currentColor; }
.charts { display: grid; gap: 1.2rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
svg { display: block; max-width: 100%; height: auto; } small { font-size: .8rem; }
@media print {
  :root { color-scheme: light; } body { padding: 0; font-size: 11px; }
  h2, h3 { break-after: avoid; } .charts > *, tr { break-inside: avoid; }
}
"""


def page(title: str, body: str) -> str:
    """A whole HTML page; `body` is HTML already, `title` is text."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style></head>\n<body><main>\n<h1>{escape(title)}</h1>\n{body}\n</main></body>\n</html>\n"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], label: str) -> str:
    """A table as HTML, every cell escaped; the first cell of a row names it."""
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(str(row[0]))}</th>'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def clean(text: object, most: int = 120) -> str:
    """A text from outside as one line of printable characters, cut after `most`.

    >>> clean("Intel\\nXeon\\u202e")
    'IntelXeon'
    """
    return "".join(letter for letter in str(text)[: 10 * most] if letter.isprintable())[:most]
