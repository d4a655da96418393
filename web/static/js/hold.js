// A dangerous act is held for a second: a short tap only says so.
const HOLD_MS = 1000;

export function holdButtons() {
  document.addEventListener("pointerdown", (event) => {
    const button = event.target.closest?.("button[data-hold]");
    if (!button || button.disabled) return;
    button.classList.add("is-holding");
    const timer = setTimeout(() => {
      button.dataset.held = "1";
      button.classList.remove("is-holding");
      navigator.vibrate?.(40);
      button.form.requestSubmit(button);
    }, HOLD_MS);
    const stop = () => {
      clearTimeout(timer);
      button.classList.remove("is-holding");
    };
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) button.addEventListener(name, stop, { once: true });
  });
  // A tap of a pointer must not submit; the keyboard and screen readers (detail 0) may.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-hold]");
    if (!button || event.detail === 0) return;
    event.preventDefault();
    if (button.dataset.held) return;
    const label = button.querySelector(".hold-label");
    label.dataset.words ??= label.textContent;
    label.textContent = button.dataset.hold;
    setTimeout(() => (label.textContent = label.dataset.words), 1500);
  });
  document.addEventListener("contextmenu", (event) => {
    if (event.target.closest?.("button[data-hold]")) event.preventDefault();
  });
}
