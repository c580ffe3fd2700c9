/** The table beneath a chart: the same data for people who read tables. */
import { element } from "./chart-dom.mjs";

/**
 * Bring a closed disclosure with the chart's table up to date.
 * @param {HTMLDetailsElement} details stays open if it was
 * @param {{caption: string, columns: string[], rows: string[][]}} table
 */
export function fillTable(details, { caption, columns, rows }) {
    const head = element("tr", {}, columns.map((name) => element("th", { scope: "col" }, name)));
    const body = rows.map(([first, ...rest]) =>
        element("tr", {}, [element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell))]),
    );
    const grid = element("table", {}, [
        element("caption", {}, caption),
        element("thead", {}, head),
        element("tbody", {}, body),
    ]);
    const box = element("div", { class: "chart-table", tabindex: "0", role: "region", "aria-label": caption }, grid);
    details.replaceChildren(element("summary", {}, "Data table"), box);
}
