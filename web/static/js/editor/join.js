// Drawing a link: tap where it begins, then where it ends; the form's two choices are what is saved. A third tap begins anew.
import { centreOf, findMark, make, markOf } from "./svg.js";

class PlanJoin extends HTMLElement {
  connectedCallback() {
    this.map = this.querySelector("svg.plan-map");
    [this.source, this.target] = [this.querySelector("[name=source]"), this.querySelector("[name=target]")];
    this.line = make("path", { class: "join-line", "marker-end": "url(#plan-head)" });
    this.map.append(this.line);
    this.map.addEventListener("click", (event) => this.tap(event), true);
    for (const end of [this.source, this.target]) end.addEventListener("change", () => this.draw());
    this.draw();
  }

  tap(event) {
    event.preventDefault();
    event.stopPropagation();
    const hit = markOf(event);
    if (!hit) return;
    const begins = !this.source.value || this.target.value;
    if (begins) this.target.value = "";
    (begins ? this.source : this.target).value = `equipment:${hit}`;
    this.draw();
  }

  draw() {
    for (const mark of this.map.querySelectorAll(".plan-mark.is-picked")) mark.classList.remove("is-picked");
    const marks = [this.source, this.target].map((end) => findMark(this.map, end.value.split(":")[1] ?? ""));
    for (const mark of marks) mark?.classList.add("is-picked");
    const path = marks.every(Boolean) && marks[0] !== marks[1] ? `M${marks.map((mark) => centreOf(mark).join(" ")).join(" L")}` : "";
    this.line.setAttribute("d", path);
  }
}

customElements.define("plan-join", PlanJoin);
