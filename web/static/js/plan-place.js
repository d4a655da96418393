// Where on a floor plan somebody tapped, in the plan's own units.

/** @param {SVGSVGElement} map @param {PointerEvent | MouseEvent} event @returns {[number, number]} */
export function placeOf(map, event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
  const { width, height } = map.viewBox.baseVal;
  return [Math.min(Math.max(at.x, 0), width), Math.min(Math.max(at.y, 0), height)].map((each) => Math.round(each * 10) / 10);
}
