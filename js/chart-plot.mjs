/** A chart's dict (present/charts.py) with two numeric axes as SVG, by Observable Plot. */
import * as Plot from "../runtime/plot/plot.mjs";
import { axisOf } from "./chart-axis.mjs";
import { element, shape } from "./chart-dom.mjs";
import { axisText, placeLabels, textWidth } from "./chart-text.mjs";

const TICK_PX = 12;
const LINE_PX = 15;
const MARK_PX = 5.5;
const DOT_PX = { least: 3, most: 16 };
const MANY = 300;
/** Dots that are drawn in one go; more of them come after it, so that no task is long. */
const AT_ONCE = 500;
const SYMBOLS = ["circle", "triangle", "square", "diamond"];
const GUIDES = new Set(["rule", "level", "band"]);
const SHAPES = {
    wide: (width) => Math.max(280, Math.min(420, width * 0.6)),
    square: (width) => Math.min(width, 560),
    small: () => 190,
};

const MARKS = {
    band: ({ data, tone }) => Plot.areaY(data, { x: "x", y1: "low", y2: "high", fill: tone, fillOpacity: 0.16, className: "chart-band" }),
    line: ({ data, tone }) => Plot.line(data, { x: "x", y: "y", stroke: tone, strokeWidth: 2, strokeLinejoin: "round", className: "chart-line" }),
    dot: ({ data, tone, symbol, begin = 0 }) => {
        const dense = data.length > MANY;
        const look = { fill: tone, fillOpacity: dense ? 0.45 : 0.75, stroke: dense ? "none" : "var(--chart-paper)", strokeWidth: 0.75 };
        return Plot.dot(data.slice(begin, begin + AT_ONCE), { x: "x", y: "y", r: radius, symbol, ...look, className: "chart-dots" });
    },
    mark: ({ data, tone }) =>
        Plot.dot(data, { x: "x", y: "y", r: MARK_PX, fill: ({ chosen }) => (chosen ? tone : "var(--chart-paper)"), stroke: tone, strokeWidth: 2, className: "chart-marks" }),
    rule: ({ data }) => Plot.ruleX(data, { x: "x", stroke: "var(--chart-soft)", strokeDasharray: "3 3" }),
    level: ({ data }) => Plot.ruleY(data, { y: "y", stroke: "var(--chart-soft)", strokeDasharray: "3 3" }),
};

function radius({ size }) {
    return size === undefined ? DOT_PX.least : Math.max(DOT_PX.least, Math.sqrt(size) * DOT_PX.most);
}

/** Colours by series: what the chart says, else the next of the palette. */
export function tonesOf(chart) {
    const names = new Set(chart.layers.flatMap(({ data }) => data.map(({ series }) => series)));
    const free = [...names].filter((name) => !chart.tones[name]);
    return new Map([...names].map((name) => [name, chart.tones[name] ?? String((free.indexOf(name) % 6) + 1)]));
}

/** Layers taken apart by series, in the order in which they are drawn. */
function partsOf(chart) {
    const tones = tonesOf(chart);
    const dotted = [...new Set(chart.layers.filter(({ mark }) => mark === "dot").flatMap(({ data }) => data.map((d) => d.series)))];
    return chart.layers.flatMap(({ mark, data }) =>
        [...Map.groupBy(data, ({ series }) => series)].map(([series, group]) => ({
            mark,
            series,
            data: mark === "dot" ? group.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0)) : group,
            tone: `var(--chart-${tones.get(series)})`,
            symbol: SYMBOLS[dotted.indexOf(series) % SYMBOLS.length],
        })),
    );
}

const reach = ({ mark, data }) => data.map((datum) => (mark === "dot" ? radius(datum) : MARK_PX));

