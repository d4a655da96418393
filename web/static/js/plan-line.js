// A line on the floor plan by two taps: its ends go into the form's hidden field. A third tap begins anew.
import { placeOf } from "./plan-place.js";

class PlanLine extends HTMLElement {
  connectedCallback() {
    this.map = this.querySelector("svg.plan-map");
    this.field = this.querySelector("input[name=line]");
    this.ends = this.field.value.split(" ").filter(Boolean).map((end) => end.split(",").map(Number));
    this.shown = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    this.shown.classList.add("line-drawn");
    this.map.append(this.shown);
    this.map.addEventListener("click", (event) => this.tap(event), true);
    this.draw();
  }

  /** A tap on a mark is an end too, not a link. */
  tap(event) {
    event.preventDefault();
    event.stopPropagation();
    this.ends = this.ends.length > 1 ? [placeOf(this.map, event)] : [...this.ends, placeOf(this.map, event)];
    this.draw();
  }

  draw() {
    const [first, last = first] = this.ends;
    this.shown.setAttribute("points", first ? `${first} ${last}` : "");
    this.field.value = this.ends.map((end) => end.join(",")).join(" ");
    this.querySelector("[data-ends]").textContent = this.ends.length;
  }
}

customElements.define("plan-line", PlanLine);
