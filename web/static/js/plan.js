// The floor plan's layers, and live values on it and in lists.
document.addEventListener("change", (event) => {
  const layer = event.target.closest?.(".plan-layer");
  if (layer) layer.closest(".plan").classList.toggle(`without-${layer.value}`, layer.value === "large" ? layer.checked : !layer.checked);
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
