// The scanner: looks through the camera, or at a photo, until it sees a label, and goes to its page.
import { Camera } from "./camera.js";
import { ZOOMS, closer } from "./closer.js";
import { makeDecoder } from "./decoder.js";
import { pageOf, tokenIn } from "./labels.js";

const PAUSE_MS = 120;
const LONGEST_SIDE = 2400;
const scan = document.getElementById("scan");
const state = document.getElementById("scan-state");
const torch = document.getElementById("scan-torch");
const lens = document.getElementById("scan-lens");
const known = JSON.parse(document.getElementById("known-labels").textContent);
const camera = new Camera(document.getElementById("scan-video"));
const frame = document.getElementById("scanner");
const REFUSALS = { NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "busy", AbortError: "busy" };

/** Without a network the kept page answers, which knows nothing of the code that was typed. */
const codeWasLost = new URLSearchParams(location.search).has("code") && !document.getElementById("code").value;

let decoding = null;
let leaving = false;
let round = 0;

/** @param {string} name one of the words on the section */
function say(name) {
  const words = scan.dataset[name];
  if (state.textContent !== words) state.textContent = words;
}

function decoder() {
  decoding ??= makeDecoder({ script: scan.dataset.decoder, wasm: scan.dataset.wasm });
  decoding.catch(() => (decoding = null));
  return decoding;
}

/** Go to the first label among `texts`. @param {string[]} texts */
async function goTo(texts) {
  const token = texts.map(tokenIn).find(Boolean);
  if (!token || leaving) return Boolean(token);
  leaving = true;
  frame.classList.add("is-found");
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(60); // else the browser only complains
  say("found");
  const page = await pageOf(token, known);
  camera.close();
  location.assign(page);
  return true;
}

/** Look at one frame after the other, until something is found or another round has begun. */
async function look(mine) {
  const decode = await decoder();
  say(codeWasLost ? "unsent" : "looking");
  for (let turn = 0; mine === round && camera.stream; turn++) {
    for (const zoom of [0, ZOOMS[turn % ZOOMS.length]]) {
      const { video } = camera;
      if (video.readyState < 2) break;
      const view = zoom ? closer(video, video.videoWidth, video.videoHeight, zoom) : video;
      const texts = await decode(view).catch(() => []);
      if (mine !== round || (await goTo(texts))) return;
      if (texts.length) say("foreign");
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
}

async function start(open = () => camera.open()) {
  const mine = ++round;
  frame.classList.remove("is-blind");
  say("starting");
  try {
    if (!navigator.mediaDevices?.getUserMedia) return without("insecure");
    if (!(await open())) return;
  } catch (error) {
    return without(REFUSALS[error.name] ?? "missing");
  }
  if (mine !== round) return; // a later round has the camera, or has closed it
  torch.hidden = !camera.hasTorch;
  torch.setAttribute("aria-pressed", "false");
  lens.hidden = camera.lenses.length < 2;
  await look(mine).catch(() => without("broken"));
}

/** The photo and the code remain. @param {string} why */
function without(why) {
  frame.classList.add("is-blind"); // in its place: nothing jumps away from below a thumb
  torch.hidden = lens.hidden = true;
  say(why);
}

function stop() {
  round++;
  camera.close();
}

/** @param {File} file */
async function lookAt(file) {
  stop();
  say("reading");
  const decode = await decoder();
  const whole = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(whole.width, whole.height));
  const small = scale < 1 ? await createImageBitmap(whole, { resizeWidth: Math.round(whole.width * scale), resizeHeight: Math.round(whole.height * scale), resizeQuality: "medium" }) : null;
  const sharp = small ?? whole;
  const near = ZOOMS.map((zoom) => () => closer(sharp, sharp.width, sharp.height, zoom));
  for (const look of [() => small, () => whole, ...near]) {
    const picture = look();
    const texts = picture ? await decode(picture) : [];
    if (await goTo(texts)) return;
    if (texts.length) return say("foreign");
  }
  say("unread");
}

torch.addEventListener("click", async () => {
  const on = torch.getAttribute("aria-pressed") !== "true";
  await camera.set({ torch: on });
  torch.setAttribute("aria-pressed", String(on));
});
lens.addEventListener("click", () => start(() => camera.next()));
document.getElementById("scan-photo").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) lookAt(file).catch(() => say("unread"));
  event.target.value = "";
});
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : leaving || start()));
addEventListener("pagehide", stop);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  frame.classList.remove("is-found");
  start();
});

start();
