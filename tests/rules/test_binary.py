"""What tools/steady.mjs makes of a WebAssembly module does the same; functions wrapped by tools/as_wasm.mjs do too.

And what tools/first_functions.mjs lists is compiled when it was called, by calls that end.
"""

import hashlib

import pytest
from wasm_modules import module, module_of_the_mistaken_type, run

import runtime

STEADY = """
import { readFileSync } from "node:fs";
import { BinaryReader, BinaryReaderState, OperatorCode } from "wasmparser";
import { steady } from "./tools/steady.mjs";

function outcome(instance, [name, ...given]) {
    try { return instance.exports[name](...given); } catch (error) { return `${error}`; }
}

function callsByFunction(bytes) {
    const reader = new BinaryReader();
    reader.setData(bytes.buffer, bytes.byteOffset, bytes.length);
    const [calls, lengths] = [[], []];
    while (reader.read()) {
        if (reader.state === BinaryReaderState.BEGIN_FUNCTION_BODY) (calls.push(0), lengths.push(-reader.position));
        if (reader.state === BinaryReaderState.END_FUNCTION_BODY) lengths[lengths.length - 1] += reader.position;
        if (reader.state !== BinaryReaderState.CODE_OPERATOR) continue;
        if (reader.result.code === OperatorCode.call_indirect) calls[calls.length - 1] += 1;
    }
    return { calls, lengths };
}

const { bytes, tried, file } = JSON.parse(readFileSync(0, "utf8"));
const before = Uint8Array.from(file ? readFileSync(file) : bytes);
const after = file ? before : steady(before);
const outcomes = [before, after].map((each) => {
    const instance = file ? null : new WebAssembly.Instance(new WebAssembly.Module(each));
    return tried.map((call) => outcome(instance, call));
});
const functions = [before, after].map(callsByFunction);
console.log(JSON.stringify({ outcomes, calls: functions.map(({ calls }) => calls), lengths: functions[1].lengths }));
"""


WRAPPED = """
import { readFileSync } from "node:fs";
import { asWasm } from "./tools/as_wasm.mjs";

const { count } = JSON.parse(readFileSync(0, "utf8"));
const signed = (sig, call) => Object.assign(call, { sig });
const kinds = [
    (n) => signed("iii", (x, y) => x - y + n),
    (n) => signed("dfd", (x, y) => x * y + n),
    (n) => signed("jj", (x) => x + BigInt(n)),
    (n) => signed("ie", (text) => text.length + n),
    (n) => signed("vp", (x) => void (globalThis.seen = x + n)),
];
const functions = Array.from({ length: count }, (_, n) => kinds[n % kinds.length](n));
const made = asWasm(functions);
const table = new WebAssembly.Table({ element: "anyfunc", initial: made.length });
made.forEach((each, place) => table.set(place, each));
const call = (place, ...given) => table.get(place)?.(...given);
const outcomes = [];
for (let n = 0; n < count; n += kinds.length) {
    call(n + 4, 7);
    outcomes.push([call(n, 5, 3), call(n + 1, 0.5, 3), Number(call(n + 2, 2n ** 40n)), call(n + 3, "four"), seen]);
}
console.log(JSON.stringify({ outcomes }));
"""


FIRST = """
import { readFileSync } from "node:fs";
import { TABLE, callEach } from "./tools/call_each.mjs";
import { withFirstFunctions } from "./tools/first_functions.mjs";

const { bytes, first, file } = JSON.parse(readFileSync(0, "utf8"));
const binary = file ? readFileSync(file) : withFirstFunctions(Uint8Array.from(bytes), first);
const module = new WebAssembly.Module(binary);
const places = [];
if (file) {
    callEach(module, (place) => places.push(place));
} else {
    // an instance of its own, as the page has one
    const { exports } = new WebAssembly.Instance(module);
    globalThis.state = () => ["i", "f", "twice"].map((name) => %IsUncompiledWasmFunction(exports[name]));
    const before = state();
    callEach(module, (place) => places.push(place));
    places.push(before, state(), exports.twice(0, 7), exports[TABLE].length);
}
console.log(JSON.stringify({ places }));
"""


@pytest.fixture(scope="module")
def made() -> dict:
    ints = [[name, place, x] for name in ("i", "twice") for place in (0, 1, 2, 3, -1) for x in (0, 7, -3)]
    floats = [["f", place, 0.5, 1.25] for place in (0, 1, 2, 3)]
    return run(STEADY, bytes=list(module()), tried=[*ints, *floats])


def test_a_steady_module_gives_the_same_results_and_stops_where_the_other_stops(made):
    before, after = made["outcomes"]
    assert before == after
    assert before[:6] == [1, 8, -2, 0, 49, 9]
    stopped = {each for each in before if isinstance(each, str)}
    assert len(stopped) == 2, "another type, and no such place"
    assert all("RuntimeError" in each for each in stopped)


def test_its_calls_through_the_table_are_one_for_each_type(made):
    assert made["calls"] == [[0, 0, 0, 1, 1, 2], [0, 0, 0, 0, 0, 0, 1, 1]]


def test_what_calls_the_mistaken_type_is_too_long_to_be_inlined_and_does_the_same(made):
    """V8 inlines up to 500 bytes, and would bet on whom the function calls."""
    tried = [["three", place, 2, 3, 4] for place in (0, 1, 2)]
    mistaken = run(STEADY, bytes=list(module_of_the_mistaken_type()), tried=tried)
    before, after = mistaken["outcomes"]
    assert before == after
    assert before[:2] == [14, 9]
    assert mistaken["lengths"][-1] > 500
    assert max(made["lengths"]) < 50


def test_the_shipped_binary_is_steady():
    calls = run(STEADY, file=str(runtime.RUNTIME / "pyodide" / runtime.BINARY), tried=[])["calls"][0]
    callers = sum(calls)
    assert callers > 10
    assert calls == [0] * (len(calls) - callers) + [1] * callers


def test_first_functions_are_compiled_for_every_instance_when_they_were_called():
    """Here "f", and "twice" with what it calls; "i" is not among them."""
    *called, before, after, twice, listed = run(FIRST, bytes=list(module()), first=[4, 5])["places"]
    assert called == [0, 1]
    assert (before, after) == ([True, True, True], [True, False, False])
    assert (twice, listed) == (10, 2)


def test_the_shipped_binarys_first_functions_can_all_be_called():
    """Each call ends, without an import that does anything, and in the state that those before leave."""
    checksum, *functions = (runtime.ROOT / "tools" / "first_functions.txt").read_text("utf-8").split()
    assert hashlib.sha256((runtime.PYODIDE / runtime.BINARY).read_bytes()).hexdigest() == checksum
    assert len(functions) > 1_000
    called = run(FIRST, file=str(runtime.RUNTIME / "pyodide" / runtime.BINARY))["places"]
    assert called == list(range(len(functions)))


@pytest.mark.parametrize("count", [5, 300])
def test_wrapped_functions_give_what_the_functions_give(count):
    """Of every type of value, few and more than a module holds, each called through a table."""
    outcomes = run(WRAPPED, count=count)["outcomes"]
    assert outcomes == [[2 + n, 2.5 + n, 2**40 + n + 2, 7 + n, 11 + n] for n in range(0, count, 5)]
