// What every page of a signed-in person runs. Each part stands alone; without scripts the pages still work.
import { keepTimesTrue } from "./times.js";
import { openLine } from "./live.js";
import { holdButtons } from "./hold.js";
import { showToast } from "./toasts.js";
import { takeOverForms } from "./outbox/forms.js";
import { keepSending } from "./outbox/sending.js";
import { showWaiting } from "./outbox/bar.js";
import { workOffline } from "./offline/page.js";
import { sendPositions } from "./positions/sending.js";

keepTimesTrue();
holdButtons();
openLine();
takeOverForms();
showWaiting();
keepSending();
workOffline();
sendPositions();

// A refused htmx request says why, in the server's own words.
document.addEventListener("htmx:responseError", (event) => {
  const cause = event.detail.requestConfig.triggeringEvent?.type;
  if (cause !== "click" && cause !== "submit") return; // what refreshes by itself fails quietly and comes again
  const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const words = answer.querySelector(".failure")?.textContent.trim();
  if (words) showToast({ words: words.replace(/\s+/g, " ") });
});

// A form sent twice by a double tap is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.dataset.sent) {
    event.preventDefault();
    return;
  }
  const stays = form.hasAttribute("hx-post") || "download" in form.dataset; // its answer leaves the page as it is
  if (form.method !== "post" || stays) return;
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button[type=submit]")) setTimeout(() => (button.disabled = true));
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = false;
  }
});
