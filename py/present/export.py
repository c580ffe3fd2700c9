"""What is on screen, to take away: JSON, CSV and Markdown.

Every figure of every card is there under the API's name, in SI with its unit, and as it is shown. Version, date and
link are given by the caller: this module knows no clock and no address.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from present import state
from present.cards import ASSUMPTIONS, Answer, groups
from present.charts import Table
from present.figures import Figure, Writer
from roofline.document import document

_BYTE_ORDER_MARK = "\ufeff"
"""Makes spreadsheets read UTF-8."""

_SUFFIXES = (("tokens_per_s", "tokens/s"), ("_s", "s"), ("_tokens", "tokens"))
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and with what an export was made; `link` opens the same scenario, "" where it has none."""

    version: str
    date: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an answer: its name, the end of a file's name, the type of its content."""

    name: str
    suffix: str
    media_type: str
    write: Callable[[Answer, Writer, Stamp], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a card: the API's name, the SI value with its unit, and the words on screen."""

    group: str
    label: str
    field: str
    value: float | str | None
    unit: str
    shown: str
    low: float | None
    high: float | None


def rows(answer: Answer, writer: Writer) -> tuple[Row, ...]:
    """Every figure of every card, in the order of the screen, each once."""
    found: dict[str, Row] = {}
    for group in groups(answer, writer):
        for card in group.cards:
            for figure in (card.figure, *(piece for line in card.lines for piece in line)):
                if isinstance(figure, Figure):
                    found.setdefault(figure.field, _row(answer, group.title, card.label, figure))
    return tuple(found.values())


def _row(answer: Answer, group: str, label: str, figure: Figure) -> Row:
    low, high = (getattr(answer.estimate, f"{figure.field}_{end}", None) for end in ("low", "high"))
    return Row(group, label, figure.field, figure.value, unit_of(figure.field), _plain(str(figure)), low, high)


def unit_of(field: str) -> str:
    """SI unit of a figure by the API's name; "" for counts and words."""
    if field.startswith("usd_"):
        return "USD"
    if "bytes" in field:
        return "bytes"
    return next((unit for suffix, unit in _SUFFIXES if field.endswith(suffix)), "")


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def to_json(answer: Answer, writer: Writer, stamp: Stamp) -> str:
    """All that the command line prints, and with it the scenario and the figures as shown."""
    made: dict[str, Any] = document(answer.model, answer.estimate) | {
        **asdict(stamp),
        "active_params": answer.model.active_params,
        "architecture": answer.model.architecture,
        "source": answer.source,
        "scenario": state.texts(answer.scenario),
        "figures": [asdict(row) for row in rows(answer, writer)],
        "assumptions": list(ASSUMPTIONS),
    }
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def to_csv(answer: Answer, writer: Writer, stamp: Stamp) -> str:
    """One line for each figure; scenario and stamp in the first lines."""
    header = ("group", "label", "field", "value", "unit", "shown", "low", "high")
    body = (tuple(_cell(value) for value in asdict(row).values()) for row in rows(answer, writer))
    return _csv([*_preface(answer, stamp), (), header, *body])


def table_to_csv(table: Table, stamp: Stamp) -> str:
    """A table as it is shown, its caption and the stamp in the first lines."""
    return _csv([("table", table.caption), *_stamp_lines(stamp), (), table.columns, *table.rows])


def _preface(answer: Answer, stamp: Stamp) -> Iterator[tuple[str, str]]:
    yield from _stamp_lines(stamp)
    yield "model_name", answer.model.name
    yield "model_source", answer.source
    yield from state.texts(answer.scenario).items()


def _stamp_lines(stamp: Stamp) -> Iterator[tuple[str, str]]:
    return ((key, text) for key, text in asdict(stamp).items() if text)


def _csv(lines: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    pen = csv.writer(written, lineterminator="\r\n")
    for cells in lines:
        pen.writerow([_defused(cell) for cell in cells])
    return _BYTE_ORDER_MARK + written.getvalue()


def _cell(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _defused(cell: str) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers."""
    cell = _plain(cell)
    if not cell.startswith(_FORMULA_STARTS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def to_markdown(answer: Answer, writer: Writer, stamp: Stamp) -> str:
    """A heading, what was asked, and one table for each group of cards."""
    lines = [f"# {_safe(answer.model.name)}", "", _asked(answer), ""]
    shown = rows(answer, writer)
    for title in dict.fromkeys(row.group for row in shown):
        lines += [f"## {title}", "", "| Figure | Value | 80 % range | Field |", "|---|---:|---:|---|"]
        lines += [_markdown_row(row, writer) for row in shown if row.group == title]
        lines.append("")
    lines += [f"- {text}" for text in ASSUMPTIONS]
    return "\n".join([*lines, "", _footer(stamp)]) + "\n"


def table_to_markdown(table: Table, stamp: Stamp) -> str:
    """A table as it is shown."""
    head = [f"**{_safe(table.caption)}**", "", _line(table.columns), _line(["---"] * len(table.columns))]
    return "\n".join([*head, *(_line(row) for row in table.rows), "", _footer(stamp)]) + "\n"


def _asked(answer: Answer) -> str:
    changed = state.changes(answer.scenario)
    pairs = [f"{state.RULES[key].label}: {_safe(text)}" for key, text in changed.items() if key != "model"]
    return " · ".join([*pairs, _safe(answer.source)])


def _markdown_row(row: Row, writer: Writer) -> str:
    ends = [_plain(str(writer.figure(row.field, end))) for end in (row.low, row.high) if end is not None]
    return _line([row.label, row.shown, " to ".join(ends), f"`{row.field}`"])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell if cell.startswith('`') else _safe(cell) for cell in cells)} |"


def _footer(stamp: Stamp) -> str:
    made = f"Version {_safe(stamp.version)}, {_safe(stamp.date)}."
    return f"{made} <{stamp.link}>" if stamp.link else made


def _safe(text: str) -> str:
    """Text that Markdown shows as it stands."""
    plain = " ".join(_plain(text).split())
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>|#!~" else letter for letter in plain)


FORMATS: Mapping[str, Format] = {
    each.suffix: each
    for each in (
        Format("JSON", "json", "application/json", to_json),
        Format("CSV", "csv", "text/csv", to_csv),
        Format("Markdown", "md", "text/markdown", to_markdown),
    )
}
"""By the end of a file's name, the default first."""


def file_name(answer: Answer, suffix: str) -> str:
    """Of a download: model and GPU in letters that every file system takes."""
    words = f"{answer.model.name.rpartition('/')[2]} {answer.scenario.gpu}"
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", words).strip("-.")[:80]
    return f"{plain or 'estimate'}.{suffix}"
