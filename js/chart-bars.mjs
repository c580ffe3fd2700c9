/** Stacked bars, each in a row of its own beneath its name, with every part labelled. */
import * as Plot from "../runtime/plot/plot.mjs";
import { shape } from "./chart-dom.mjs";
import { textWidth } from "./chart-text.mjs";

const NAME_PX = 24;
const BAR_PX = 34;
const LINE_PX = 18;
const SPACE_PX = 18;
const FONT_PX = 12.5;

/** Parts of each row with where they begin and end. */
function stacked(chart) {
    const rows = Map.groupBy(chart.layers.flatMap(({ data }) => data), ({ x }) => x);
    return [...rows].map(([name, data]) => {
        let end = 0;
        return { name, parts: data.map((datum) => ({ datum, start: end, end: (end += datum.y) })) };
    });
}

/** Labels that do not fit into their part, in lines beneath the bar, from left to right. */
function beneath(parts, width, font) {
    const ends = [];
    const placed = [];
    for (const part of parts) {
        const size = textWidth(part.datum.label, font);
        const middle = (part.left + part.right) / 2;
        const left = Math.max(0, Math.min(middle - 4, width - size));
        let line = ends.findIndex((end) => end + 12 <= left);
        if (line < 0) line = ends.length;
        ends[line] = left + size;
        placed.push({ ...part, left, middle, line });
    }
    return { placed, lines: ends.length };
}

function rowNodes(row, top, width, font) {
    const nodes = [shape("text", { class: "row-name", x: 0, y: top + 14 }, row.name)];
    const small = [];
    for (const part of row.parts) {
        const size = textWidth(part.datum.label, font);
        if (size + 14 <= part.right - part.left) {
            nodes.push(shape("text", { class: "in-bar", x: part.left + 8, y: top + NAME_PX + BAR_PX / 2, dy: "0.35em", style: `fill: var(--chart-${part.tone}-text)` }, part.datum.label));
        } else if (part.datum.label && part.datum.y > 0) {
            small.push(part);
        }
    }
    const { placed, lines } = beneath(small, width, font);
    for (const { datum, left, middle, line } of placed) {
        const y = top + NAME_PX + BAR_PX + 14 + line * LINE_PX;
        nodes.push(
            shape("path", { class: "leader", d: `M${middle},${top + NAME_PX + BAR_PX + 1}V${y - 9}` }),
            shape("text", { class: "label", x: left, y, style: "fill: var(--chart-ink)" }, datum.label),
        );
    }
    return { nodes, height: NAME_PX + BAR_PX + lines * LINE_PX };
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
    const rows = stacked(chart);
    const points = [];
    const nodes = [];
    let top = 0;
    let next = 1;
    const tone = new Map();
    const toneOf = (series) => {
        if (!tone.has(series)) tone.set(series, chart.tones[series] ?? String(((next++ - 1) % 6) + 1));
        return tone.get(series);
    };
    const drawn = [];
    for (const row of rows) {
        const whole = Math.max(chart.y.high ?? 0, row.parts.at(-1).end);
        for (const part of row.parts) {
            part.left = (part.start / whole) * width;
            part.right = (part.end / whole) * width;
            part.tone = toneOf(part.datum.series);
            part.top = top + NAME_PX;
            drawn.push(part);
            if (part.datum.words && part.datum.y > 0) {
                points.push({ px: (part.left + part.right) / 2, py: part.top + BAR_PX / 2, r: 8, box: [part.left, part.top, part.right, part.top + BAR_PX], tone: `var(--chart-${part.tone})`, datum: part.datum });
            }
        }
        const made = rowNodes(row, top, width, font);
        nodes.push(...made.nodes);
        top += made.height + SPACE_PX;
    }
    const height = Math.max(top - SPACE_PX + 4, 40);
    const svg = Plot.plot({
        width,
        height,
        margin: 0,
        x: { type: "linear", domain: [0, width], range: [0, width], axis: null },
        y: { type: "linear", domain: [0, height], range: [0, height], axis: null },
        style: { fontFamily: "inherit", fontSize: `${FONT_PX}px`, background: "none", overflow: "visible" },
        marks: [
            Plot.rect(drawn.filter(({ datum }) => datum.y > 0), {
                x1: "left",
                x2: (part) => Math.max(part.right - 1, part.left + 1),
                y1: "top",
                y2: (part) => part.top + BAR_PX,
                fill: (part) => `var(--chart-${part.tone})`,
                className: "bars",
            }),
        ],
    });
    svg.setAttribute("text-anchor", "start");
    svg.append(...nodes);
    return { svg, points };
}
