/**
 * Charts: a dict of present/charts.py drawn as SVG, with points for pointer and keyboard, a table twin and export.
 *
 * Imported when a view first draws. Colours are custom properties (css/charts.css), so that a change of theme needs
 * no new drawing; a change of width makes one. A chart's element belongs to this module: nobody else puts nodes in.
 * A click or Enter on a point with a `pick` sends `chart:pick` (it bubbles) with the pick as detail.
 */
import { barred } from "./chart-bars.mjs";
import { element, shape } from "./chart-dom.mjs";
import { documentOf, picture, save } from "./chart-export.mjs";
import { plotted } from "./chart-plot.mjs";
import { Points } from "./chart-points.mjs";
import { fillTable } from "./chart-table.mjs";

const charts = new WeakMap();
let made = 0;

await new Promise((resolve) => {
    const link = element("link", { rel: "stylesheet", href: new URL("../css/charts.css", import.meta.url).href });
    link.onload = link.onerror = resolve;
    document.head.append(link);
});
await pause();
new Intl.NumberFormat("en-US"); // Plot asks for one; the browser's first takes long, so it gets a task of its own
await pause();

/**
 * Draw a chart, or bring a drawn one up to date. Of several calls under way the last one counts.
 * @param {HTMLElement} place its own, empty before the first call
 * @param {string | object} chart Chart.to_dict() of present/charts.py, or its JSON text
 * @returns {Promise<void>} when it stands there
 */
export async function draw(place, chart) {
    if (!charts.has(place)) charts.set(place, new Drawing(place));
    await charts.get(place).follow(typeof chart === "string" ? JSON.parse(chart) : chart);
}

/** Let the browser do what waits, so that no task is long. */
function pause() {
    return new Promise((resolve) => setTimeout(resolve));
}

class Drawing {
    constructor(place) {
        this.id = `chart-${++made}`;
        this.title = element("h3", { id: `${this.id}-title` });
        this.summary = element("p", { class: "chart-summary", id: `${this.id}-summary` });
        this.legend = element("ul", { class: "chart-legend", "aria-hidden": "true" });
        this.hint = element("p", { class: "visually-hidden", id: `${this.id}-hint` });
        this.readout = element("p", { class: "visually-hidden", role: "status" });
        this.canvas = element("div", {
            class: "chart-canvas",
            tabindex: "0",
            role: "application",
            "aria-roledescription": "chart",
            "aria-labelledby": `${this.id}-title`,
            "aria-describedby": `${this.id}-summary ${this.id}-hint`,
        });
        this.outcome = element("p", { class: "chart-outcome", role: "status" });
        this.table = element("details", { class: "chart-data" });
        this.foot = element("div", { class: "chart-foot" }, [this.table, this.#takeaway()]);
        this.points = new Points(this.canvas, this.readout);
        const caption = element("figcaption", {}, [this.title, this.summary, this.legend, this.hint]);
        place.replaceChildren(element("figure", { class: "chart" }, [caption, this.canvas, this.readout, this.foot]));
        this.width = 0;
        new ResizeObserver(() => this.#fit()).observe(this.canvas);
    }

    async follow(chart) {
        for (const datum of chart.layers.flatMap(({ data }) => data)) datum.series ??= "";
        this.next = chart;
        this.title.textContent = chart.title;
        this.summary.textContent = chart.summary;
        const picks = chart.layers.some(({ data }) => data.some(({ pick }) => pick));
        this.hint.textContent = `Arrow keys move from point to point${picks ? "; Enter chooses one" : ""}.`;
        fillTable(this.table, chart.table);
        await pause();
        if (this.next !== chart) return;
        this.chart = chart;
        this.width = 0;
        await this.#fit();
    }

    /** Draw at the width that there is, unless that was done. */
    async #fit() {
        const width = Math.floor(this.canvas.getBoundingClientRect().width);
        if (!this.chart || width < 40 || width === this.width) return;
        this.width = width;
        const family = getComputedStyle(this.canvas).fontFamily;
        const make = this.chart.x.scale === "band" ? barred : plotted;
        const { svg, points, legend = [], further = [] } = make(this.chart, width, { family });
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-labelledby", `${this.id}-svg-title ${this.id}-svg-desc`);
        svg.prepend(
            shape("title", { id: `${this.id}-svg-title` }, this.chart.title),
            shape("desc", { id: `${this.id}-svg-desc` }, this.chart.summary),
        );
        // Plot names its groups, which takes a role that groups of marks do not have
        for (const group of svg.querySelectorAll("g[aria-label]")) group.removeAttribute("aria-label");
        this.svg = svg;
        this.canvas.replaceChildren(svg);
        this.legend.replaceChildren(...legend);
        this.points.follow(svg, points);
        for (const add of further) {
            await pause();
            if (this.svg !== svg) return;
            add();
        }
    }

    #takeaway() {
        const kinds = [
            ["Copy SVG", () => navigator.clipboard.writeText(this.#document().text), "SVG copied"],
            ["Copy PNG", () => this.#copyPicture(), "PNG copied"],
            ["Save SVG", () => save(new Blob([this.#document().text], { type: "image/svg+xml" }), this.#file("svg")), "SVG saved"],
            ["Save PNG", async () => save(await picture(this.#document()), this.#file("png")), "PNG saved"],
        ];
        const buttons = kinds.map(([name, act, done]) => {
            const button = element("button", { type: "button", class: "chip" }, name);
            button.addEventListener("click", () => this.#try(act, done));
            return button;
        });
        const choices = element("div", { class: "chart-choices" }, buttons);
        return element("details", { class: "chart-takeaway" }, [element("summary", {}, "Save or copy"), choices, this.outcome]);
    }

    async #try(act, done) {
        try {
            await act();
            this.outcome.textContent = done;
        } catch {
            this.outcome.textContent = "The browser did not allow that here.";
        }
    }

    #document() {
        const date = new Date().toISOString().slice(0, 10);
        return documentOf(this.svg, this.legend.children, this.chart, { date, address: location.href });
    }

    #file(kind) {
        return `${this.chart.key}-${new Date().toISOString().slice(0, 10)}.${kind}`;
    }

    #copyPicture() {
        const item = new ClipboardItem({ "image/png": picture(this.#document()) });
        return navigator.clipboard.write([item]);
    }
}
