"""What tools/shaken.mjs leaves out of Pyodide's script, and tools/wasm.mjs of its binary's exports."""

import re

import pytest
from wasm_modules import module, run

import runtime

SHAKEN = """
import { readFileSync } from "node:fs";
import { shaken } from "./tools/shaken.mjs";

const { script, imported, others, names } = JSON.parse(readFileSync(0, "utf8"));
const { shortened, asksFor } = shaken(script, new Set(imported), others);
console.log(JSON.stringify({ shortened, asked: names.filter(asksFor) }));
"""
EXPORTING = """
import { readFileSync } from "node:fs";
import { exporting } from "./tools/wasm.mjs";

const { bytes, wanted } = JSON.parse(readFileSync(0, "utf8"));
const binary = exporting(Uint8Array.from(bytes), new Set(wanted));
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
console.log(JSON.stringify({ names: Object.keys(exports), result: exports.twice(0, 7) }));
"""
SHIPPED = """
import { readFileSync } from "node:fs";

const { file } = JSON.parse(readFileSync(0, "utf8"));
const module = new WebAssembly.Module(readFileSync(file));
const names = (entries) => entries.map(({ name }) => name);
console.log(JSON.stringify({ exported: names(WebAssembly.Module.exports(module)) }));
"""
FRAME = "const create=(async function(Module={{}}){{{}}});export default create;"


def shortened(body: str, imported: tuple[str, ...] = (), others: str = "") -> str:
    """What is left of the script's function."""
    script = run(SHAKEN, script=FRAME.format(body), imported=imported, others=others, names=[])["shortened"]
    before, after = FRAME.format("|").split("|")
    assert script.startswith(before)
    assert script.endswith(after)
    return script[len(before) : len(script) - len(after)]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("var a=1;var b=2;use(b);", "var b=2;use(b);"),
        ("function f(){return g()}function g(){}function h(){}f();", "function f(){return g()}function g(){}f();"),
        ("var f=()=>{};f.sig='v';var g=()=>{};g.sig='i';g();", "var g=()=>{};g.sig='i';g();"),
        ("var a,b,c,d;use(b,c);", "var b,c;use(b,c);"),
        ("var a,b;use(a);", "var a;use(a);"),
        ("var f=()=>{};var all={key:()=>f};all.key();", "var f=()=>{};var all={key:()=>f};all.key();"),
        ("var f=()=>{};var {x}={x:1};use(x.f,{f:x});", "var {x}={x:1};use(x.f,{f:x});"),
        ("var a=1;var all={a};use(all);", "var a=1;var all={a};use(all);"),
        ("var a=1\nvar b=2\nuse(b)", "var b=2\nuse(b)"),
    ],
    ids=[
        "unused",
        "calls",
        "signature",
        "list",
        "end of list",
        "in an object",
        "a property",
        "shorthand",
        "no semicolon",
    ],
)
def test_a_variable_stays_where_something_that_stays_has_its_name(body, left):
    assert shortened(body) == left


@pytest.mark.parametrize(
    "body",
    ["var a=made();", "var a=new Map;", "var a=[b()];", "var a={b:c()};", "a.b=1;", "if(a){b}"],
)
def test_what_may_do_something_stays(body):
    assert shortened(f"var x=1;{body}") == body


def test_a_property_of_the_module_stays_where_its_name_is_told_or_said():
    body = "var a=1;var b=2;var x=()=>a;Module['x']=x;var y=()=>b;Module['y']=y;var z=1;Module.z=z;"
    assert shortened(body, others="module.y()") == "var b=2;var y=()=>b;Module['y']=y;"
    assert shortened(body + "use('z');") == "var z=1;Module.z=z;use('z');"
    assert shortened(body + "Module.x();") == "var a=1;var x=()=>a;Module['x']=x;Module.x();"


def test_of_the_binarys_exports_those_stay_that_are_used_or_told():
    each = "_{0}=Module['_{0}']=wasmExports['{0}'];"
    body = "var _a,_b,_c,_d;function assignWasmExports(wasmExports){%s}assignWasmExports();_a();ccall('b');"
    left = shortened(body % "".join(map(each.format, "abcd")), others="_module._c")
    assert left == body.replace(",_d", "") % "".join(map(each.format, "abc"))


def test_of_the_functions_for_the_binary_those_stay_that_it_imports():
    body = "function _f(){}function g(){}function h(){}var wasmImports={f:_f,g,h};use(wasmImports);"
    assert shortened(body, imported=("f", "h")) == body.replace("function g(){}", "").replace("g,", "")


def test_the_binary_exports_what_script_and_binary_ask_for():
    script = FRAME.format("use(wasmExports['a'],wasmExports.b);var unused=()=>wasmExports.c;")
    assert run(SHAKEN, script=script, imported=["d"], others="_e e", names=[*"abcdef"])["asked"] == [*"abde"]


def test_a_module_without_some_exports_does_the_same():
    told = run(EXPORTING, bytes=list(module()), wanted=["twice", "f", "other"])
    assert told == {"names": ["f", "twice"], "result": 10}


def test_the_shipped_binary_exports_all_that_its_script_names():
    """And a twentieth of what it has, at most."""
    folder = runtime.RUNTIME / "pyodide"
    exported = set(run(SHIPPED, file=str(folder / runtime.BINARY))["exported"])
    stock = set(run(SHIPPED, file=str(runtime.PYODIDE / runtime.BINARY))["exported"])
    script = (folder / "pyodide.asm.mjs").read_text("utf-8")
    named = set(re.findall(r'wasmExports\["(\w+)"\]', script))
    assert len(named) > 100
    assert named & stock <= exported
    assert 20 * len(exported) < len(stock)
