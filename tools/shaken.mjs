/**
 * Leaves out of Pyodide's script what only compiled extension modules could ask for: this site has none.
 *
 * Two thirds of its 1.25 MB are such: of 4,900 functions of Python's binary that get a name each, 4,700; of 1,400 functions
 * of Emscripten, the 800 that the binary does not import. The page waits while a browser reads them, and while they are
 * named at every start. Bundlers leave all of them in, since they stand within a function that uses `eval` (of text that
 * extension modules bring).
 */
import { parse } from "acorn";
import { full } from "acorn-walk";

const [MODULE, IMPORTS, EXPORTS, SIGNATURE] = ["Module", "wasmImports", "assignWasmExports", "sig"];
/** What works out to a value and does nothing else, by the parts that have to be such as well. */
const INERT = {
    ArrayExpression: ({ elements }) => elements,
    ArrowFunctionExpression: () => [],
    FunctionExpression: () => [],
    Identifier: () => [],
    Literal: () => [],
    MemberExpression: ({ object }) => [object],
    ObjectExpression: ({ properties }) => properties.map(({ value }) => value),
    UnaryExpression: ({ argument }) => [argument],
};

function isInert(node) {
    return !node || (node.type in INERT && INERT[node.type](node).every(isInert));
}

/** How the name of a property is told from that of a variable. */
const asProperty = (name) => `.${name}`;

/** The names in a piece of script: variables, and properties, of which any text may be one. */
function mentioned(node) {
    const names = new Set();
    full(node, ({ type, name, value, computed, property, key }) => {
        if (type === "Identifier") names.add(name);
        if (type === "Literal") names.add(asProperty(value));
        if (property && !computed) names.add(asProperty(property.name));
        if (key && !computed) names.add(asProperty(key.name ?? key.value));
    });
    return names;
}

/**
 * A piece of the script that can be left out without another.
 *
 * @typedef {object} Piece
 * @property {object} node
 * @property {string[]?} keptBy names, each of which keeps it where it is mentioned; none: it stays
 * @property {boolean?} isFrame whether what is mentioned in it counts piece by piece
 */

/** @returns {Piece} of what declares one variable, and stays if it may do more than that */
function declaration(node, { id, init } = node) {
    return id.type === "Identifier" && isInert(init) ? { node, keptBy: [id.name] } : { node };
}

/** @returns {Piece} */
function statement(node) {
    if (node.type === "FunctionDeclaration") return { node, keptBy: [node.id.name] };
    if (node.type === "VariableDeclaration") return declaration(node, node.declarations[0]);
    const { left, right } = node.expression ?? {};
    if (left?.object?.type !== "Identifier" || !isInert(right)) return { node };
    const [owner, name] = [left.object.name, left.property.value ?? left.property.name];
    if (owner === MODULE) return { node, keptBy: [asProperty(name)] };
    return name === SIGNATURE ? { node, keptBy: [owner] } : { node };
}

/** @returns {Piece[][]} of the script's function: its statements, and those lists in them that can be shortened */
function pieces(statements, imported) {
    const lists = [];
    const outer = statements.map((node) => {
        const [first, ...others] = node.declarations ?? [];
        if (first?.id.name === IMPORTS) lists.push(first.init.properties.map(importedFunction));
        else if (node.id?.name === EXPORTS) lists.push(node.body.body.map(exportedFunction));
        else if (others.length) lists.push(node.declarations.map((each) => declaration(each)));
        else return statement(node);
        return { node, isFrame: true };
    });
    return [outer, ...lists];

    function importedFunction(node) {
        const name = node.key.name ?? node.key.value;
        return imported.has(name) ? { node } : { node, keptBy: [asProperty(name)] };
    }

    /** Of `_name = Module["_name"] = wasmExports["name"].value`; Emscripten's `ccall` is told `name`. */
    function exportedFunction(node) {
        const { name } = node.expression.left;
        return { node, keptBy: [name, asProperty(name), asProperty(name.slice(1))] };
    }
}

/** {stays, known}: the pieces that stay, and all names that are mentioned in them or told. */
function kept(all, names) {
    const by = Object.create(null);
    for (const piece of all) for (const name of piece.keptBy ?? []) (by[name] ??= []).push(piece);
    const stays = new Set();
    const known = new Set(names);
    const keep = (piece) => {
        if (stays.has(piece)) return;
        stays.add(piece);
        for (const name of piece.isFrame ? [] : mentioned(piece.node)) known.add(name);
    };
    for (const piece of all) if (!piece.keptBy) keep(piece);
    // a set that grows while it is gone through is gone through to its new end
    for (const name of known) for (const piece of by[name] ?? []) keep(piece);
    return { stays, known };
}

/** Where in the script that stands which is left out of a list, with the comma that goes with it. */
function gaps(list, stays) {
    const last = list.findLastIndex((piece) => stays.has(piece));
    if (last < 0) throw new Error("Nothing of a list is asked for: its commas and what is around it would stay.");
    return list.flatMap((piece, place) => {
        if (stays.has(piece)) return [];
        if (place < last) return [[piece.node.start, list[place + 1].node.start]];
        return [[list[place - 1].node.end, piece.node.end]];
    });
}

/**
 * @param {string} script a module that begins with a variable that is one function
 * @param {Set<string>} imported what the binary asks for
 * @param {string} others the text of whatever else may ask for properties of Pyodide's module
 * @returns {{shortened: string, asksFor: (name: string) => boolean}} the script without what nothing asks for, and
 *     whether something asks the binary for a name
 */
export function shaken(script, imported, others) {
    const [{ declarations }, ...rest] = parse(script, { ecmaVersion: "latest", sourceType: "module" }).body;
    const lists = pieces(declarations[0].init.body.body, imported);
    const words = (others.match(/[\w$]+/g) ?? []).map(asProperty);
    const { stays, known } = kept(lists.flat(), [...words, ...rest.flatMap((node) => [...mentioned(node)])]);
    const left = lists.flatMap((list) => gaps(list, stays)).sort(([a], [b]) => a - b);
    const ends = [0, ...left.map(([, end]) => end)];
    return {
        shortened: ends.map((end, place) => script.slice(end, left[place]?.[0])).join(""),
        asksFor: (name) => imported.has(name) || known.has(asProperty(name)),
    };
}
