// Drawing the outline of an area: a tap is a corner, a corner can be dragged, moved by arrow keys and deleted. The form's
// list of coordinates is the truth: whoever can't draw types there, and the drawing follows.
import { placeOf } from "../plan-place.js";
import { make, stepped, unitsPerPixel } from "./svg.js";

const GRID = 5;
const NEAR_PX = 10;
const REACH_PX = 22;
const DOT_PX = 8;

class PlanOutline extends HTMLElement {
  connectedCallback() {
    this.map = this.querySelector("svg.plan-map");
    this.field = this.querySelector("textarea[name=corners]");
    if (!this.map || !this.field) return;
    this.corners = this.read();
    this.past = [];
    this.others = this.otherCorners();
    this.shape = make("polygon", { class: "outline-shape" });
    this.handles = make("g", { class: "outline-corners" });
    this.map.append(this.shape, this.handles);
    this.map.addEventListener("click", (event) => this.tap(event), true);
    this.handles.addEventListener("pointerdown", (event) => this.grab(event));
    this.handles.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.become(this.read(), false));
    for (const button of document.querySelectorAll("button[data-draw]")) {
      button.hidden = false;
      button.addEventListener("click", () => (button.dataset.draw === "undo" ? this.undo() : this.become([])));
    }
    addEventListener("resize", () => this.draw());
    document.addEventListener("change", () => requestAnimationFrame(() => this.draw())); // "large" changes the scale
    this.draw();
  }

  read() {
    const pairs = this.field.value.split(/[\n;；]/).map((line) => line.match(/-?\d+(\.\d+)?/g));
    return pairs.filter((pair) => pair?.length === 2).map((pair) => pair.map(Number));
  }

  /** Corners of other areas, to snap to; the area that is drawn anew is hidden meanwhile. */
  otherCorners() {
    const own = this.read().map(String).join(" ");
    const found = [];
    for (const area of this.map.querySelectorAll(".plan-area")) {
      const points = area.querySelector("polygon").getAttribute("points").trim().split(/\s+/).map((each) => each.split(",").map(Number));
      if (own && points.map(String).join(" ") === own) area.classList.add("is-drawn");
      else found.push(...points);
    }
    return found;
  }

  tap(event) {
    event.preventDefault();
    event.stopPropagation();
    if (event.target.closest(".outline-corner")) return;
    this.become([...this.corners, this.snapped(placeOf(this.map, event), this.corners.at(-1))]);
  }

  grab(event) {
    const handle = event.target.closest(".outline-corner");
    if (!handle) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.focus();
    const place = Number(handle.dataset.place);
    const before = this.corners;
    const move = (moved) => {
      const beside = before[(place || before.length) - 1];
      this.corners = before.map((corner, each) => (each === place ? this.snapped(placeOf(this.map, moved), beside) : corner));
      this.draw();
    };
    const end = () => {
      handle.removeEventListener("pointermove", move);
      if (this.corners !== before) this.past.push(before);
      this.write();
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  }

  key(event) {
    const place = Number(event.target.closest(".outline-corner")?.dataset.place);
    const corner = this.corners[place];
    if (!corner) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.become(this.corners.filter((_, each) => each !== place));
      this.handles.children[Math.min(place, this.corners.length - 1)]?.focus();
    }
    const next = stepped(event, corner, this.map);
    if (next) this.become(this.corners.map((each, at) => (at === place ? next : each)));
  }

  /** Near another area's corner it is that corner; else in line with the corner before, the plan's edge, the grid. */
  snapped([x, y], before) {
    if (!this.querySelector("[name=snap]").checked) return [x, y];
    const near = NEAR_PX * unitsPerPixel(this.map);
    const corner = this.others.find(([ox, oy]) => Math.hypot(ox - x, oy - y) <= near);
    if (corner) return corner;
    const { width, height } = this.map.viewBox.baseVal;
    const along = (value, size, last) => {
      for (const line of [last, 0, size]) if (line !== undefined && Math.abs(value - line) <= near) return line;
      return Math.min(Math.round(value / GRID) * GRID, size);
    };
    return [along(x, width, before?.[0]), along(y, height, before?.[1])];
  }

  become(corners, writes = true) {
    this.past.push(this.corners);
    this.corners = corners;
    if (writes) this.write();
    this.draw();
  }

  undo() {
    if (this.past.length === 0) return;
    this.corners = this.past.pop();
    this.write();
    this.draw();
  }

  write() {
    this.field.value = this.corners.map(([x, y]) => `${round(x)}, ${round(y)}`).join("\n");
  }

  draw() {
    this.shape.setAttribute("points", this.corners.map((corner) => corner.join(",")).join(" "));
    this.querySelector("[data-count]").textContent = this.corners.length;
    const unit = unitsPerPixel(this.map);
    while (this.handles.children.length > this.corners.length) this.handles.lastChild.remove();
    this.corners.forEach(([x, y], place) => {
      const handle = this.handles.children[place] ?? this.handle(place);
      handle.setAttribute("transform", `translate(${x} ${y})`);
      handle.children[0].setAttribute("r", REACH_PX * unit);
      handle.children[1].setAttribute("r", DOT_PX * unit);
    });
  }

  handle(place) {
    const words = this.dataset.corner.replace("{n}", place + 1);
    const handle = make("g", { class: "outline-corner", tabindex: 0, role: "button", "aria-label": words, "data-place": place });
    handle.append(make("circle", { class: "reach" }), make("circle", { class: "dot" }));
    this.handles.append(handle);
    return handle;
  }
}

const round = (value) => Math.round(value * 10) / 10;

customElements.define("plan-outline", PlanOutline);
