/*
 * What js/charts.mjs needs of Observable Plot. tools/runtime.py bundles this file, and what it reaches, into
 * runtime/plot/plot.mjs.
 */
export { areaY, axisX, axisY, dot, gridX, gridY, line, plot, rect, ruleX, ruleY } from "@observablehq/plot";
