"""The form's layout and workload on every GPU, as a table."""

from collections.abc import Iterable

from present.figures import Writer
from present.foundview import Cells, cell, cost_nodes, evidence_node, hardware_cell, heading
from present.markup import Node, h
from roofline import Estimate
from roofline.compare import OnGpu


def rows_of(rows: Iterable[OnGpu], writer: Writer) -> tuple[Node, ...]:
    """The form's layout on each GPU."""
    return tuple(h("tr", *_cells(row, writer), role="row") for row in rows)


HEADINGS = ("Hardware", "At once", "First token", "Per token", "Cost")


def heading_row() -> Node:
    """The head of that table."""
    return h("tr", *(heading(words) for words in HEADINGS), role="row")


def _cells(row: OnGpu, writer: Writer) -> tuple[Node, ...]:
    gpu = row.deployment.gpu_data
    count = row.deployment.nodes * gpu.gpus_per_node
    hardware = hardware_cell(f"{count:,} × {gpu.name}", row.deployment.nodes)
    if row.estimate is None or not row.estimate.fits:
        words = _obstacle(row, writer)
        why = h("td", words, colspan="4", role="cell", class_="soft", data_name="Not possible")
        return (hardware, why)
    cells = Cells(row.estimate, writer)
    most = f"of {row.estimate.max_concurrency:,} that fit, on each replica"
    return (
        hardware,
        cell("At once", cells.value("running"), h("span", most, class_="soft")),
        cell("First token", cells.value("ttft_s"), cells.spread("ttft_s")),
        cell("Per token", cells.value("tpot_s"), cells.spread("tpot_s"), evidence_node(row.estimate.evidence)),
        cell("Cost", *_cost(row.estimate, cells)),
    )


def _obstacle(row: OnGpu, writer: Writer) -> str:
    if row.estimate is None:
        return row.reason[0].upper() + row.reason[1:] + "."
    short = writer.figure("shortfall_bytes_per_gpu", row.estimate.shortfall_bytes_per_gpu)
    return f"Does not fit: {short} short on each GPU."


def _cost(estimate: Estimate, cells: Cells) -> tuple[Node, ...]:
    if estimate.usd_per_month is None:
        return (h("span", "no list price", class_="soft"),)
    return cost_nodes(cells)
