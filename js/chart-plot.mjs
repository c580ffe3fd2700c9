/** A chart's dict (present/charts.py) as SVG, by Observable Plot. */
import * as Plot from "../runtime/plot/plot.mjs";
import { shape } from "./chart-dom.mjs";
import { CARRIED, placeLabels, textWidth, tickText } from "./chart-text.mjs";

const LINE_PX = 15;
const TICK_PX = 12;
const DOT_PX = { least: 3, most: 16 };
const MANY = 300;
const SYMBOLS = ["circle", "triangle", "square", "diamond"];
const INSET_PX = 10;

/** The colour of each series: what the chart says, else the next of the palette. */
function tones(chart) {
    const names = new Set(chart.layers.flatMap(({ data }) => data.map(({ series }) => series)));
    const named = new Map();
    let next = 1;
    for (const name of names) named.set(name, chart.tones[name] ?? String(name ? ((next++ - 1) % 6) + 1 : 1));
    return named;
}

const colour = (tone) => `var(--chart-${tone})`;

/** Values on an axis for which there is room. */
function ticks(axis, length) {
    if (axis.scale === "log2") return { base: 2 };
    return { ticks: Math.max(2, Math.round(length / (axis.scale === "log" ? 45 : 80))) };
}

function scale(axis, extent, length) {
    const log = axis.scale !== "linear";
    const domain = [axis.low ?? extent[0], axis.high ?? extent[1]];
    if (!log && axis.low === null) domain[0] = Math.min(0, extent[0]);
    if (domain[0] === domain[1]) domain[1] = domain[0] ? domain[0] * 2 : 1;
    return { type: log ? "log" : "linear", base: axis.scale === "log2" ? 2 : 10, domain, label: null, inset: INSET_PX, length };
}

function extent(values) {
    const known = values.filter((value) => Number.isFinite(value));
    return [Math.min(...known), Math.max(...known)];
}

/** Ticks of a log axis to base 2: all powers, or every second, fourth ... of them. */
function powers([low, high], most) {
    const [first, last] = [Math.ceil(Math.log2(low) - 1e-9), Math.floor(Math.log2(high) + 1e-9)];
    const step = Math.max(1, Math.ceil((last - first + 1) / most));
    return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 2 ** (first + i * step));
}

function tickOptions(axis, domain, length) {
    const tickFormat = (value) => tickText(value, axis.unit);
    if (axis.scale === "log2") return { ticks: powers(domain, Math.max(2, Math.floor(length / 44))), tickFormat };
    return { ...ticks(axis, length), tickFormat };
}

/** Name of an axis, with its unit unless each tick carries it. */
export function axisText({ label, unit }) {
    return unit && !CARRIED.has(unit) ? `${label} (${unit})` : label;
}

const MARKS = {
    band: (data, tone) =>
        Plot.areaY(data, { x: "x", y1: "low", y2: "high", fill: tone, fillOpacity: 0.16, className: "band" }),
    line: (data, tone) => Plot.line(data, { x: "x", y: "y", stroke: tone, strokeWidth: 2, className: "line" }),
    dot: (data, tone, symbol) =>
        Plot.dot(data, {
            x: "x",
            y: "y",
            r: radius,
            symbol,
            fill: tone,
            fillOpacity: data.length > MANY ? 0.45 : 0.75,
            stroke: data.length > MANY ? "none" : "var(--chart-paper)",
            strokeWidth: 0.75,
            className: "dots",
        }),
    mark: (data, tone) =>
        Plot.dot(data, {
            x: "x",
            y: "y",
            r: 5.5,
            fill: (datum) => (datum.chosen ? tone : "var(--chart-paper)"),
            stroke: tone,
            strokeWidth: 2,
            className: "marks",
        }),
    rule: (data) => Plot.ruleX(data, { x: "x", stroke: "var(--chart-soft)", strokeDasharray: "3 3", className: "rule" }),
};

function radius({ size }) {
    return size === null ? DOT_PX.least : Math.max(DOT_PX.least, Math.sqrt(size) * DOT_PX.most);
}

/** Layers by series, in the order in which they are drawn. */
function parts(chart) {
    const toneOf = tones(chart);
    return chart.layers.flatMap(({ mark, data }) => {
        const groups = Map.groupBy(data, ({ series }) => series);
        return [...groups].map(([series, group]) => ({ mark, series, data: group, tone: colour(toneOf.get(series)) }));
    });
}

function symbolOf(chart) {
    const names = chart.layers.filter(({ mark }) => mark === "dot").flatMap(({ data }) => data.map((d) => d.series));
    const order = [...new Set(names)];
    return (series) => SYMBOLS[order.indexOf(series) % SYMBOLS.length];
}

/** Points that a reader can visit, in order from left to right; of equal ones the last drawn. */
function visited(found, at) {
    const byPlace = new Map();
    for (const { mark, data, tone } of found) {
        if (mark === "rule" || mark === "band") continue;
        for (const datum of data) {
            if (!datum.words) continue;
            const [px, py] = at(datum);
            byPlace.set(`${px},${py}`, { px, py, tone, datum, r: mark === "dot" ? radius(datum) : 5.5 });
        }
    }
    return [...byPlace.values()].sort((a, b) => a.px - b.px || a.py - b.py);
}

