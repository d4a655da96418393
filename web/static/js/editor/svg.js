// What the tools that draw on a floor plan share.

/** An SVG element with attributes. @param {string} name @param {Record<string, string | number>} attributes */
export function make(name, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** How many of the plan's units a pixel of the screen is. @param {SVGSVGElement} map */
export const unitsPerPixel = (map) => 1 / map.getScreenCTM().a;

/** The id of the equipment whose mark was hit, "" for none. @param {Event} event */
export function markOf(event) {
  const mark = event.target.closest?.("a.plan-mark");
  return mark ? mark.getAttribute("href").split("/").pop() : "";
}

/** The mark of equipment on the map, or null. @param {SVGSVGElement} map @param {string} id */
export const findMark = (map, id) => (id ? map.querySelector(`a.plan-mark[href="/equipment/${CSS.escape(id)}"]`) : null);

/** Centre of a mark. @param {SVGAElement} mark @returns {[number, number]} */
export function centreOf(mark) {
  const box = mark.querySelector("rect");
  const at = (name) => Number(box.getAttribute(name));
  return [at("x") + at("width") / 2, at("y") + at("height") / 2];
}

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where an arrow key leads from a place, one unit or with Shift ten; null for other keys.
 * @param {KeyboardEvent} event @param {[number, number]} at @param {SVGSVGElement} map */
export function stepped(event, [x, y], map) {
  const step = STEP[event.key];
  if (!step) return null;
  event.preventDefault();
  const far = event.shiftKey ? 10 : 1;
  const { width, height } = map.viewBox.baseVal;
  return [Math.min(Math.max(x + step[0] * far, 0), width), Math.min(Math.max(y + step[1] * far, 0), height)];
}
