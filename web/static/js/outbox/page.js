// `/outbox`: what waits, what the server refused and why, what was delivered, and the way out for each.
import { forget, items, keep } from "./store.js";
import { sendAll } from "./sending.js";

const place = document.getElementById("outbox");
const words = place.dataset;

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(text, className, act) {
  const made = element("button", `button ${className}`, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function standing(item) {
  if (item.state === "delivered") return element("span", "chip tone-good", [words.delivered, item.number].filter(Boolean).join(" · "));
  if (item.state === "refused") return element("span", "chip tone-bad", words.refused);
  return element("span", "chip tone-warn", item.words === "sign-in" ? words.signIn : words.waiting);
}

function card(item) {
  const made = element("article", "card stack");
  const at = element("time", "quiet", new Date(item.capturedAt).toLocaleString());
  at.dateTime = item.capturedAt;
  const photos = item.fields.filter(([, value]) => value instanceof File).length;
  const state = element("div", "cluster");
  state.append(standing(item));
  made.append(element("h2", "", item.title), state, at);
  if (photos) made.append(element("span", "quiet", words.photos.replace("{n}", photos)));
  if (item.state === "refused") made.append(element("p", "", item.words));
  const way = element("div", "cluster");
  if (item.link) {
    const link = element("a", "button is-quiet", words.open);
    link.href = item.link;
    way.append(link);
  }
  if (item.state === "refused") {
    way.append(button(words.again, "", () => keep({ ...item, state: "waiting", fields: item.fields.filter(([name]) => name !== "version") }).then(sendAll)));
  }
  if (item.state !== "waiting") way.append(button(words.remove, "is-quiet", () => (item.state === "delivered" || confirm(words.sure)) && forget(item.key)));
  if (way.children.length) made.append(way);
  return made;
}

async function asFile() {
  const read = (file) => new Promise((done) => Object.assign(new FileReader(), { onload: (event) => done(event.target.result) }).readAsDataURL(file));
  const all = (await items()).filter((item) => item.state !== "delivered");
  for (const item of all) {
    item.fields = await Promise.all(item.fields.map(async ([name, value]) => [name, value instanceof File ? { name: value.name, data: await read(value) } : value]));
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(all, null, 1)], { type: "application/json" }));
  link.download = `ansu-outbox-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function show() {
  const found = (await items()).reverse();
  const unsent = found.filter((item) => item.state !== "delivered");
  place.replaceChildren(...found.map(card));
  document.getElementById("outbox-empty").hidden = found.length > 0;
  document.getElementById("outbox-ways").hidden = unsent.length === 0;
}

addEventListener("ansu:outbox", show);
document.getElementById("outbox-send").addEventListener("click", () => sendAll());
document.getElementById("outbox-file").addEventListener("click", asFile);
const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
document.getElementById("outbox-space").hidden = !quota || quota - usage > 50_000_000;
await navigator.storage?.persist?.();
await show();
