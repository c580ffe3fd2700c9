/** Text of axes, its width in pixels, and places for labels beside points. */

const SCALES = {
    s: [[1e-6, "µs"], [1e-3, "ms"], [1, "s"]],
    bytes: [[1, "B"], [1e3, "kB"], [1e6, "MB"], [1e9, "GB"], [1e12, "TB"]],
};
const LARGE = [[1, ""], [1e3, "k"], [1e6, "M"], [1e9, "G"], [1e12, "T"], [1e15, "P"]];
/** Units that a tick carries itself, so that the axis need not name them. */
const CARRIED = new Set(["s", "bytes", "USD", "share"]);

const pen = document.createElement("canvas").getContext("2d");

function scaled(value, steps, gap) {
    const [factor, name] = steps.findLast(([size]) => Math.abs(value) >= size * (1 - 1e-9)) ?? steps[0];
    return `${+(value / factor).toPrecision(3)}${name && gap}${name}`;
}

/**
 * A value on an axis.
 * @param {number} value SI
 * @param {string} unit as in present/charts.py
 */
export function tickText(value, unit) {
    if (unit === "share") return `${+(value * 100).toPrecision(3)} %`;
    if (unit === "USD") return `$${scaled(value, LARGE, "")}`;
    if (SCALES[unit]) return value === 0 ? "0" : scaled(value, SCALES[unit], " ");
    return scaled(value, LARGE, "");
}

/** Name of an axis, with its unit unless each tick carries it. */
export function axisText({ label, unit }) {
    return unit && !CARRIED.has(unit) ? `${label} (${unit})` : label;
}

/**
 * Width of a text in pixels.
 * @param {string} text
 * @param {string} font as in CSS
 */
export function textWidth(text, font) {
    pen.font = font;
    return pen.measureText(text).width;
}

const GAP = 5;
/** Where a label can stand, the best first: direction from the point, and which end of the text is at it. */
const PLACES = [
    [1, 0, "start"],
    [1, -1, "start"],
    [1, 1, "start"],
    [0, -1, "middle"],
    [0, 1, "middle"],
    [-1, -1, "end"],
    [-1, 1, "end"],
    [-1, 0, "end"],
];
const SHIFT = { start: 0, middle: -0.5, end: -1 };

function placed(label, [dx, dy, anchor], height) {
    const away = label.r + GAP;
    const slant = dx && dy ? 0.6 : 1;
    const x = label.px + dx * away * slant;
    const y = label.py + dy * (away * slant + height * 0.45);
    const left = x + SHIFT[anchor] * label.width;
    return { ...label, x, y, anchor, box: [left - 2, y - height / 2, left + label.width + 2, y + height / 2] };
}

function covers([left, top, right, bottom], [x1, y1, x2, y2]) {
    return left < x2 && x1 < right && top < y2 && y1 < bottom;
}

/**
 * Labels at places where they cover no other label and few of the marks. Labels with no room are left out,
 * unless `must` is set; the first ones choose first.
 * @param {{text: string, px: number, py: number, r: number, width: number, must?: boolean}[]} labels
 * @param {number[][]} marks boxes [left, top, right, bottom] of what is drawn
 * @param {number[]} bounds box that labels stay in
 * @param {number} height of a line of text
 */
export function placeLabels(labels, marks, bounds, height) {
    const done = [];
    for (const label of labels) {
        const options = PLACES.map((place, order) => {
            const option = placed(label, place, height);
            const [left, top, right, bottom] = option.box;
            const inside = left >= bounds[0] && top >= bounds[1] && right <= bounds[2] && bottom <= bounds[3];
            const hidden = done.some(({ box }) => covers(box, option.box));
            const met = marks.filter((mark) => covers(mark, option.box)).length;
            return { option, met, cost: met + order * 0.2 + (inside ? 0 : 100) + (hidden ? 50 : 0) };
        }).sort((a, b) => a.cost - b.cost);
        const [best] = options;
        if (label.must || best.cost < 6) done.push(best.option);
    }
    return done;
}
