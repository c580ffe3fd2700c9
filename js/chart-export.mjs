/** A chart on its own: as an SVG document or a PNG, with title, date and address, in the colours of the page. */
import { shape } from "./chart-dom.mjs";
import { textWidth } from "./chart-text.mjs";

const PAD_PX = 20;
const SHARP = 2;
const PAINT = ["fill", "stroke", "opacity", "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "paint-order", "visibility", "text-anchor"];

/** Whether a node looks as it does because of the page; else its own attributes, or its parent's, say it all. */
function leans(node) {
    return node.attributes.length && [...node.attributes].some(({ name, value }) => /^(class|style)$/.test(name) || /var\(|currentColor/.test(value));
}

/** Presentation as attributes, since a file has no style sheet and no custom properties. */
function settled(node, copy) {
    if (leans(node)) {
        const style = getComputedStyle(node);
        for (const name of PAINT) copy.setAttribute(name, style.getPropertyValue(name));
    }
    copy.removeAttribute("class");
    copy.removeAttribute("style");
    [...node.children].forEach((child, index) => settled(child, copy.children[index]));
}

/** Words in lines of at most so many pixels; a word longer than a line is cut. */
function lines(text, width, font) {
    const done = [];
    let line = "";
    for (const word of text.split(/(?<=[\s&?])/)) {
        for (const piece of word.match(/.{1,80}/g) ?? []) {
            if (line && textWidth(line + piece, font) > width) {
                done.push(line.trim());
                line = "";
            }
            line += piece;
        }
    }
    return [...done, line.trim()];
}

function block(text, { top, width, size, weight = 400, fill, family }) {
    const found = lines(text, width, `${weight} ${size}px ${family}`);
    const node = shape("text", { x: PAD_PX, y: top, "font-size": size, "font-weight": weight, fill }, found.map((line, index) =>
        shape("tspan", { x: PAD_PX, dy: index ? size * 1.4 : size }, line),
    ));
    return { node, height: found.length * size * 1.4 };
}

/** The legend in one line: swatches and names as they stand in the page. */
function legendOf(items, top, family, fill) {
    let x = PAD_PX;
    return [...items].flatMap((item) => {
        const swatch = item.querySelector("svg");
        const copy = swatch.cloneNode(true);
        const ofThePage = copy.querySelectorAll("style");
        settled(swatch, copy);
        ofThePage.forEach((node) => node.remove());
        for (const [name, value] of Object.entries({ x, y: top })) copy.setAttribute(name, value);
        const words = item.lastChild.textContent;
        const name = shape("text", { x: x + 16, y: top + 10, "font-size": 13, fill }, words);
        x += 16 + textWidth(words, `13px ${family}`) + 18;
        return [copy, name];
    });
}

/**
 * The chart as a document.
 * @param {SVGSVGElement} svg as drawn in the page
 * @param {Iterable<Element>} legend its entries
 * @param {{title: string, summary: string}} chart
 * @param {{date: string, address: string}} origin
 * @returns {{text: string, width: number, height: number}}
 */
export function documentOf(svg, legend, { title, summary }, { date, address }) {
    const style = getComputedStyle(svg);
    const resolve = (name) => {
        const probe = shape("text", { fill: `var(--chart-${name})`, visibility: "hidden" });
        svg.append(probe);
        const { fill } = getComputedStyle(probe);
        probe.remove();
        return fill;
    };
    const [ink, soft, paper] = [resolve("ink"), resolve("soft"), resolve("paper")];
    const inner = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };
    const family = style.fontFamily;
    const width = inner.width + 2 * PAD_PX;
    const common = { width: inner.width, family };
    const head = block(title, { ...common, top: PAD_PX, size: 17, weight: 650, fill: ink });
    const sub = block(summary, { ...common, top: PAD_PX + head.height + 4, size: 13, fill: soft });
    const named = legendOf(legend, PAD_PX + head.height + sub.height + 14, family, ink);
    const top = PAD_PX + head.height + sub.height + (named.length ? 40 : 20);
    const foot = block(`${date} · ${address}`, { ...common, top: top + inner.height + 12, size: 10.5, fill: soft });
    const height = top + inner.height + 12 + foot.height + PAD_PX;
    const copy = svg.cloneNode(true);
    const ofThePage = copy.querySelectorAll("style, .cursor");
    settled(svg, copy);
    ofThePage.forEach((node) => node.remove());
    for (const [name, value] of Object.entries({ x: PAD_PX, y: top, overflow: "visible" })) copy.setAttribute(name, value);
    const whole = shape("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": family }, [
        shape("rect", { width, height, fill: paper }),
        head.node,
        sub.node,
        ...named,
        copy,
        foot.node,
    ]);
    return { text: new XMLSerializer().serializeToString(whole), width, height };
}

/**
 * A document as a PNG, two pixels to one.
 * @param {{text: string, width: number, height: number}} document
 * @returns {Promise<Blob>}
 */
export async function picture({ text, width, height }) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: width * SHARP, height: height * SHARP });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve, reject) =>
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
    );
}

/**
 * Offer a file to the browser's downloads.
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
