// `/me/positions`: agreeing makes this phone the one that sends, and asks for the permission at once, not when it burns.
import { sendFromHere, sendsHere, stopHere } from "./device.js";

const AGREEING = "ansu-positions-agreeing";
const card = document.getElementById("position-consent");
const said = document.getElementById("position-device");
const here = document.getElementById("position-here");
const agreed = card.dataset.agreed === "yes";

/** @param {"on" | "off" | "denied" | "unable"} state */
function say(state) {
  said.hidden = false;
  said.textContent = said.dataset[state];
  if (here) here.hidden = state !== "off";
}

/** The browser's own question; where the phone is isn't used. */
function askPermission() {
  navigator.geolocation.getCurrentPosition(
    () => say("on"),
    (error) => say(error.code === error.PERMISSION_DENIED ? "denied" : "on"),
    { timeout: 20_000, maximumAge: Infinity },
  );
}

function show() {
  if (!navigator.geolocation) return say("unable");
  if (!sendsHere()) return say("off");
  say("on");
  askPermission();
}

// Marked once the server has it that they agreed: a page that asks it meanwhile would take the mark away again.
const form = document.querySelector("[data-position-start]");
form?.addEventListener("submit", () => sessionStorage.setItem(AGREEING, "yes"));
form?.querySelector("button").removeAttribute("disabled"); // a tap before this was here would agree and send nothing
here?.addEventListener("click", () => {
  sendFromHere();
  show();
  dispatchEvent(new CustomEvent("ansu:positions-started"));
});
if (agreed && sessionStorage.getItem(AGREEING)) {
  sendFromHere();
  dispatchEvent(new CustomEvent("ansu:positions-started"));
}
sessionStorage.removeItem(AGREEING);
if (agreed) show();
else if (sendsHere()) stopHere();
