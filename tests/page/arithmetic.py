"""Reading a shown formula: what one gets who types its numbers into a calculator."""

import math
import re

from roofline.curves import smooth_max

FACTORS = {
    "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0,
    "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "B/s": 1.0, "GB/s": 1e9, "TB/s": 1e12,
    "FLOP": 1.0, "MFLOP": 1e6, "GFLOP": 1e9, "TFLOP": 1e12, "FLOP/s": 1.0, "TFLOP/s": 1e12,
    "tokens": 1.0, "W": 1.0, "J": 1.0, "kWh": 1.0, "tokens/s": 1.0,
}  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])\$?(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: ([A-Za-zµ][\w/µ-]*))?")
FUNCTIONS = {
    "max": max, "min": min, "floor": math.floor, "ceil": math.ceil, "log2": math.log2, "sqrt": math.sqrt,
    "smax": smooth_max,
}  # fmt: skip


def read(text: str) -> float:
    """What a reader gets who types the shown numbers into a calculator."""

    def number(found):
        assert found[2] is None or found[2] in FACTORS, text
        return f"({found[1]}*{FACTORS.get(found[2], 1.0)})"

    plain = NUMBER.sub(number, text).translate(str.maketrans({"×": "*", "÷": "/", "−": "-"}))
    assert re.fullmatch(r"[\d\s.,()*/+e-]*", re.sub("|".join(FUNCTIONS), "", plain)), text
    return float(eval(plain, {"__builtins__": {}}, FUNCTIONS))