/** Boxes along a line, so that labels keep off it. */
function trace(data, at) {
    const boxes = [];
    for (let i = 1; i < data.length; i++) {
        const [[x1, y1], [x2, y2]] = [at(data[i - 1]), at(data[i])];
        const steps = Math.max(1, Math.ceil(Math.hypot(x2 - x1, y2 - y1) / 8));
        for (let k = 0; k <= steps; k++) {
            const [x, y] = [x1 + ((x2 - x1) * k) / steps, y1 + ((y2 - y1) * k) / steps];
            boxes.push([x - 2, y - 2, x + 2, y + 2]);
        }
    }
    return boxes;
}

function wanted(found, at, font) {
    const labels = [];
    const add = (text, [px, py], r, tone, order, must = false) =>
        labels.push({ text, px, py, r, tone, order, must, width: textWidth(text, font) });
    for (const { mark, series, data, tone } of found) {
        if (mark === "line" && series) add(series, at(data.at(-1)), 2, tone, 1, true);
        for (const datum of mark === "band" || mark === "rule" ? [] : data) {
            const order = mark === "mark" ? 0 : mark === "dot" ? 3 - (datum.size ?? 0) : 2;
            if (datum.label) add(datum.label, at(datum), mark === "dot" ? radius(datum) : 5, tone, order, mark === "mark");
        }
    }
    return labels.sort((a, b) => a.order - b.order);
}

function labelNodes(found, at, bounds, font) {
    const lines = found.filter(({ mark }) => mark === "line").flatMap(({ data }) => trace(data, at));
    const dots = found
        .filter(({ mark }) => mark === "dot" || mark === "mark")
        .flatMap(({ mark, data }) => data.map((datum) => {
            const [[x, y], r] = [at(datum), mark === "dot" ? radius(datum) : 6];
            return [x - r, y - r, x + r, y + r];
        }));
    return placeLabels(wanted(found, at, font), [...lines, ...dots], bounds, LINE_PX).map(({ text, x, y, anchor, tone, order }) =>
        shape("text", { class: order ? "label" : "label strong", x, y, dy: "0.35em", "text-anchor": anchor, style: `fill: ${order === 1 ? tone : "var(--chart-ink)"}` }, text),
    );
}

function ruleNodes(found, x, top, right, font) {
    return found
        .filter(({ mark }) => mark === "rule")
        .flatMap(({ data }) => data)
        .filter(({ label }) => label)
        .map((datum) => {
            const px = x.apply(datum.x);
            const fits = px + 5 + textWidth(datum.label, font) < right;
            return shape("text", { class: "label", x: px + (fits ? 5 : -5), y: top + 8, dy: "0.35em", "text-anchor": fits ? "start" : "end", style: "fill: var(--chart-ink)" }, datum.label);
        });
}

/**
 * A chart with two numeric axes.
 * @param {object} chart
 * @param {number} width in pixels
 * @param {{family: string}} style
 * @returns {{svg: SVGSVGElement, points: {px: number, py: number, r: number, tone: string, datum: object}[]}}
 */
export function plotted(chart, width, { family }) {
    const font = `${TICK_PX}px ${family}`;
    const found = parts(chart);
    const all = found.flatMap(({ data }) => data);
    const xs = extent(all.map(({ x }) => x));
    const ys = extent(all.flatMap(({ y, low, high, mark }) => (mark === "rule" ? [] : [y, low ?? y, high ?? y])));
    const height = chart.shape === "square" ? Math.min(width, 560) : chart.shape === "small" ? 200 : Math.max(280, Math.min(420, width * 0.6));
    const marginTop = 30;
    const marginBottom = 44;
    const yScale = scale(chart.y, ys);
    const yTicks = tickOptions(chart.y, yScale.domain, height - marginTop - marginBottom);
    const marginLeft = 46;
    const marginRight = 12;
    const xScale = scale(chart.x, xs);
    const xTicks = tickOptions(chart.x, xScale.domain, width - marginLeft - marginRight);
    const symbol = symbolOf(chart);
    const svg = Plot.plot({
        width,
        height,
        marginTop,
        marginBottom,
        marginLeft,
        marginRight,
        x: xScale,
        y: yScale,
        r: { type: "identity" },
        symbol: { type: "identity" },
        style: { fontFamily: "inherit", fontSize: `${TICK_PX}px`, background: "none", color: "var(--chart-soft)", overflow: "visible" },
        marks: [
            Plot.gridY({ ticks: yTicks.ticks, stroke: "var(--chart-grid)", strokeOpacity: 1 }),
            Plot.gridX({ ticks: xTicks.ticks, stroke: "var(--chart-grid)", strokeOpacity: 1 }),
            Plot.axisX({ ...xTicks, label: null, tickSize: 0, tickPadding: 8 }),
            Plot.axisY({ ...yTicks, label: null, tickSize: 0, tickPadding: 8 }),
            ...found.map(({ mark, data, tone, series }) => MARKS[mark](data, tone, symbol(series))),
        ],
    });
    const [x, y] = [svg.scale("x"), svg.scale("y")];
    const at = (datum) => [x.apply(datum.x), y.apply(datum.y)];
    const names = [
        shape("text", { class: "axis-name", x: 0, y: 12, "text-anchor": "start" }, `↑ ${axisText(chart.y)}`),
        shape("text", { class: "axis-name", x: width - marginRight, y: height - 6, "text-anchor": "end" }, `${axisText(chart.x)} →`),
    ];
    const bounds = [marginLeft, marginTop - 8, width - 2, height - marginBottom + 4];
    svg.append(...names, ...ruleNodes(found, x, marginTop, width, font), ...labelNodes(found, at, bounds, font));
    return { svg, points: visited(found, at) };
}
