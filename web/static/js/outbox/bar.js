// How much waits on this phone, always to be seen in the top bar: "未发送 2" can't be taken for "sent". While a big form
// is on its way it says how much of that has arrived.
import { items, person } from "./store.js";

export function showWaiting() {
  const bar = document.getElementById("outbox-state");
  if (!bar || !person || !window.indexedDB) return;
  let percent = 100;
  const show = async () => {
    const found = await items();
    const refused = found.filter((item) => item.state === "refused").length;
    const unsent = found.filter((item) => item.state !== "delivered").length;
    bar.hidden = unsent === 0;
    bar.classList.toggle("is-bad", refused > 0);
    bar.textContent = `${refused ? bar.dataset.refused : bar.dataset.waiting} ${unsent}${percent < 100 ? ` · ${percent}%` : ""}`;
  };
  addEventListener("ansu:outbox", show);
  addEventListener("ansu:outbox-brought", (event) => {
    percent = event.detail;
    show();
  });
  show();
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/sign-out" || bar.hidden) return;
    if (!confirm(bar.dataset.leave)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
}
