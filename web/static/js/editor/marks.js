// Putting equipment on a plan: choose it (or tap its mark), tap where it stands or drag the frame. The two numbers of the
// form are what is saved; they can be typed as well, and arrow keys move the frame.
import { placeOf } from "../plan-place.js";
import { findMark, make, markOf, stepped } from "./svg.js";

const FAR_PX = 6;

class PlanMarks extends HTMLElement {
  connectedCallback() {
    this.map = this.querySelector("svg.plan-map");
    this.choice = this.querySelector("select");
    [this.x, this.y] = [this.querySelector("[name=x]"), this.querySelector("[name=y]")];
    this.ghost = make("rect", { class: "mark-ghost", rx: 7, tabindex: 0, role: "button" });
    this.map.append(this.ghost);
    this.map.addEventListener("click", (event) => this.tap(event), true);
    this.choice.addEventListener("change", () => this.choose());
    for (const field of [this.x, this.y]) field.addEventListener("input", () => this.draw());
    this.ghost.addEventListener("pointerdown", (event) => this.grab(event));
    this.ghost.addEventListener("keydown", (event) => {
      const next = stepped(event, this.at(), this.map);
      if (next) this.put(next);
    });
    if (this.choice.value && !this.x.value) this.choose();
    this.draw();
  }

  tap(event) {
    event.preventDefault();
    event.stopPropagation();
    if (event.target === this.ghost) return;
    const hit = markOf(event);
    if (hit && hit !== this.choice.value) {
      this.choice.value = hit;
      this.choose();
    } else if (this.choice.value) this.put(placeOf(this.map, event));
    else this.choice.focus();
  }

  choose() {
    const { x = "", y = "" } = this.choice.selectedOptions[0]?.dataset ?? {};
    [this.x.value, this.y.value] = [x, y];
    this.draw();
  }

  grab(event) {
    event.preventDefault();
    this.ghost.setPointerCapture(event.pointerId);
    this.ghost.focus();
    const start = [event.clientX, event.clientY];
    let far = false;
    const move = (moved) => {
      far ||= Math.hypot(moved.clientX - start[0], moved.clientY - start[1]) > FAR_PX;
      if (far) this.put(placeOf(this.map, moved));
    };
    this.ghost.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) this.ghost.addEventListener(end, () => this.ghost.removeEventListener("pointermove", move), { once: true });
  }

  put([x, y]) {
    [this.x.value, this.y.value] = [Math.round(x), Math.round(y)];
    this.draw();
  }

  at() {
    return [Number(this.x.value), Number(this.y.value)];
  }

  draw() {
    this.map.querySelector(".plan-mark.is-picked")?.classList.remove("is-picked");
    findMark(this.map, this.choice.value)?.classList.add("is-picked");
    const placed = this.choice.value && this.x.value !== "" && this.y.value !== "" && this.at().every(Number.isFinite);
    this.ghost.style.display = placed ? "" : "none";
    if (!placed) return;
    const [x, y] = this.at();
    const [width, height] = [this.map.viewBox.baseVal.width * 0.21, this.map.viewBox.baseVal.width * 0.11]; // drawing.MARK_WIDTH, MARK_HEIGHT
    this.ghost.setAttribute("aria-label", this.choice.selectedOptions[0].textContent);
    for (const [name, value] of Object.entries({ x: x - width / 2, y: y - height / 2, width, height })) this.ghost.setAttribute(name, value);
  }
}

customElements.define("plan-marks", PlanMarks);
