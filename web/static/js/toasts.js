// Short messages over the page; those of alarms stay until somebody closes or opens them.
const SHAPES = { major: "◆", significant: "▲", general: "●", low: "○" };
const MOST = 3;

/** @param {{words: string, level?: string, url?: string, stays?: boolean}} told */
export function showToast({ words, level = "", url = "", stays = false }) {
  const place = document.getElementById("toasts");
  if (!place) return;
  const toast = document.createElement("div");
  toast.className = `toast level-${level}`;
  if (level) {
    const mark = document.createElement("span");
    mark.className = `level-mark level-${level}`;
    mark.textContent = SHAPES[level] ?? "";
    mark.setAttribute("aria-hidden", "true");
    toast.append(mark);
  }
  const text = document.createElement(url ? "a" : "span");
  text.className = "toast-words";
  text.textContent = words;
  if (url) text.href = url;
  const close = document.createElement("button");
  close.className = "toast-close";
  close.type = "button";
  close.setAttribute("aria-label", place.dataset.close);
  close.textContent = "✕";
  close.addEventListener("click", () => toast.remove());
  toast.append(text, close);
  while (place.children.length >= MOST) place.firstElementChild.remove();
  place.append(toast);
  if (!stays) setTimeout(() => toast.remove(), 8000);
}
