"""Small WebAssembly modules, written byte by byte, and Node, which runs what is tested on them."""

import json
import subprocess
from collections.abc import Iterable

import runtime

I32, F64 = 0x7F, 0x7C
GET_0, GET_1, GET_2, END = b"\x20\x00", b"\x20\x01", b"\x20\x02", b"\x0b"
CONST_1, ADD, MULTIPLY, ADD_F64 = b"\x41\x01", b"\x6a", b"\x6c", b"\xa0"


def run(script: str, /, **given) -> dict:
    folder = subprocess.run(["tools/find_node.sh"], cwd=runtime.ROOT, capture_output=True, text=True, check=True).stdout
    command = [f"{folder.strip()}/node", "--allow-natives-syntax", "--input-type=module", "--eval", script]
    made = subprocess.run(
        command, input=json.dumps(given), cwd=runtime.ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(made.stdout)


def many(entries: Iterable[bytes]) -> bytes:
    listed = list(entries)
    return bytes([len(listed)]) + b"".join(listed)


def sized(content: bytes) -> bytes:
    return bytes([len(content)]) + content


def function_type(params: list[int], results: list[int]) -> bytes:
    return b"\x60" + many(bytes([each]) for each in params) + many(bytes([each]) for each in results)


def module() -> bytes:
    """Functions in a table: x + 1, x * x, x + y as f64; "i" and "f" call them by place, "twice" does so two times."""
    types = [([I32], [I32]), ([F64, F64], [F64]), ([I32, I32], [I32]), ([I32, F64, F64], [F64])]
    indirect = [b"\x11" + bytes([kind, 0]) for kind in (0, 1)]
    functions = [
        (0, GET_0 + CONST_1 + ADD),
        (0, GET_0 + GET_0 + MULTIPLY),
        (1, GET_0 + GET_1 + ADD_F64),
        (2, GET_1 + GET_0 + indirect[0]),
        (3, GET_1 + GET_2 + GET_0 + indirect[1]),
        # from within a block, and from what the first call gives
        (2, b"\x02\x7f" + GET_1 + GET_0 + indirect[0] + END + GET_0 + indirect[0] + CONST_1 + ADD),
    ]
    return assembled(types, functions, {b"i": 3, b"f": 4, b"twice": 5}, 3)


def module_of_the_mistaken_type() -> bytes:
    """Functions in a table: x + y * z, x + y + z; "three" calls them by place."""
    types = [([I32, I32, I32], [I32]), ([I32, I32, I32, I32], [I32])]
    functions = [
        (0, GET_0 + GET_1 + GET_2 + MULTIPLY + ADD),
        (0, GET_0 + GET_1 + GET_2 + ADD + ADD),
        (1, GET_1 + GET_2 + b"\x20\x03" + GET_0 + b"\x11\x00\x00"),
    ]
    return assembled(types, functions, {b"three": 2}, 2)


def assembled(types: list, functions: list[tuple[int, bytes]], exported: dict[bytes, int], listed: int) -> bytes:
    """A module of functions by type and text, the first ``listed`` of them in a table."""
    exports = [sized(name) + b"\x00" + bytes([index]) for name, index in exported.items()]
    sections = {
        1: many(function_type(*each) for each in types),
        3: many(bytes([kind]) for kind, _ in functions),
        4: many([b"\x70\x00" + bytes([listed])]),
        7: many(exports),
        9: many([b"\x00\x41\x00" + END + many(bytes([place]) for place in range(listed))]),
        10: many(sized(b"\x00" + text + END) for _, text in functions),
    }
    return b"\x00asm\x01\x00\x00\x00" + b"".join(bytes([id]) + sized(content) for id, content in sections.items())