/** Points that a reader can visit, from left to right; of those at the same place the last drawn. */
function visitedOf(parts, at) {
    const byPlace = new Map();
    for (const part of parts.filter(({ mark }) => !GUIDES.has(mark))) {
        const radii = reach(part);
        part.data.forEach((datum, index) => {
            const [px, py] = at(datum);
            if (datum.words) byPlace.set(`${px},${py}`, { px, py, r: radii[index], tone: part.tone, datum });
        });
    }
    return [...byPlace.values()].sort((a, b) => a.px - b.px || a.py - b.py);
}

/** Boxes along lines and around points, which labels keep off. */
function obstacles(parts, at) {
    const boxes = [];
    for (const part of parts) {
        const places = part.data.map(at);
        if (part.mark === "line") {
            places.slice(1).forEach(([x2, y2], index) => {
                const [x1, y1] = places[index];
                const steps = Math.max(1, Math.ceil(Math.hypot(x2 - x1, y2 - y1) / 8));
                for (let k = 0; k <= steps; k++) {
                    const [x, y] = [x1 + ((x2 - x1) * k) / steps, y1 + ((y2 - y1) * k) / steps];
                    boxes.push([x - 2, y - 2, x + 2, y + 2]);
                }
            });
        } else if (part.mark === "dot" || part.mark === "mark") {
            const radii = reach(part);
            places.forEach(([x, y], index) => boxes.push([x - radii[index], y - radii[index], x + radii[index], y + radii[index]]));
        }
    }
    return boxes;
}

/** Labels in the order in which they choose their places: marks, lines, points. */
function wantedLabels(parts, at, family) {
    const labels = [];
    const add = (text, [px, py], more) => {
        const font = `${more.order ? "" : "650 "}${TICK_PX}px ${family}`;
        labels.push({ text, px, py, width: textWidth(text, font), ...more });
    };
    for (const part of parts.filter(({ mark }) => !GUIDES.has(mark))) {
        const { mark, series, data, tone } = part;
        if (mark === "line" && series) add(series, at(data.at(-1)), { r: 2, order: 1, must: true, colour: tone });
        const radii = reach(part);
        data.forEach((datum, index) => {
            const order = mark === "mark" ? 0 : mark === "dot" ? 3 - (datum.size ?? 0) : 2;
            if (datum.label) add(datum.label, at(datum), { r: radii[index], order, must: mark === "mark", colour: "var(--chart-ink)" });
        });
    }
    return labels.sort((a, b) => a.order - b.order);
}

function written(text, x, y, anchor, colour, kind = "label") {
    return shape("text", { class: kind, x, y, dy: "0.35em", "text-anchor": anchor, style: `fill: ${colour}` }, text);
}

function labelNodes(parts, at, bounds, family) {
    const wanted = wantedLabels(parts, at, family);
    if (!wanted.length) return [];
    return placeLabels(wanted, obstacles(parts, at), bounds, LINE_PX).map(({ text, x, y, anchor, colour, order }) =>
        written(text, x, y, anchor, colour, order ? "label" : "label strong"),
    );
}

function guideNodes(parts, x, y, [left, top, right], family) {
    const data = (kind) => parts.filter(({ mark }) => mark === kind).flatMap((part) => part.data.filter(({ label }) => label));
    const upright = data("rule").map((datum) => {
        const px = x.apply(datum.x);
        const fits = px + 5 + textWidth(datum.label, `${TICK_PX}px ${family}`) < right;
        return written(datum.label, px + (fits ? 5 : -5), top + 8, fits ? "start" : "end", "var(--chart-soft)");
    });
    const level = data("level").map((datum) => written(datum.label, left + 4, y.apply(datum.y) - 8, "start", "var(--chart-soft)"));
    return [...upright, ...level];
}

function legendOf(parts) {
    const dots = new Map(parts.filter(({ mark }) => mark === "dot").map((part) => [part.series, part]));
    if (dots.size < 2) return [];
    return [...dots.values()].map(({ series, tone, symbol }) => {
        const swatch = Plot.plot({ width: 12, height: 12, margin: 6, axis: null, marks: [Plot.dot([0], { x: 0, y: 0, r: 5, fill: tone, symbol })] });
        return element("li", {}, [swatch, series]);
    });
}

