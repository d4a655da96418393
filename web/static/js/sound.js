// The alarm's sound. Browsers let a page sound only after the person has touched it: the first touch unlocks.
const PATTERNS = { major: [880, 660, 880, 660], significant: [740, 740], general: [620], low: [] };
let context = null;

function unlock() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}
for (const name of ["pointerdown", "keydown"]) addEventListener(name, unlock, { once: true, capture: true });

/** @param {string} level */
export function sound(level) {
  const pattern = PATTERNS[level] ?? [];
  // A page that nobody has touched yet may not shake the phone: the browser only complains.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern.flatMap(() => [180, 90]));
  if (!context || context.state !== "running") return false;
  pattern.forEach((pitch, place) => {
    const start = context.currentTime + place * 0.26;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = "square";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.18, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.22);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.24);
  });
  return true;
}

// "测试提示音" on one's own page, shown where there is a script to sound.
for (const button of document.querySelectorAll("[data-test-sound]")) button.hidden = false;
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-test-sound]");
  if (!button) return;
  unlock();
  context.resume().then(() => sound("major"));
});
