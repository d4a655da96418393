// Steps through a path: one step at a time, its equipment lit on the plan. Without script all steps stand in a list.
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
      if (by) this.#show(this.#at + Number(by));
    });
    this.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight") this.#show(this.#at + 1);
      if (event.key === "ArrowLeft") this.#show(this.#at - 1);
    });
    this.#show(0);
  }

  #show(wanted) {
    this.#at = Math.min(Math.max(wanted, 0), this.#steps.length - 1);
    this.#steps.forEach((step, number) => (step.hidden = number !== this.#at));
    this.querySelector(".step-count").textContent = `${this.#at + 1} / ${this.#steps.length}`;
    this.querySelector('[data-step="-1"]').disabled = this.#at === 0;
    this.querySelector('[data-step="1"]').disabled = this.#at === this.#steps.length - 1;
    const equipment = this.#steps[this.#at].dataset.equipment;
    for (const mark of document.querySelectorAll(".plan-mark")) {
      mark.classList.toggle("is-current", equipment !== "" && mark.getAttribute("href") === `/equipment/${equipment}`);
    }
  }
}
customElements.define("trace-steps", TraceSteps);
