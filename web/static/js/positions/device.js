// Whether this very phone is the one that says where its person is: what somebody agreed to on their phone doesn't make
// a computer that they sign in to later send as well.
import { person } from "../outbox/store.js";

const NAME = `ansu-positions-${person}`;

export const sendsHere = () => Boolean(person) && localStorage.getItem(NAME) === "yes";

export function sendFromHere() {
  localStorage.setItem(NAME, "yes");
}

/** Nothing is looked up or sent any more, in any page of this browser. */
export function stopHere() {
  localStorage.removeItem(NAME);
  dispatchEvent(new CustomEvent("ansu:positions-stopped"));
}

/** Called when it is stopped, here or in another page. @param {() => void} act */
export function whenStopped(act) {
  addEventListener("ansu:positions-stopped", act);
  addEventListener("storage", (event) => event.key === NAME && event.newValue === null && act());
}
