// The floor plan's layers, and live values on it and in lists.
document.addEventListener("change", (event) => {
  const layer = event.target.closest?.(".plan-layer");
  if (!layer) return;
  const plan = layer.closest(".plan");
  if (layer.value === "large") plan.classList.toggle("is-large", layer.checked);
  else plan.classList.toggle(`without-${layer.value}`, !layer.checked);
});

function markAge(element) {
  const age = (Date.now() - Number(element.dataset.at)) / 1000;
  const stale = !element.dataset.at || age > Number(element.dataset.staleAfter || 600);
  (element.closest("[data-stale-box]") ?? element).classList.toggle("is-stale", stale);
}

document.addEventListener("ansu:reading", (event) => {
  for (const element of document.querySelectorAll("[data-point]")) {
    const reading = event.detail[element.dataset.point];
    if (!reading) continue;
    const [at, value] = reading;
    element.textContent = value.toFixed(Number(element.dataset.decimals || 2));
    element.dataset.at = at;
    markAge(element);
  }
});
setInterval(() => document.querySelectorAll("[data-point]").forEach(markAge), 5000);

// What somebody opened stays open when the list is drawn anew.
const opened = new Map();
document.addEventListener("htmx:beforeSwap", (event) => {
  for (const card of event.detail.target.querySelectorAll("details[id]")) opened.set(card.id, card.open);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const card of event.detail.target.querySelectorAll("details[id]")) if (opened.has(card.id)) card.open = opened.get(card.id);
});
