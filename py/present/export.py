"""What is on screen, to take away: JSON, CSV and Markdown.

Every figure of every card is there under the API's name, in SI with its unit, and as it is shown. Version, date and
link are given by the caller: this module knows no clock and no address.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from present import cards, money, moneycards, state
from present.cards import ASSUMPTIONS, Answer, Group
from present.charts import Table
from present.figures import Figure, Writer
from present.money import Money
from present.text import span
from roofline.document import document
from roofline.hosted import hosted_price
from roofline.offers import providers

_BYTE_ORDER_MARK = "\ufeff"
"""Makes spreadsheets read UTF-8."""

_SUFFIXES = (("tokens_per_s", "tokens/s"), ("tokens_per_day", "tokens/day"), ("_s", "s"), ("_tokens", "tokens"))
_STARTS = (("joules_", "J"), ("kwh_", "kWh"))
LIST_PRICE = "list_usd_per_gpu_hour"
"""Field of what a provider lists for the GPU."""
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
    write: Callable[["Sheet"], str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is taken away: an answer, what was entered beside it, in which units of memory, and the stamp."""

    answer: Answer
    writer: Writer
    stamp: Stamp
    entered: Money


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: the API's name, the SI value with its unit, the words on screen; a price has source and date."""

    group: str
    label: str
    field: str
    value: float | str | None
    unit: str
    shown: str
    low: float | None
    high: float | None
    source: str = ""
    date: str = ""


def rows(sheet: Sheet) -> tuple[Row, ...]:
    """Every figure on screen, in its order, each once."""
    answer, found = sheet.answer, dict[str, Row]()
    for group in (*cards.groups(answer, sheet.writer), *moneycards.groups(answer, sheet.entered)):
        found |= {row.field: row for row in _of_group(answer, group) if row.field not in found}
    return (*found.values(), *_list_prices(answer))


def _of_group(answer: Answer, group: Group) -> Iterator[Row]:
    for card in group.cards:
        for figure in (card.figure, *(piece for line in card.lines for piece in line)):
            if isinstance(figure, Figure):
                yield _row(answer, group.title, card.label, figure)


def _row(answer: Answer, group: str, label: str, figure: Figure) -> Row:
    low, high = (getattr(answer.estimate, f"{figure.field}_{end}", None) for end in ("low", "high"))
    unit, shown = unit_of(figure.field), _plain(str(figure))
    return Row(group, label, figure.field, figure.value, unit, shown, low, high, *_origin(answer, figure.field))


def _origin(answer: Answer, field: str) -> tuple[str, str]:
    """Source and date of a hosted price of the list."""
    listed = hosted_price(answer.model.name)
    of_the_list = field.startswith("hosted_") and "_per_million_" in field and f"_{money.OWN}_" not in field
    return (listed.source, listed.date) if listed is not None and of_the_list else ("", "")


def _list_prices(answer: Answer) -> Iterator[Row]:
    gpu = answer.scenario.gpu
    for each in providers().get(gpu, ()):
        usd = each.usd_per_gpu_hour
        title, shown = f"List prices of {gpu}", f"{usd:.2f}"
        yield Row(title, each.name, LIST_PRICE, usd, "USD", shown, None, None, each.source, each.date)


def unit_of(field: str) -> str:
    """SI unit of a figure by the API's name; "" for counts and words."""
    if field.startswith("usd_") or "_usd_" in field:
        return "USD"
    if "bytes" in field:
        return "bytes"
    if field.startswith(tuple(start for start, _ in _STARTS)):
        return next(unit for start, unit in _STARTS if field.startswith(start))
    return next((unit for suffix, unit in _SUFFIXES if field.endswith(suffix)), "")


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def to_json(sheet: Sheet) -> str:
    """All that the command line prints, and with it the scenario and the figures as shown."""
    answer = sheet.answer
    made: dict[str, Any] = document(answer.model, answer.estimate) | {
        **asdict(sheet.stamp),
        "active_params": answer.model.active_params,
        "architecture": answer.model.architecture,
        "source": answer.source,
        "scenario": state.texts(answer.scenario),
        "entered": asdict(sheet.entered),
        "sentences": list(_sentences(sheet)),
        "figures": [asdict(row) for row in rows(sheet)],
        "assumptions": list(ASSUMPTIONS),
    }
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def _sentences(sheet: Sheet) -> Iterator[str]:
    """What the page says of them in words."""
    yield _plain(money.verdict(sheet.answer, sheet.entered))
    volume = money.at_volume(sheet.answer, sheet.entered)
    if volume:
        yield _plain(volume)


