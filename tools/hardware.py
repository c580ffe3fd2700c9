"""Make prices.json and offers.json in py/roofline/data/ from the table of published list prices.

    python tools/hardware.py [../shared/data/hardware/prices.csv]

prices.json has one figure per GPU: the median over providers of what each lists for on-demand use (a provider with
several rows counts once, at the median of its rows), with the lowest and highest row and every row's source.
offers.json has the rows themselves. Spot,
reserved, index and ownership-cost rows, and prices that the source itself calls estimates, are left out.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT.parent / "shared" / "data" / "hardware" / "prices.csv"
DATA = ROOT / "py" / "roofline" / "data"
ON_DEMAND = ("on-demand", "on-demand from", "serverless")
FIRST_WORDS_OF_PROVIDERS = re.compile(r"^(AWS|Lambda|RunPod|[^,(]+?)(?=$| p\d| \d+x| Secure| \()")


def provider(row: dict[str, str]) -> str:
    """The provider without instance name or reseller."""
    match = FIRST_WORDS_OF_PROVIDERS.match(row["provider"])
    return match.group(1) if match else row["provider"]


def is_list_price(row: dict[str, str]) -> bool:
    """Whether the row is what a provider lists for on-demand use."""
    return row["kind"] in ON_DEMAND and "estimated" not in row["note"]


def known_date(text: str) -> str:
    """The date of a row as far as it is known: YYYY, YYYY-MM or YYYY-MM-DD."""
    match = re.search(r"\d{4}(-\d{2}){0,2}", text)
    if match is None:
        raise ValueError(f"no date in {text!r}")
    return match.group(0)


def price(rows: list[dict[str, str]]) -> dict[str, object]:
    """The figure of one GPU from all its list prices."""
    by_provider = defaultdict(list)
    for row in rows:
        by_provider[provider(row)].append(float(row["usd_per_gpu_hour"]))
    amounts = [amount for some in by_provider.values() for amount in some]
    return {
        "value": round(median(median(some) for some in by_provider.values()), 2),
        "unit": "USD/GPU/h",
        "low": min(amounts),
        "high": max(amounts),
        "providers": len(by_provider),
        "date": max(known_date(row["date"]) for row in rows),
        "source": "; ".join(sorted({row["source"] for row in rows})),
        "note": "median over providers of their on-demand list price",
    }


def offer(row: dict[str, str]) -> dict[str, object]:
    """One row as a figure with its source."""
    return {
        "provider": provider(row),
        "offer": row["provider"],
        "value": float(row["usd_per_gpu_hour"]),
        "unit": "USD/GPU/h",
        "date": known_date(row["date"]),
        "source": row["source"],
        "note": row["note"],
    }


def listed(table: Path) -> dict[str, list[dict[str, str]]]:
    """List prices of all GPUs that the engine knows and some provider lists."""
    by_gpu = defaultdict(list)
    with table.open(encoding="utf-8", newline="") as lines:
        for row in filter(is_list_price, csv.DictReader(lines)):
            by_gpu[row["gpu"]].append(row)
    known = json.loads((DATA / "gpus.json").read_text(encoding="utf-8"))
    return {gpu: by_gpu[gpu] for gpu in known if gpu in by_gpu}


def prices(table: Path) -> dict[str, dict[str, object]]:
    """The figure of every GPU."""
    return {gpu: price(rows) for gpu, rows in listed(table).items()}


def offers(table: Path) -> dict[str, list[dict[str, object]]]:
    """The rows behind each figure, by provider."""
    return {gpu: sorted(map(offer, rows), key=str) for gpu, rows in listed(table).items()}


def write(name: str, made: object) -> None:
    """Write a file of the engine's data."""
    (DATA / name).write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Write the files and print the prices."""
    table = Path(arguments[0]) if arguments else TABLE
    write("prices.json", prices(table))
    write("offers.json", offers(table))
    for gpu, figure in prices(table).items():
        print(f"{gpu:14} {figure['value']:6.2f} ({figure['low']}-{figure['high']}, {figure['providers']} providers)")


if __name__ == "__main__":
    main(sys.argv[1:])
