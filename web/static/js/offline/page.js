// The page's side of working without a network: has the service worker keep what its owner will need, and says
// plainly when what one sees is of an earlier time.
import { MEDIA, PAGES } from "./names.js";

const WARM_AFTER_MS = 2500;
const COURSES = "ansu-courses"; // when courses were last taken along
const COURSES_EVERY_MS = 10 * 60_000;

export function workOffline() {
  sayHowOld();
  if (!navigator.serviceWorker || !document.body.dataset.person) return;
  leaveNothing();
  navigator.serviceWorker.register("/service-worker.js").catch((error) => console.warn("offline", error));
  navigator.serviceWorker.ready.then((registration) => {
    setTimeout(async () => registration.active?.postMessage({ warm: await ahead() }), WARM_AFTER_MS);
  });
}

/** Who signs out leaves none of their pages on the phone. */
function leaveNothing() {
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/sign-out") for (const name of [PAGES, MEDIA]) caches.delete(name);
  });
}

/** What its owner will need without a network: the server knows what waits for them. */
async function ahead() {
  const answer = await fetch("/offline/ahead.json").catch(() => null);
  return [...(answer?.ok ? await answer.json() : []), ...(await courses())];
}

/** Courses to be learned, their quizzes drawn so that they can be answered without a network; asked for now and then. */
async function courses() {
  const before = Number(sessionStorage.getItem(COURSES));
  if (Date.now() - before < COURSES_EVERY_MS) return [];
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  const answer = await fetch("/training/ahead", { method: "POST", headers }).catch(() => null);
  if (!answer?.ok) return [];
  sessionStorage.setItem(COURSES, `${Date.now()}`);
  return answer.json();
}

function sayHowOld() {
  const kept = document.querySelector("meta[name=kept-at]")?.content;
  const bar = document.getElementById("kept-state");
  if (!kept || !bar) return;
  const at = new Date(kept);
  const day = at.toDateString() === new Date().toDateString() ? "" : `${at.toLocaleDateString()} `;
  bar.textContent = bar.dataset.words.replace("{at}", day + at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  bar.hidden = false;
}
