// Videos and PDFs of a course, kept on the phone when its owner asks for them: they are heavy, so the size is said first.
import { MEDIA } from "./names.js";

const FRESH_SPACE = 1.1; // a phone that is full to the brim keeps nothing well
const room = document.getElementById("take-along");
const [take, drop] = ["take", "drop"].map((name) => room.querySelector(`[data-${name}]`));
const bar = room.querySelector("progress");
const words = room.querySelector("[role=status]");
/** @type {{url: string, bytes: number}[]} */
const wanted = JSON.parse(room.dataset.media);
const whole = wanted.reduce((sum, { bytes }) => sum + bytes, 0);

async function show() {
  const cache = await caches.open(MEDIA);
  const kept = await Promise.all(wanted.map(({ url }) => cache.match(url)));
  const all = kept.every(Boolean);
  take.hidden = all;
  drop.hidden = !all;
  words.textContent = all ? room.dataset.kept : "";
}

async function takeAlong() {
  take.disabled = true;
  bar.hidden = false;
  bar.max = whole;
  bar.value = 0;
  try {
    if (!(await hasRoom())) throw new Error("full");
    for (const one of wanted) await keep(one);
    await show();
  } catch (error) {
    console.warn("take along", error);
    const full = error.message === "full" || error.name === "QuotaExceededError";
    words.textContent = full ? room.dataset.full : room.dataset.broken;
  }
  bar.hidden = true;
  take.disabled = false;
}

async function hasRoom() {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return quota - usage > whole * FRESH_SPACE;
}

/** All of it or nothing: a download that breaks off leaves no half a film. */
async function keep({ url, bytes }) {
  const cache = await caches.open(MEDIA);
  const before = bar.value;
  if (!(await cache.match(url))) {
    // Past the browser's own cache: a player has left pieces there, and no whole file.
    const answer = await fetch(url, { cache: "no-store" });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    const counted = answer.body.pipeThrough(counter((count) => (bar.value = before + count)));
    await cache.put(url, new Response(counted, { headers: answer.headers }));
  }
  bar.value = before + bytes;
}

/** @param {(count: number) => void} tell */
function counter(tell) {
  let count = 0;
  return new TransformStream({
    transform(chunk, onward) {
      count += chunk.byteLength;
      tell(count);
      onward.enqueue(chunk);
    },
  });
}

async function leave() {
  const cache = await caches.open(MEDIA);
  for (const { url } of wanted) await cache.delete(url);
  await show();
}

if (window.caches && navigator.serviceWorker) {
  room.hidden = false;
  take.addEventListener("click", takeAlong);
  drop.addEventListener("click", leave);
  show();
}
