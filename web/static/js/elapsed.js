// The clock since something began, counting on by the second: hours, minutes, seconds; it stands still once that is over.
class ElapsedClock extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#draw();
    if (!this.dataset.until) this.#timer = setInterval(() => this.#draw(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #draw() {
    const until = this.dataset.until ? Number(this.dataset.until) : Date.now();
    const seconds = Math.max(0, Math.floor((until - Number(this.dataset.since)) / 1000));
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    this.textContent = parts.map((part) => String(part).padStart(2, "0")).join(":");
  }
}
customElements.define("elapsed-clock", ElapsedClock);
