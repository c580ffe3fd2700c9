/** Axes: their ends, and as many round values on them as there is room for. */
import { tickText } from "./chart-text.mjs";

const INSET_PX = 10;
/** Of the room of one value, what must lie between two on a logarithmic axis. */
const LEAST_GAP = 0.75;
const DIGITS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]];

/** Ends of the known ones of these values. */
export function extent(values) {
    const known = values.filter((value) => Number.isFinite(value));
    return known.length ? [Math.min(...known), Math.max(...known)] : [1, 10];
}

function ends(axis, [least, most]) {
    const [low, high] = [axis.low ?? (axis.scale === "linear" ? Math.min(0, least) : least), axis.high ?? most];
    if (low < high) return [low, high];
    return axis.scale === "linear" ? [low, low + 1] : [low / 2, low * 2];
}

function linear([low, high], room) {
    const raw = (high - low) / room;
    const decade = 10 ** Math.floor(Math.log10(raw));
    const step = decade * [1, 2, 5, 10].find((digit) => digit * decade >= raw * (1 - 1e-9));
    const first = Math.ceil(low / step - 1e-9);
    const count = Math.floor(high / step + 1e-9) - first + 1;
    return Array.from({ length: count }, (_, index) => +((first + index) * step).toPrecision(12));
}

/** Exponents from low to high, every one or every second, third ... */
function exponents([low, high], base, room) {
    const [first, last] = [Math.ceil(Math.log(low) / Math.log(base) - 1e-9), Math.floor(Math.log(high) / Math.log(base) + 1e-9)];
    const step = Math.max(1, Math.ceil((last - first + 1) / room));
    return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, index) => first + index * step);
}

function decimal([low, high], room) {
    const decades = exponents([low / 10, high], 10, 1e3);
    const rooms = (one, next) => (Math.log(next / one) / Math.log(high / low)) * room;
    const fits = (ticks) => ticks.length <= room && ticks.slice(1).every((tick, i) => rooms(ticks[i], tick) >= LEAST_GAP);
    for (const digits of DIGITS) {
        const all = decades.flatMap((power) => digits.map((digit) => +(digit * 10 ** power).toPrecision(6)));
        const inside = all.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
        if (fits(inside)) return inside.length > 1 ? inside : linear([low, high], room);
    }
    return exponents([low, high], 10, room).map((power) => 10 ** power);
}

/**
 * What Plot needs to know of an axis.
 * @param {{scale: string, unit: string, low: number | null, high: number | null}} axis
 * @param {number[]} values all that is drawn along it
 * @param {number} room how many values can be written
 */
export function axisOf(axis, values, room) {
    const domain = ends(axis, extent(values));
    const most = Math.max(2, Math.floor(room));
    const log = axis.scale !== "linear";
    const ticks = {
        linear: () => linear(domain, most),
        log: () => decimal(domain, most),
        log2: () => exponents(domain, 2, most).map((power) => 2 ** power),
    }[axis.scale]();
    return {
        scale: { type: log ? "log" : "linear", domain, label: null, inset: INSET_PX },
        ticks,
        tickText: (value) => tickText(value, axis.unit),
    };
}
