"""Compare the engine with published measurements and print its errors (`make accuracy`)."""

from __future__ import annotations

import argparse
import datetime
import time
from pathlib import Path

from accuracy_lib import budget
from accuracy_lib.cases import Models
from accuracy_lib.data_file import FILE, write
from accuracy_lib.document import PAGE, document
from accuracy_lib.picture import PICTURE, picture
from accuracy_lib.predict import Outcome, predict_first_token, predict_memory, predict_saturated, predict_serving
from accuracy_lib.report import outcome_lines


def run_all() -> dict[str, Outcome]:
    """Predict every file of measured rows."""
    models = Models()
    return {
        "serving": predict_serving(models),
        "saturated": predict_saturated(models),
        "first token": predict_first_token(models),
        "memory": predict_memory(),
    }


def ratchet(outcomes: dict[str, Outcome]) -> list[str]:
    """Lower the budgets to what was reached; returns lines to print."""
    old = budget.load() if budget.BUDGET.exists() else {}
    new = budget.lowered(budget.measures(outcomes), old)
    budget.save(new, datetime.date.today().isoformat())
    return [f"budget written for {len(new)} figures"]


def verdict(outcomes: dict[str, Outcome]) -> list[str]:
    """Whether the budgets are kept."""
    if not budget.BUDGET.exists():
        return ["no budget yet"]
    found = budget.excesses(budget.measures(outcomes), budget.load())
    return [f"BUDGET EXCEEDED  {excess}" for excess in found] or ["all budgets kept"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brief", action="store_true", help="totals only")
    parser.add_argument("--worst", action="store_true", help="the rows furthest off, with their largest operators")
    parser.add_argument("--json", type=Path, help="write the report as data (accuracy-v1.json)")
    parser.add_argument(
        "--document", action="store_true", help="write docs/accuracy.md, docs/accuracy.svg, assets/accuracy-v1.json"
    )
    parser.add_argument("--ratchet", action="store_true", help="lower the budgets to what was reached")
    options = parser.parse_args()
    start = time.perf_counter()
    outcomes = run_all()
    for title, outcome in outcomes.items():
        print("\n".join(outcome_lines(title, outcome, detail=not options.brief, worst=options.worst)))
    if options.json:
        write(options.json, outcomes)
    if options.document:
        PAGE.write_text(document(outcomes), encoding="utf-8")
        PICTURE.write_text(picture(outcomes["serving"]), encoding="utf-8")
        write(FILE, outcomes)
    print()
    print("\n".join(ratchet(outcomes) if options.ratchet else verdict(outcomes)))
    rows = sum(len({p.row_id for p in outcome.points}) for outcome in outcomes.values())
    print(f"{rows} rows in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
