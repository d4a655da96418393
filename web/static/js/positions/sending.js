// While an incident concerns one, and one agreed on this phone, it says where it is, and shows all the while that it
// does. The server is asked first, and whatever it refuses ends it.
import { ago } from "../times.js";
import { person } from "../outbox/store.js";
import { sendsHere, stopHere, whenStopped } from "./device.js";
import { add, forget, forgetAll, oldest } from "./queue.js";

const API = "/api/v1/positions";
const EVERY_MS = 10_000;
const FAR_M = 10;
const STILL_MS = 60_000; // who stands still is said to be there once a minute
const BATCH = 100;
const ASK_AGAIN_MS = 60_000;
const TRUSTED_MS = 12 * 3600_000; // so long an answer counts on a phone that has no network since
const KNOWN = `ansu-positions-concern-${person}`;
const LAST = `ansu-positions-last-${person}`; // a page that was just opened doesn't send anew what the one before has
const REFUSED = new Set([403, 409]);

const bar = document.getElementById("position-bar");
let watch = null;
let still = 0;
let { last = null, sentAt = 0 } = JSON.parse(sessionStorage.getItem(LAST) ?? "{}");
let letGo = null;

/** @typedef {{latitude: number, longitude: number}} Place */

/** Metres between two places that are near. @param {Place} a @param {Place} b */
function apart(a, b) {
  const north = (a.latitude - b.latitude) * 111_195;
  const east = (a.longitude - b.longitude) * 111_195 * Math.cos((a.latitude * Math.PI) / 180);
  return Math.hypot(north, east);
}

async function found({ coords }) {
  const at = Date.now();
  const soon = last && at - last.at < EVERY_MS;
  const near = last && apart(coords, last.coords) < FAR_M && at - last.at < STILL_MS - 1000;
  if (soon || near || !sendsHere()) return;
  last = { at, coords: { latitude: coords.latitude, longitude: coords.longitude } };
  await add(person, { at: new Date(at).toISOString(), lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.ceil(coords.accuracy) });
  await send();
}

/** Post what is gathered, the oldest first; one page of the browser at a time. */
function send() {
  return navigator.locks.request("ansu-positions-send", async () => {
    for (;;) {
      const { keys, fixes } = await oldest(person, BATCH);
      if (keys.length === 0 || !sendsHere()) return;
      const answer = await post({ device_now: new Date().toISOString(), fixes });
      if (answer === null) return; // it comes again
      await forget(keys);
      if (answer.goes_on === false) return stop();
      sentAt = Date.now();
      sessionStorage.setItem(LAST, JSON.stringify({ last, sentAt }));
      show();
    }
  });
}

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRF-Token"] ?? "";

/** What the server says; `null` where nothing is known of it. @returns {Promise<{goes_on: boolean} | null>} */
async function post(body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token() };
  try {
    const answer = await fetch(API, { method: "POST", headers, body: JSON.stringify(body) });
    if (REFUSED.has(answer.status)) return (await wanted()) ? null : { goes_on: false }; // else only the page is too old
    if (answer.status === 422) return { goes_on: true }; // never taken, however often it comes
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Whether to send now, as the server says, or said not long ago when it can't be reached. */
async function wanted() {
  try {
    const answer = await fetch(`${API}/sending`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return watch !== null;
    const said = await answer.json();
    if (!said.agreed) stopHere();
    localStorage.setItem(KNOWN, JSON.stringify({ at: Date.now(), concerned: said.incidents.length > 0 }));
    return said.incidents.length > 0;
  } catch {
    const { at = 0, concerned = false } = JSON.parse(localStorage.getItem(KNOWN) ?? "{}");
    return concerned && Date.now() - at < TRUSTED_MS;
  }
}

function start() {
  if (watch !== null) return;
  const how = { enableHighAccuracy: true, maximumAge: 0, timeout: 60_000 };
  watch = navigator.geolocation.watchPosition(found, failed, how);
  still = setInterval(() => navigator.geolocation.getCurrentPosition(found, failed, how), STILL_MS);
  show();
}

/** It ends at once; that it is taken back goes through the outbox, which keeps it where there is no network. */
function takeBack() {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/me/positions/withdraw" });
  form.dataset.outbox = bar.dataset.title;
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "csrf_token", value: token() }));
  bar.append(form);
  stopHere();
  form.requestSubmit();
}

function failed(error) {
  bar.querySelector(".position-said").textContent = error.code === error.PERMISSION_DENIED ? bar.dataset.denied : bar.dataset.searching;
}

function stop() {
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  clearInterval(still);
  watch = last = null;
  sentAt = 0;
  sessionStorage.removeItem(LAST);
  bar.hidden = true;
  localStorage.removeItem(KNOWN);
  letGo?.();
  return forgetAll();
}

function show() {
  bar.hidden = false;
  const age = sentAt ? ago((Date.now() - sentAt) / 1000, document.body.dataset.locale) : "";
  bar.querySelector(".position-said").textContent = sentAt ? bar.dataset.said.replace("{age}", age) : bar.dataset.searching;
}

/** One page of the browser watches; the others wait till it is closed. */
async function look() {
  if (!sendsHere()) return;
  if (!(await wanted())) {
    if (watch !== null) await stop();
    return;
  }
  bar.hidden = false;
  if (watch !== null || letGo) return send();
  const given = new Promise((done) => (letGo = () => ((letGo = null), done())));
  navigator.locks.request("ansu-positions", () => {
    if (!letGo) return null; // it was stopped while this page waited
    start();
    return given;
  });
}

export function sendPositions() {
  if (!bar || !person || !navigator.geolocation || !navigator.locks || !window.indexedDB) return;
  whenStopped(stop);
  document.addEventListener("submit", (event) => event.target.matches("[data-position-stop]") && stopHere(), true);
  bar.querySelector("button").addEventListener("click", takeBack);
  const hope = () => look().catch((error) => console.warn("positions", error));
  document.addEventListener("ansu:event", (event) => event.detail.event.subject === "incident" && hope());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hope());
  for (const name of ["online", "ansu:positions-started"]) addEventListener(name, hope);
  setInterval(() => (bar.hidden ? hope() : look().then(() => watch !== null && sentAt && show())), ASK_AGAIN_MS);
  hope();
}
