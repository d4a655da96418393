// <ansu-chart>: the table inside it, drawn by uPlot when it comes into view. One walks along it with the arrow keys or a
// finger; what is under the cursor is said in words, with the way to its rows.
import { HEIGHTS, data, options } from "./drawing.js";

const shown = new Set();

class AnsuChart extends HTMLElement {
  #plot = null;
  #at = 0;
  #seen = null;
  #sized = null;
  /** @type {import("./drawing.js").Figures} */
  #figures;

  connectedCallback() {
    this.#seen = new IntersectionObserver((entries) => {
      if (!entries.some((one) => one.isIntersecting)) return;
      this.#seen.disconnect();
      this.#begin();
    }, { rootMargin: "200px" });
    this.#seen.observe(this);
  }

  disconnectedCallback() {
    this.#seen.disconnect();
    this.#sized?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    shown.delete(this);
  }

  get #drawn() {
    return this.querySelector(".chart-drawn");
  }

  get #walks() {
    return this.dataset.kind !== "spark";
  }

  #begin() {
    this.#figures = this.#read();
    const { rows, values } = this.#figures;
    if (!rows.length || !window.uPlot) return;
    this.#at = Math.max(0, rows.findLastIndex((_, index) => values.some((series) => series[index] !== null)));
    this.#drawn.hidden = false;
    this.draw();
    this.#sized = new ResizeObserver(() => this.#fit());
    this.#sized.observe(this.#drawn);
    shown.add(this);
    if (this.#walks) this.#listen();
    else this.#drawn.setAttribute("aria-hidden", "true");
  }

  /** The table as it stands. @returns {import("./drawing.js").Figures} */
  #read() {
    const cells = (row) => [...row.cells].slice(1);
    const rows = [...this.querySelectorAll("tbody tr")];
    const names = cells(this.querySelector("thead tr")).map((cell) => cell.textContent.trim());
    const value = (cell) => (cell.dataset.value === "" ? null : Number(cell.dataset.value));
    return {
      element: this,
      names,
      values: names.map((_, series) => rows.map((row) => value(cells(row)[series]))),
      rows: rows.map((row) => ({
        words: row.cells[0].textContent.trim(),
        at: Number(row.dataset.at ?? NaN),
        says: cells(row).map((cell) => cell.textContent.trim()),
        href: row.querySelector("th a")?.href ?? "",
      })),
      at: () => this.#at,
    };
  }

  /** Anew, in the colours of now. */
  draw() {
    this.#plot?.destroy();
    this.#plot = new window.uPlot(options(this.#figures, this.#drawn.clientWidth), data(this.#figures), this.#drawn);
  }

  #fit() {
    const width = this.#drawn.clientWidth;
    if (this.#plot && width && this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHTS[this.dataset.kind] });
  }

  #listen() {
    const drawn = this.#drawn;
    const told = { role: "slider", tabindex: "0", "aria-label": this.dataset.title, "aria-valuemin": "1", "aria-valuemax": String(this.#figures.rows.length) };
    for (const [name, words] of Object.entries(told)) drawn.setAttribute(name, words);
    drawn.addEventListener("keydown", (event) => this.#key(event));
    for (const name of ["pointerdown", "pointermove"]) drawn.addEventListener(name, (event) => (event.buttons || event.pointerType === "mouse") && this.#point(event));
    this.#say();
  }

  #key(event) {
    const last = this.#figures.rows.length - 1;
    const page = Math.max(1, Math.round(last / 10));
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -page, PageUp: page, Home: -last, End: last }[event.key];
    if (event.key === "Enter" && this.#figures.rows[this.#at].href) location.assign(this.#figures.rows[this.#at].href);
    if (by === undefined) return;
    event.preventDefault();
    this.#go(Math.min(last, Math.max(0, this.#at + by)));
  }

  #point(event) {
    this.#go(this.#plot.posToIdx(event.clientX - this.#plot.over.getBoundingClientRect().left));
  }

  #go(index) {
    if (index === this.#at) return;
    this.#at = index;
    this.#plot.redraw(false);
    this.#say();
  }

  #say() {
    const { rows, names } = this.#figures;
    const row = rows[this.#at];
    const words = (text) => Object.assign(document.createElement("span"), { textContent: text });
    const values = names.map((name, index) => {
      const part = words(names.length > 1 ? `${name} ` : "");
      part.prepend(Object.assign(words(""), { className: `chart-key is-series-${index + 1}` }));
      part.append(Object.assign(document.createElement("strong"), { textContent: row.says[index] }));
      return part;
    });
    const open = row.href ? [Object.assign(document.createElement("a"), { href: row.href, className: "inline-target", textContent: this.dataset.open })] : [];
    const said = this.querySelector(".chart-said");
    said.replaceChildren(words(row.words), ...values, ...open);
    said.hidden = false;
    this.#drawn.setAttribute("aria-valuenow", String(this.#at + 1));
    this.#drawn.setAttribute("aria-valuetext", [row.words, ...names.map((name, index) => `${name} ${row.says[index]}`)].join("，"));
  }
}
customElements.define("ansu-chart", AnsuChart);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown.forEach((one) => one.draw()));
