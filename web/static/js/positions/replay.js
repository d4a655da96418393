// An incident played back: where everybody was at the slider's moment, by what was known then. All of it comes with the
// page; nothing is asked for while it plays.
import { ago } from "../times.js";

const SVG = "http://www.w3.org/2000/svg";
const FRAME_MS = 400;
const STILL_MS = 1200;

/** The last of `changes` that holds at a frame. @template {{frame: number}} T @param {T[]} changes @param {number} frame @returns {T | undefined} */
const at = (changes, frame) => changes.findLast((one) => one.frame <= frame);

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

class PositionReplay extends HTMLElement {
  #data = null;
  #timer = 0;
  /** @type {HTMLInputElement} */
  #range;

  connectedCallback() {
    this.#data = JSON.parse(this.querySelector("script").textContent);
    this.#range = this.querySelector(".replay-range");
    for (const part of this.querySelectorAll(".replay-bar, .replay-people")) part.hidden = false;
    this.#range.addEventListener("input", () => (this.#pause(), this.#draw()));
    this.addEventListener("click", (event) => {
      const asked = event.target.closest("[data-replay]")?.dataset.replay;
      if (asked === "play") this.#timer ? this.#pause() : this.#play();
      else if (asked) this.#step(Number(asked));
    });
    this.#draw();
  }

  disconnectedCallback() {
    this.#pause();
  }

  #play() {
    if (this.#range.value === this.#range.max) this.#range.value = "0";
    const pace = matchMedia("(prefers-reduced-motion: reduce)").matches ? STILL_MS : FRAME_MS;
    this.#timer = setInterval(() => {
      this.#range.value = String(Number(this.#range.value) + 1);
      this.#draw();
      if (this.#range.value === this.#range.max) this.#pause();
    }, pace);
    this.#name("pause");
    this.#draw();
  }

  #pause() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#name("play");
  }

  #step(by) {
    this.#pause();
    this.#range.value = String(Number(this.#range.value) + by);
    this.#draw();
  }

  #name(which) {
    const button = this.querySelector('[data-replay="play"]');
    button.textContent = button.dataset[which];
  }

  #draw() {
    const frame = Number(this.#range.value);
    const moment = this.#data.frames[frame];
    const clock = this.querySelector(".replay-clock");
    clock.textContent = new Date(moment).toLocaleTimeString(this.#locale, { hour12: false, timeZone: this.dataset.zone });
    const states = this.#data.people.map((changes) => at(changes, frame));
    const roll = this.#roll(frame);
    states.forEach((state, person) => this.#row(person, state, moment));
    this.querySelector("#replay-map .plan-top")?.replaceChildren(...states.map((state, person) => this.#mark(state, person + 1, moment)).filter(Boolean).reverse());
    this.#reach(frame);
    this.#range.setAttribute("aria-valuetext", [clock.textContent, roll].filter(Boolean).join("，"));
    this.querySelector('[data-replay="-1"]').disabled = frame === 0;
    this.querySelector('[data-replay="1"]').disabled = this.#range.value === this.#range.max;
  }

  get #locale() {
    return document.documentElement.lang;
  }

  #roll(frame) {
    const place = this.querySelector(".replay-roll");
    const tally = at(this.#data.rolls, frame);
    const words = tally ? place.dataset.words.replace(/\{(\w+)\}/g, (_, name) => tally[name]) : "";
    place.textContent = tally ? `${tally.going ? place.dataset.going : place.dataset.ended} · ${words}` : "";
    return place.textContent;
  }

  #isFresh(state, moment) {
    return state.at !== null && !state.doubtful && moment - state.at <= this.#data.fresh[state.source];
  }

  #row(person, state, moment) {
    const list = this.querySelector(".replay-people");
    const row = list.querySelector(`[data-person="${person}"]`);
    const fresh = state && this.#isFresh(state, moment);
    const age = state?.at ? ago((moment - state.at) / 1000, document.body.dataset.locale) : "";
    const left = state?.at && !fresh ? list.dataset.left : "";
    row.querySelector(".who-number").className = `who-number is-${state?.source ?? "unknown"}${fresh ? "" : " is-stale"}`;
    row.querySelector(".who-where").textContent = [state?.words, age, left].filter(Boolean).join(" · ");
  }

  #mark(state, number, moment) {
    if (!state?.spot) return null;
    const [x, y, radius] = state.spot;
    const { size } = this.#data;
    const r = size * 0.8;
    const mark = drawn("g", { class: `who is-${state.source}${this.#isFresh(state, moment) ? "" : " is-stale"}${state.doubtful ? " is-doubtful" : ""}`, transform: `translate(${x} ${y})` });
    if (radius > size) mark.append(drawn("circle", { class: "who-error", r: radius }));
    if (state.source === "gps") mark.append(drawn("circle", { class: "who-dot", r }));
    else mark.append(drawn("rect", { class: "who-dot", x: -r, y: -r, width: 2 * r, height: 2 * r, ...(state.source === "assigned" ? { transform: "rotate(45) scale(.85)" } : { rx: 2 }) }));
    const label = drawn("text", { y: size * 0.33, "font-size": size });
    label.textContent = number;
    mark.append(label);
    return mark;
  }

  /** What the incident had reached by then stands out. */
  #reach(frame) {
    const reached = new Set(this.#data.reached.filter(([from]) => from <= frame).map(([, id]) => `/equipment/${id}`));
    for (const mark of this.querySelectorAll(".plan-mark")) mark.classList.toggle("is-path", reached.has(mark.getAttribute("href")));
  }
}
customElements.define("position-replay", PositionReplay);
