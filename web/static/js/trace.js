// A trace on the plan: step by step along its path, or moment by moment with a slider. Without script all stands there.

/** Lights one piece of equipment on the plan; an empty id lights none. */
function light(equipment) {
  for (const mark of document.querySelectorAll(".plan-mark")) {
    mark.classList.toggle("is-current", equipment !== "" && mark.getAttribute("href") === `/equipment/${equipment}`);
  }
}

// Steps through a path: one step at a time, its equipment lit on the plan.
class TraceSteps extends HTMLElement {
  /** @type {HTMLElement[]} */
  #steps = [];
  #at = 0;

  connectedCallback() {
    this.#steps = [...this.querySelectorAll(".step")];
    if (this.#steps.length < 2) return;
    this.querySelector(".step-bar").hidden = false;
    this.addEventListener("click", (event) => {
      const by = event.target.closest("[data-step]")?.dataset.step;
      if (by) this.#go(this.#at + Number(by));
    });
    this.addEventListener("keydown", (event) => {
      if (event.target.matches("input, select, textarea")) return; // the slider's own keys
      if (event.key === "ArrowRight") this.#go(this.#at + 1);
      if (event.key === "ArrowLeft") this.#go(this.#at - 1);
    });
    this.addEventListener("trace:moment", (event) => {
      const place = this.#steps.findIndex((step) => step.dataset.equipment === event.detail);
      if (place >= 0) this.#show(place);
    });
    this.#show(0);
  }

  #go(wanted) {
    this.#show(wanted);
    this.querySelector("trace-time")?.showEquipment(this.#steps[this.#at].dataset.equipment);
    light(this.#steps[this.#at].dataset.equipment);
  }

  #show(wanted) {
    this.#at = Math.min(Math.max(wanted, 0), this.#steps.length - 1);
    this.#steps.forEach((step, number) => (step.hidden = number !== this.#at));
    this.querySelector(".step-count").textContent = `${this.#at + 1} / ${this.#steps.length}`;
    this.querySelector('[data-step="-1"]').disabled = this.#at === 0;
    this.querySelector('[data-step="1"]').disabled = this.#at === this.#steps.length - 1;
  }
}
customElements.define("trace-steps", TraceSteps);

// The plan at one moment: what was reached by then stands out, what comes later doesn't yet.
class TraceTime extends HTMLElement {
  /** @type {HTMLElement[]} */
  #moments = [];
  /** @type {HTMLInputElement} */
  #range;

  connectedCallback() {
    this.#moments = [...this.querySelectorAll(".time-moment")];
    this.#range = this.querySelector("input[type=range]");
    if (!this.#range) return;
    this.querySelector(".time-bar").hidden = false;
    this.querySelector(".time-all").open = false;
    this.querySelector(".time-key").hidden = true;
    this.#range.addEventListener("input", () => this.#moved());
    this.addEventListener("click", (event) => {
      const by = event.target.closest("[data-time]")?.dataset.time;
      if (!by) return;
      this.#range.value = String(Number(this.#range.value) + Number(by));
      this.#moved();
    });
    this.#draw();
  }

  /** To the moment at which this equipment was reached, if it ever was. */
  showEquipment(equipment) {
    const place = this.#moments.findIndex((moment) => moment.dataset.equipment === equipment);
    if (place < 0 || !this.#range) return;
    this.#range.value = String(place);
    this.#draw();
  }

  #moved() {
    this.#draw();
    const { equipment } = this.#moments[Number(this.#range.value)].dataset;
    this.dispatchEvent(new CustomEvent("trace:moment", { bubbles: true, detail: equipment }));
    light(equipment);
  }

  #draw() {
    const at = Number(this.#range.value);
    const reached = new Map(this.#moments.map((moment, place) => [moment.dataset.equipment, place]));
    for (const mark of this.querySelectorAll(".plan-mark")) {
      const place = reached.get(mark.getAttribute("href").split("/").pop());
      const marked = mark.matches(".is-path, .is-scope");
      mark.classList.toggle("is-later", marked && place !== undefined && place > at);
      mark.classList.toggle("is-here", place !== undefined && place <= at && !this.#moments[place].matches(".is-coming"));
    }
    for (const pipe of this.querySelectorAll(".plan-path [data-to]")) {
      pipe.classList.toggle("is-later", (reached.get(pipe.dataset.to) ?? 0) > at);
    }
    this.querySelector(".time-said").replaceChildren(...this.#moments[at].cloneNode(true).childNodes);
    this.#range.setAttribute("aria-valuetext", this.#moments[at].textContent.replaceAll(/\s+/g, " ").trim());
    this.querySelector('[data-time="-1"]').disabled = at === 0;
    this.querySelector('[data-time="1"]').disabled = at === this.#moments.length - 1;
  }
}
customElements.define("trace-time", TraceTime);

// What is folded opens for whoever is led to it.
function unfold() {
  const wanted = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const folded = wanted && wanted.matches("#confirm") && wanted.querySelector("details");
  if (folded) folded.open = true;
}
addEventListener("hashchange", unfold);
unfold();
