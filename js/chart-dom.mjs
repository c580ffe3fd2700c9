/** Elements made of text and attributes; text is only ever set as text. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An HTML element.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {string | Node | (string | Node)[]} [children]
 */
export function element(tag, attributes = {}, children = []) {
    return filled(document.createElement(tag), attributes, children);
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {string | Node | (string | Node)[]} [children]
 */
export function shape(tag, attributes = {}, children = []) {
    return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...[children].flat());
    return node;
}
