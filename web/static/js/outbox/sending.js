// Sends what waits, the oldest first and one at a time, in one page of the browser only. The server knows a repeated
// key, so that sending again does no harm; only its answer ends the waiting.
import { comesAgain, dropBody, post } from "./body.js";
import { forget, items, keep, person } from "./store.js";

const AGAIN_MS = 20_000;
const AWAY = new Set([408, 425, 429, 500, 502, 503, 504]);
const SIGN_IN = new Set(["/sign-in", "/me/password"]);
const DELIVERED_KEPT_MS = 24 * 3600_000;

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRF-Token"] ?? "";
}

/** Try once. Gives the item as it stands then; it stays `waiting` while the server can't be reached. @param {import("./store.js").Item} item */
async function attempt(item) {
  let answer;
  try {
    answer = await post(item, token());
  } catch {
    return item;
  }
  if (AWAY.has(answer.status) || comesAgain(answer)) return item;
  if (SIGN_IN.has(new URL(answer.url).pathname)) return { ...item, words: "sign-in" };
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.ok) {
    const number = page.querySelector("[data-number]")?.dataset.number ?? "";
    return { ...item, state: "delivered", words: "", link: answer.url, number, fields: [], deliveredAt: Date.now() };
  }
  const told = [...page.querySelectorAll(".failure, .notice.tone-bad, .field-error:not(.failure *)")].map((each) => each.textContent.replace(/\s+/g, " ").trim());
  return { ...item, state: "refused", words: [...new Set(told)].join(" ") || `${answer.status}` };
}

/** Send all that waits. Gives the items that were tried, as they stand now. @returns {Promise<import("./store.js").Item[]>} */
export async function sendAll() {
  if (!person) return [];
  return navigator.locks.request("ansu-outbox", async () => {
    const tried = [];
    for (const item of await items()) {
      if (item.state === "delivered" && Date.now() - item.deliveredAt > DELIVERED_KEPT_MS) await forget(item.key);
      if (item.state !== "waiting") continue;
      const now = await attempt(item);
      tried.push(now);
      if (now !== item) await keep(now);
      if (now.state !== "waiting") dropBody(item.key, token());
      if (now.state === "waiting") break; // what comes after would meet the same silence
    }
    return tried;
  });
}

/** Send whenever there is hope: now, on coming back to the page, with the network, and now and then. */
export function keepSending() {
  if (!person || !navigator.locks) return;
  const hope = () => sendAll().catch((error) => console.warn("outbox", error));
  addEventListener("online", hope);
  addEventListener("focus", hope);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hope());
  setInterval(hope, AGAIN_MS);
  hope();
}