function axesOf(chart, parts, size) {
    const values = (kinds, read) => parts.filter(({ mark }) => !kinds.includes(mark)).flatMap(({ data }) => data.flatMap(read));
    const y = axisOf(chart.y, values(["rule"], (datum) => [datum.y, datum.low ?? datum.y, datum.high ?? datum.y]), (size.height - size.top - size.bottom) / 32);
    size.left = Math.ceil(Math.max(...y.ticks.map((tick) => textWidth(y.tickText(tick), `${TICK_PX}px ${size.family}`)))) + 12;
    const x = axisOf(chart.x, values(["level"], (datum) => [datum.x]), (size.width - size.left - size.right) / 46);
    return { x, y };
}

/** What adds the dots beyond the first ones to a drawing, slice by slice; `plot` draws marks on the same scales. */
function furtherDots(parts, svg, plot) {
    const groups = svg.querySelectorAll(".chart-dots");
    return parts.filter(({ mark }) => mark === "dot").flatMap((part, index) => {
        const starts = [...part.data.keys()].filter((key) => key && key % AT_ONCE === 0);
        return starts.map((start) => () => {
            const drawn = plot([MARKS.dot({ ...part, begin: start })]);
            groups[index].append(...drawn.querySelector(".chart-dots").children);
        });
    });
}

/**
 * A chart with two numeric axes.
 * @param {object} chart
 * @param {number} width in pixels
 * @param {{family: string}} style
 * @returns {{svg: SVGSVGElement, points: {px: number, py: number, r: number, tone: string, datum: object}[], legend: Node[],
 *   further: (() => void)[]}} `further` adds what `svg` does not hold yet, to be called one after the other
 */
export function plotted(chart, width, { family }) {
    const parts = partsOf(chart);
    const size = { width, height: SHAPES[chart.shape](width), top: chart.y.label ? 30 : 12, bottom: 44, left: 46, right: 14, family };
    const { x, y } = axesOf(chart, parts, size);
    const grid = { stroke: "var(--chart-grid)", strokeOpacity: 1 };
    const look = { label: null, tickSize: 0, tickPadding: 8 };
    const settings = {
        width,
        height: size.height,
        marginTop: size.top,
        marginBottom: size.bottom,
        marginLeft: size.left,
        marginRight: size.right,
        x: x.scale,
        y: y.scale,
        r: { type: "identity" },
        color: { type: "identity" },
        style: { fontFamily: "inherit", fontSize: `${TICK_PX}px`, background: "none", color: "var(--chart-soft)", overflow: "visible" },
    };
    const plot = (marks) => Plot.plot({ ...settings, marks });
    const svg = plot([
        Plot.gridY(y.ticks, grid),
        Plot.gridX(x.ticks, grid),
        Plot.axisX(x.ticks, { text: x.tickText, ...look }),
        Plot.axisY(y.ticks, { text: y.tickText, ...look }),
        ...parts.map((part) => MARKS[part.mark](part)),
    ]);
    const [xScale, yScale] = [svg.scale("x"), svg.scale("y")];
    const at = (datum) => [xScale.apply(datum.x), yScale.apply(datum.y)];
    const inner = [size.left, size.top, width - size.right];
    const bounds = [size.left, chart.y.label ? 16 : 0, width, size.height - size.bottom + 4];
    svg.append(
        shape("text", { class: "axis-name", x: 0, y: 12, "text-anchor": "start" }, chart.y.label && `↑ ${axisText(chart.y)}`),
        shape("text", { class: "axis-name", x: inner[2], y: size.height - 6, "text-anchor": "end" }, `${axisText(chart.x)} →`),
        ...guideNodes(parts, xScale, yScale, inner, family),
        ...labelNodes(parts, at, bounds, family),
    );
    return { svg, points: visitedOf(parts, at), legend: legendOf(parts), further: furtherDots(parts, svg, plot) };
}
