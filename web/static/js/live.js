// The live line: one socket a page. It resumes after the last event this browser saw, says what happened to
// whoever listens (`ansu:event`, `ansu:reading`), and says plainly when data or connection are old.
import { showToast } from "./toasts.js";
import { sound } from "./sound.js";

const DEAF_AFTER_MS = 30_000;
const PIPELINE_STALE_S = 40;
const LONGEST_WAIT_MS = 15_000;
const STILL_AFTER_MS = 700;
const ON_ITS_WAY_MS = 200;
const REFRESH_WITHIN_MS = 1500;
const LOUD = new Set(["alarm.raised", "alarm.escalated", "alarm.repeated", "alarm.nobody_reached", "report.waiting", "incident.opened", "incident.flared", "incident.led", "incident.evacuating"]);
const SHOWN = new Set(["trace.made", "trace.refined", "trace.check_asked", "trace.check_waiting", "trace.checked", "incident.contained", "incident.closed", "incident.called_off", "incident.set", "incident.evacuated", "incident.cordoned", "incident.cordon_lifted", "safety_report.written", "channel.paused", "channel.failing", "channel.gave_up", "duty_score.appealed", "duty_score.answered", "duty_score.frozen", "duty_score.granted", "duty_score.behind"]); // without a sound: the alarm has made one
const LOUD_IF_GRAVE = new Set(["report.sent"]); // an outbox may send fifty small ones at once
const locale = document.body.dataset.locale;
const cursorKey = `ansu-cursor-${document.body.dataset.person}`;

let socket = null;
let heardAt = Date.now();
let pipelineAge = null;
let wait = 500;

export function openLine() {
  if (!document.getElementById("line-state")) return;
  connect();
  setInterval(showState, 2000);
  addEventListener("online", () => reconnect(0));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && (!socket || socket.readyState > 1 || isDeaf())) reconnect(0);
  });
}

function connect() {
  const since = sessionStorage.getItem(cursorKey) ?? "";
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const own = new WebSocket(`${scheme}://${location.host}/ws?since=${encodeURIComponent(since)}`);
  socket = own;
  own.addEventListener("open", () => {
    wait = 500;
    heardAt = Date.now();
    if (document.querySelector("[data-point]")) own.send(JSON.stringify({ subscribe: ["readings"] }));
    showState();
  });
  own.addEventListener("message", (message) => hear(JSON.parse(message.data)));
  own.addEventListener("close", (event) => {
    if (own !== socket) return;
    if (event.code === 4401) location.assign("/sign-in");
    else reconnect(event.code === 4008 ? 0 : wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    showState();
  });
}

let timer = 0;
function reconnect(after) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const old = socket;
    socket = null;
    old?.close();
    connect();
  }, after);
}

function hear(frame) {
  heardAt = Date.now();
  if (frame.cursor) sessionStorage.setItem(cursorKey, frame.cursor);
  if (frame.kind === "event") happened(frame);
  else if (frame.kind === "snapshot") refresh(() => true);
  else if (frame.kind === "reading") say("ansu:reading", frame.points);
  else if (frame.kind === "ping") pipelineAge = frame.pipeline_age_s ?? pipelineAge;
  showState();
}

function happened(frame) {
  const { event } = frame;
  socket?.send(JSON.stringify({ received: [frame.id] }));
  say("ansu:event", frame);
  refresh((subjects) => subjects.includes(event.subject));
  if (!isLoud(event) && !SHOWN.has(event.kind)) return;
  const toAll = event.told.length === 0 && event.subject === "alarm";
  const addressed = toAll || event.told.includes(Number(document.body.dataset.person));
  if (!addressed || location.pathname === event.url) return;
  const words = locale === "en" ? event.title_en : event.title_zh;
  showToast({ words, level: event.level, url: event.url, stays: event.level === "major" });
  if (isLoud(event)) sound(event.level);
}

function isLoud({ kind, level }) {
  return LOUD.has(kind) || (LOUD_IF_GRAVE.has(kind) && (level === "major" || level === "significant"));
}

const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// Elements with data-refresh-on="alarm trace" fetch themselves anew; many events within a moment do it once. While a
// finger is on the page nothing moves under it.
const due = new Set();
let refreshing = 0;
let touchedAt = 0;
for (const name of ["pointerdown", "pointermove", "touchmove"]) addEventListener(name, () => (touchedAt = Date.now()), { passive: true, capture: true });
const isTouched = () => Date.now() - touchedAt < STILL_AFTER_MS;

function refresh(concerns) {
  for (const element of document.querySelectorAll("[data-refresh-on]")) {
    if (concerns(element.dataset.refreshOn.split(" "))) due.add(element);
  }
  // Not all phones at once: an event wakes every open page of the site.
  if (due.size > 0 && !refreshing) refreshing = setTimeout(fetchDue, 300 + Math.random() * REFRESH_WITHIN_MS);
}

function fetchDue() {
  if (isTouched()) {
    refreshing = setTimeout(fetchDue, STILL_AFTER_MS);
    return;
  }
  refreshing = 0;
  for (const one of [...due]) {
    const element = asItIsNow(one);
    if (element?.classList.contains("htmx-request")) continue; // what is on its way may be older than what happened
    due.delete(one);
    if (element && !isTyping(element)) window.htmx?.trigger(element, "refresh");
  }
  if (due.size > 0) refreshing = setTimeout(fetchDue, ON_ITS_WAY_MS);
}

// An element that fetched itself whole is another one now; what was due for the former one is due for it.
const asItIsNow = (element) => (element.isConnected ? element : element.id ? document.getElementById(element.id) : null);

document.addEventListener("htmx:beforeSwap", (event) => {
  const element = event.detail.requestConfig.elt;
  if (event.detail.requestConfig.triggeringEvent?.type !== "refresh" || !isTouched()) return;
  event.detail.shouldSwap = false;
  due.add(element);
  refreshing ||= setTimeout(fetchDue, STILL_AFTER_MS);
});

const isTyping = (element) => element.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
const isDeaf = () => Date.now() - heardAt > DEAF_AFTER_MS;

function showState() {
  const place = document.getElementById("line-state");
  const open = socket?.readyState === WebSocket.OPEN;
  const stale = pipelineAge !== null && pipelineAge + (Date.now() - heardAt) / 1000 > PIPELINE_STALE_S;
  const state = open && !isDeaf() ? (stale ? "stale" : "on") : socket?.readyState === WebSocket.CONNECTING && !isDeaf() ? "wait" : "off";
  if (place.dataset.state === state) return;
  place.dataset.state = state;
  place.className = `line-state is-${state}`;
  place.querySelector(".line-word").textContent = place.dataset[state];
}
