/** Visiting a chart's points: with the pointer, or with the keyboard through one stop of the Tab key. */
import { element, shape } from "./chart-dom.mjs";

const NEAR_PX = 44;
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
const LEAP = 10;
/** How far a tip may reach over what stands above the chart. */
const ABOVE_PX = 70;

function distance(point, x, y) {
    if (point.box) {
        const [left, top, right, bottom] = point.box;
        return x >= left && x <= right && y >= top - 24 && y <= bottom + 4 ? 0 : Infinity;
    }
    return Math.hypot(point.px - x, point.py - y);
}

/** The pointer, the cursor and the tip of one chart; `canvas` stays while its drawing is replaced. */
export class Points {
    /**
     * @param {HTMLElement} canvas takes the focus
     * @param {HTMLElement} readout a polite live region
     */
    constructor(canvas, readout) {
        this.canvas = canvas;
        this.readout = readout;
        this.points = [];
        this.index = -1;
        this.tip = element("div", { class: "chart-tip", hidden: "" });
        canvas.addEventListener("pointermove", (event) => this.#hover(event));
        canvas.addEventListener("pointerleave", () => this.hide());
        canvas.addEventListener("click", (event) => this.#click(event));
        canvas.addEventListener("keydown", (event) => this.#key(event));
        canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && this.#go(this.#first()));
        canvas.addEventListener("blur", () => this.hide());
    }

    /** Take a new drawing; the point that was visited is found again by what it says. */
    follow(svg, points) {
        const was = this.points[this.index]?.datum;
        this.svg = svg;
        this.points = points;
        this.cursor = shape("circle", { class: "cursor", r: 9, visibility: "hidden" });
        svg.append(this.cursor);
        this.canvas.append(this.tip);
        this.index = was ? points.findIndex(({ datum }) => (was.pick ? datum.pick === was.pick : datum.words === was.words)) : -1;
        if (this.index >= 0 && !this.tip.hidden) this.#show(this.index);
        else this.hide();
    }

    /** No point is visited. */
    hide() {
        this.tip.hidden = true;
        this.cursor?.setAttribute("visibility", "hidden");
    }

    #first() {
        const chosen = this.points.findIndex(({ datum }) => datum.chosen);
        return this.index >= 0 ? this.index : Math.max(chosen, 0);
    }

    #nearest(event) {
        const box = this.svg.getBoundingClientRect();
        const [x, y] = [event.clientX - box.left, event.clientY - box.top];
        let [best, least] = [-1, NEAR_PX];
        this.points.forEach((point, index) => {
            const away = distance(point, x, y);
            if (away < least) [best, least] = [index, away];
        });
        return best;
    }

    #hover(event) {
        const index = this.#nearest(event);
        this.canvas.classList.toggle("picks", Boolean(this.points[index]?.datum.pick));
        if (index < 0) this.hide();
        else this.#show(index);
    }

    #click(event) {
        const index = this.#nearest(event);
        if (index < 0) return;
        this.#show(index);
        this.#pick(index);
    }

    #pick(index) {
        const pick = this.points[index]?.datum.pick;
        if (pick) this.canvas.dispatchEvent(new CustomEvent("chart:pick", { bubbles: true, detail: pick }));
    }

    #key(event) {
        const last = this.points.length - 1;
        const { key } = event;
        const here = this.#first();
        const targets = { Home: 0, End: last, PageDown: here + LEAP, PageUp: here - LEAP };
        if (key === "Escape") return this.hide();
        if (key === "Enter" || key === " ") this.#pick(this.index);
        else if (key in STEPS) this.#go(here + STEPS[key]);
        else if (key in targets) this.#go(targets[key]);
        else if (key === "ArrowUp" || key === "ArrowDown") this.#go(this.#otherSeries(here, key === "ArrowUp" ? -1 : 1));
        else return;
        event.preventDefault();
    }

    /** The point nearest by x in the next series that is drawn higher (-1) or lower (1). */
    #otherSeries(here, direction) {
        const { px, py, datum } = this.points[here] ?? {};
        let [best, least] = [here, Infinity];
        this.points.forEach((point, index) => {
            const beyond = (point.py - py) * direction > 0 && (point.datum.series !== datum.series || point.datum.x !== datum.x);
            const away = Math.abs(point.px - px) + Math.abs(point.py - py);
            if (beyond && away < least) [best, least] = [index, away];
        });
        return best;
    }

    #go(index) {
        if (!this.points.length) return;
        const inside = Math.max(0, Math.min(index, this.points.length - 1));
        this.#show(inside);
        this.readout.textContent = `${this.points[inside].datum.words}. ${inside + 1} of ${this.points.length}.`;
    }

    #show(index) {
        this.index = index;
        const { px, py, r, datum, tone } = this.points[index];
        this.cursor.setAttribute("cx", px);
        this.cursor.setAttribute("cy", py);
        this.cursor.setAttribute("r", r + 4);
        this.cursor.setAttribute("visibility", "visible");
        const [head, ...rest] = datum.words.split(": ");
        this.tip.replaceChildren(element("strong", {}, head), ...(rest.length ? [element("span", {}, rest.join(": "))] : []));
        this.tip.style.borderColor = tone;
        this.tip.hidden = false;
        const { offsetWidth: width, offsetHeight: height } = this.tip;
        const room = this.canvas.clientWidth;
        const above = py - r - 16 - height;
        this.tip.style.left = `${Math.max(0, Math.min(px - width / 2, room - width))}px`;
        this.tip.style.top = `${above >= -ABOVE_PX ? above : py + r + 12}px`;
    }
}
