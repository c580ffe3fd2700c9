/** Stacked bars, each in a row of its own beneath its name, with every part labelled. */
import * as Plot from "../runtime/plot/plot.mjs";
import { shape } from "./chart-dom.mjs";
import { tonesOf } from "./chart-plot.mjs";
import { textWidth } from "./chart-text.mjs";

const NAME_PX = 24;
const BAR_PX = 34;
const LINE_PX = 18;
const SPACE_PX = 18;
const FONT_PX = 12.5;
const GAP_PX = 1.5;

/** Parts of each row with where they begin and end. */
function stacked(chart) {
    const rows = Map.groupBy(chart.layers.flatMap(({ data }) => data), ({ x }) => x);
    return [...rows].map(([name, data]) => {
        let end = 0;
        return { name, parts: data.map((datum) => ({ datum, start: end, end: (end += datum.y) })) };
    });
}

/**
 * Places in lines beneath the bar for labels with no room in their part. All texts end at their leader and the lines
 * fill from left to right; where that has no room, all begin there and fill from right to left. So no leader crosses
 * a text.
 */
function beneath(parts, width, font) {
    const made = parts.map((part) => ({ ...part, middle: (part.left + part.right) / 2, size: textWidth(part.datum.label, font) + 4 }));
    const ends = made.every(({ middle, size }) => middle >= size);
    const side = ends ? -1 : 1;
    const before = [];
    for (const part of ends ? made : made.reverse()) {
        const far = part.middle + side * part.size;
        const met = before.filter(({ middle }) => (middle - far) * side < 8);
        const line = Math.max(0, ...met.map((other) => other.line + 1));
        before.push({ ...part, line, anchor: ends ? "end" : "start", x: part.middle + side * 4 });
    }
    return { placed: before, lines: Math.max(0, ...before.map(({ line }) => line + 1)) };
}

/** A row's name in lines: on a narrow screen what follows ": " has one of its own. */
function nameLines(name, width, font) {
    return textWidth(name, `650 ${font}`) <= width ? [name] : name.split(": ");
}

function rowNodes(row, top, width, font) {
    const bottom = row.parts[0].top + BAR_PX;
    const nodes = nameLines(row.name, width, font).map((line, index) =>
        shape("text", { class: index ? "row-name more" : "row-name", x: 0, y: top + 14 + index * LINE_PX }, line),
    );
    const fits = (part) => textWidth(part.datum.label, font) + 14 <= part.right - part.left;
    const labelled = row.parts.filter(({ datum }) => datum.label && datum.y > 0);
    for (const part of labelled.filter(fits)) {
        const style = `fill: var(--chart-${part.tone}-text)`;
        nodes.push(shape("text", { class: "in-bar", x: part.left + 8, y: bottom - BAR_PX / 2, dy: "0.35em", style }, part.datum.label));
    }
    const { placed, lines } = beneath(labelled.filter((part) => !fits(part)), width, font);
    for (const { datum, middle, line, anchor, x } of placed) {
        const y = bottom + 16 + line * LINE_PX;
        nodes.push(shape("path", { class: "leader", d: `M${middle},${bottom + 1}V${y}` }));
        nodes.push(shape("text", { class: "beside", x, y, "text-anchor": anchor, style: "fill: var(--chart-ink)" }, datum.label));
    }
    return { nodes, bottom: bottom + (lines ? 4 + lines * LINE_PX : 0) };
}

/**
 * A chart whose x axis is a band of names.
 * @param {object} chart
 * @param {number} width in pixels
 * @param {{family: string}} style
 * @returns {{svg: SVGSVGElement, points: {px: number, py: number, r: number, tone: string, datum: object}[]}}
 */
export function barred(chart, width, { family }) {
    const font = `${FONT_PX}px ${family}`;
    const tones = tonesOf(chart);
    const nodes = [];
    const parts = [];
    let top = 0;
    for (const row of stacked(chart)) {
        const whole = Math.max(chart.y.high ?? 0, row.parts.at(-1).end);
        const upper = top + NAME_PX + (nameLines(row.name, width, font).length - 1) * LINE_PX;
        for (const part of row.parts) {
            const [left, right] = [(part.start / whole) * width, (part.end / whole) * width];
            parts.push(Object.assign(part, { left, right, top: upper, tone: tones.get(part.datum.series) }));
        }
        const made = rowNodes(row, top, width, font);
        nodes.push(...made.nodes);
        top = made.bottom + SPACE_PX;
    }
    const shown = parts.filter(({ datum }) => datum.y > 0);
    const height = top - SPACE_PX + 4;
    const plain = (end) => ({ type: "linear", domain: [0, end], range: [0, end], axis: null });
    const svg = Plot.plot({
        width,
        height,
        margin: 0,
        x: plain(width),
        y: plain(height),
        color: { type: "identity" },
        style: { fontFamily: "inherit", fontSize: `${FONT_PX}px`, background: "none", overflow: "visible" },
        marks: [
            Plot.rect(shown, {
                x1: "left",
                x2: ({ left, right }) => Math.max(right - GAP_PX, left + 0.75),
                y1: "top",
                y2: (part) => part.top + BAR_PX,
                fill: ({ tone }) => `var(--chart-${tone})`,
                stroke: ({ tone }) => (tone === "quiet" ? "var(--chart-edge)" : "none"),
                className: "chart-bars",
            }),
        ],
    });
    svg.setAttribute("text-anchor", "start");
    svg.append(...nodes);
    return { svg, points: shown.filter(({ datum }) => datum.words).map(visited) };
}

function visited({ left, right, top, tone, datum }) {
    const box = [left, top, right, top + BAR_PX];
    return { px: (left + right) / 2, py: top + BAR_PX / 2, r: BAR_PX / 2, box, tone: `var(--chart-${tone})`, datum };
}