def to_csv(sheet: Sheet) -> str:
    """One line for each figure; scenario and stamp in the first lines."""
    header = tuple(field.name for field in fields(Row))
    body = (tuple(_cell(value) for value in asdict(row).values()) for row in rows(sheet))
    return _csv([*_preface(sheet), (), header, *body])


def table_to_csv(table: Table, stamp: Stamp) -> str:
    """A table as it is shown, its caption and the stamp in the first lines."""
    return _csv([("table", table.caption), *_stamp_lines(stamp), (), table.columns, *table.rows])


def _preface(sheet: Sheet) -> Iterator[tuple[str, str]]:
    yield from _stamp_lines(sheet.stamp)
    yield "model_name", sheet.answer.model.name
    yield "model_source", sheet.answer.source
    yield from state.texts(sheet.answer.scenario).items()
    yield from _entries(sheet)
    yield from (("sentence", words) for words in _sentences(sheet))


def _entries(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """What was entered beside the form."""
    written = ((key, rule.write(getattr(sheet.entered, key))) for key, rule in money.RULES.items())
    return ((key, words) for key, words in written if words)


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


def to_markdown(sheet: Sheet) -> str:
    """A heading, what was asked, and one table for each group of cards."""
    lines = [f"# {_safe(sheet.answer.model.name)}", "", _asked(sheet), ""]
    shown = rows(sheet)
    for title in dict.fromkeys(row.group for row in shown):
        lines += [f"## {title}", "", *_of_table([row for row in shown if row.group == title], sheet.writer), ""]
        if title == moneycards.HOSTED:
            lines += [f"{_safe(words)}\n" for words in _sentences(sheet)]
    lines += [f"- {text}" for text in ASSUMPTIONS]
    return "\n".join([*lines, "", _footer(sheet.stamp)]) + "\n"


def _of_table(some: Sequence[Row], writer: Writer) -> Iterator[str]:
    """Rows of one group: with ranges, with sources, or with neither."""
    ranged, sourced = any(row.low is not None for row in some), any(row.source for row in some)
    extra = [*(["80 % range"] if ranged else []), *(["Source"] if sourced else [])]
    yield _line(["Figure", "Value", "Field", *extra])
    yield _line(["---", "---:", *["---"] * (1 + len(extra))])
    for row in some:
        own = [*([_range(row, writer)] if ranged else []), *([_where(row)] if sourced else [])]
        yield _line([row.label, row.shown, f"`{row.field}`", *own])


def table_to_markdown(table: Table, stamp: Stamp) -> str:
    """A table as it is shown."""
    head = [f"**{_safe(table.caption)}**", "", _line(table.columns), _line(["---"] * len(table.columns))]
    return "\n".join([*head, *(_line(row) for row in table.rows), "", _footer(stamp)]) + "\n"


def _asked(sheet: Sheet) -> str:
    changed = state.changes(sheet.answer.scenario)
    pairs = [f"{state.RULES[key].label}: {_safe(text)}" for key, text in changed.items() if key != "model"]
    pairs += [f"{money.RULES[key].label}: {_safe(text)}" for key, text in _entries(sheet)]
    return " · ".join([*pairs, _safe(sheet.answer.source)])


def _range(row: Row, writer: Writer) -> str:
    if row.low is None or row.high is None:
        return ""
    ends = (writer.figure(row.field, end).quantity for end in (row.low, row.high))
    return _plain(span(*ends))


def _where(row: Row) -> str:
    return ", ".join(part for part in (row.source, row.date) if part)


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
