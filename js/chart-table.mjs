/** The table beneath a chart: the same data for people who read tables. */
import { element } from "./chart-dom.mjs";

/**
 * Bring a disclosure with the chart's table up to date; its rows are made when it is open.
 * @param {HTMLDetailsElement} details stays open if it was
 * @param {{caption: string, columns: string[], rows: string[][]}} table
 */
export function fillTable(details, table) {
    details.hidden = !table.rows.length;
    if (!details.firstChild) details.append(element("summary", {}, "Data table"));
    details.querySelector(".chart-table")?.remove();
    const fill = () => {
        if (details.open && !details.querySelector(".chart-table")) details.append(gridOf(table));
    };
    details.ontoggle = fill;
    fill();
}

/** Columns of figures, which line up at their end. */
function figuresOf({ columns, rows }) {
    return columns.map((_, index) => rows.every((row) => /^(\$?[\d.,]+|–)/.test(row[index])));
}

function gridOf({ caption, columns, rows }) {
    const kinds = figuresOf({ columns, rows }).map((is) => (is ? { class: "figures" } : {}));
    const head = element("tr", {}, columns.map((name, index) => element("th", { scope: "col", ...kinds[index] }, name)));
    const body = rows.map((row) =>
        element("tr", {}, row.map((cell, index) => element(index ? "td" : "th", { ...(index ? {} : { scope: "row" }), ...kinds[index] }, cell))),
    );
    const grid = element("table", {}, [
        element("caption", {}, caption),
        element("thead", {}, head),
        element("tbody", {}, body),
    ]);
    return element("div", { class: "chart-table", tabindex: "0", role: "region", "aria-label": caption }, grid);
}
