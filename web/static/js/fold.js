// Folded parts of a page: each is fetched when it is opened and kept fresh only while it is open. What somebody opened
// stays open when the page comes again, and what is folded inside it when it is fetched anew.
const key = `ansu-open-${location.pathname}`;
const wide = matchMedia("(min-width: 1000px)");
const folds = () => [...document.querySelectorAll("details.fold")];

/** Names of what somebody opened; null before they opened or closed anything. */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

/** @param {HTMLDetailsElement} fold */
function changed(fold) {
  const part = fold.querySelector("[data-fresh-on]");
  if (!part) return;
  if (fold.open) {
    part.dataset.refreshOn = part.dataset.freshOn; // from now on the live line freshens it
    window.htmx?.trigger(part, "unfold");
  } else delete part.dataset.refreshOn;
}

function unfold(id) {
  const wanted = id ? document.getElementById(id) : null;
  const fold = wanted?.closest("details.fold");
  if (!fold) return;
  fold.open = true;
  fold.scrollIntoView({ block: "start" });
}

function begin() {
  const names = kept();
  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches("details.fold")) return;
    changed(target);
    sessionStorage.setItem(key, JSON.stringify(folds().filter((one) => one.open).map((one) => one.id)));
  }, true);
  for (const fold of folds()) {
    if (fold.open) changed(fold); // by the server: its event was before anybody listened
    else if (names ? names.includes(fold.id) : wide.matches && "wide" in fold.dataset) fold.open = true;
  }
  for (const part of document.querySelectorAll("[data-fresh-every]")) {
    setInterval(() => part.dataset.refreshOn && window.htmx?.trigger(part, "refresh"), part.dataset.freshEvery * 1000);
  }
  unfold(location.hash.slice(1));
}

addEventListener("hashchange", () => unfold(location.hash.slice(1)));
document.addEventListener("click", ({ target }) => {
  const link = target.closest?.('a[href^="#"]');
  if (link && link.hash === location.hash) unfold(link.hash.slice(1)); // a second tap changes no address
});

// What is folded inside a part has no name of its own but its words, in which figures may have changed.
const called = (details) => details.querySelector("summary").textContent.replace(/\d+/g, "").trim();
const openIn = new Map();
for (const name of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) {
  document.addEventListener(name, ({ detail: { target } }) => {
    openIn.set(target.id, [...target.querySelectorAll("details[open]")].map(called));
  });
}
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) {
  document.addEventListener(name, ({ detail: { target } }) => {
    const names = openIn.get(target.id) ?? [];
    const fresh = document.getElementById(target.id) ?? target;
    for (const details of fresh.querySelectorAll("details")) if (names.includes(called(details))) details.open = true;
  });
}

// After htmx, which listens for the same moment, so that parts can be asked for.
if (document.readyState === "complete") begin();
else document.addEventListener("DOMContentLoaded", begin);
