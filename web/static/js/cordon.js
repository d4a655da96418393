// Drawing the ground of a cordon on the floor plan: each tap is a corner. The form's hidden field carries the corners;
// without script the cordon is a circle.
import { placeOf } from "./plan-place.js";

class CordonDraw extends HTMLElement {
  connectedCallback() {
    this.map = this.querySelector("svg.plan-map");
    this.field = this.querySelector("input[name=polygon]");
    if (!this.map || !this.field) return;
    this.corners = this.field.value.split(" ").filter(Boolean).map((corner) => corner.split(",").map(Number));
    this.shown = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
    this.shown.classList.add("cordon-drawn");
    this.map.append(this.shown);
    this.map.addEventListener("click", (event) => this.tap(event), true);
    for (const button of this.querySelectorAll("button[data-draw]")) {
      button.hidden = false;
      button.addEventListener("click", () => this.change(button.dataset.draw));
    }
    this.draw();
  }

  /** A tap on a mark is a corner too, not a link. */
  tap(event) {
    event.preventDefault();
    event.stopPropagation();
    this.corners.push(placeOf(this.map, event));
    this.draw();
  }

  change(what) {
    this.corners = what === "undo" ? this.corners.slice(0, -1) : [];
    this.draw();
  }

  draw() {
    const points = this.corners.map((corner) => corner.join(",")).join(" ");
    this.shown.setAttribute("points", points);
    this.field.value = points;
    this.querySelector("[data-corners]").textContent = this.corners.length;
    const shape = this.corners.length ? "polygon" : "circle";
    this.closest("form").querySelector(`input[name=shape][value=${shape}]`).checked = true;
  }
}

customElements.define("cordon-draw", CordonDraw);
