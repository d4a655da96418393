// Lets this browser be woken by web push, after a tap on the page's own button and never before.
const card = document.querySelector("#push");
const [turnOn, trust] = ["on", "trust"].map((name) => card.querySelector(`[data-push=${name}]`));

/** @param {"asking" | "on" | "off" | "denied" | "insecure" | "unable" | "failed"} state */
function show(state) {
  card.dataset.state = state;
  turnOn.hidden = !["off", "failed"].includes(state);
  trust.hidden = state !== "insecure";
}

/** @param {string} word base64url @returns {Uint8Array} */
function bytes(word) {
  return Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** @param {PushSubscription} subscription @param {string} key @returns {boolean} whether it was made with our key */
function isOurs(subscription, key) {
  const made = subscription.options.applicationServerKey;
  return made !== null && String(new Uint8Array(made)) === String(bytes(key));
}

/** @returns {Promise<PushSubscription | null>} */
async function present() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return registration?.pushManager ? registration.pushManager.getSubscription() : null;
}

/** Whether the server knows this browser. @param {PushSubscription | null} subscription */
function isKnown(subscription) {
  return subscription !== null && rowOf(subscription) !== undefined;
}

function rowOf(subscription) {
  return [...document.querySelectorAll("[data-endpoint]")].find((row) => row.dataset.endpoint === subscription.endpoint);
}

async function look() {
  if (!isSecureContext) return show("insecure");
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return show("unable");
  if (Notification.permission === "denied") return show("denied");
  show(isKnown(await present()) && Notification.permission === "granted" ? "on" : "off");
}

async function subscribe() {
  turnOn.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") return await look();
    await navigator.serviceWorker.register("/service-worker.js", { scope: "/" });
    const { pushManager } = await navigator.serviceWorker.ready;
    const old = await pushManager.getSubscription();
    if (old && !isOurs(old, card.dataset.key)) await old.unsubscribe(); // made with another key: the service would refuse ours
    const options = { userVisibleOnly: true, applicationServerKey: bytes(card.dataset.key) };
    await send(await pushManager.subscribe(options));
    location.assign("/me/notices");
  } catch {
    show("failed");
  } finally {
    turnOn.disabled = false;
  }
}

/** @param {PushSubscription} subscription */
async function send(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const answer = await fetch("/me/notices/subscribe", {
    method: "POST",
    headers: { "X-CSRF-Token": card.dataset.csrf },
    body: new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
  });
  if (!answer.ok) throw new Error(`refused: ${answer.status}`);
}

// Removing this phone ends its subscription in the browser too; the form is sent in any case.
document.addEventListener("submit", (event) => {
  if (!event.target.querySelector("[data-push-end]")) return;
  const endpoint = event.target.closest("[data-endpoint]").dataset.endpoint;
  present().then((own) => own?.endpoint === endpoint && own.unsubscribe());
});

turnOn.addEventListener("click", subscribe);
look().catch(() => show("unable"));
