// Forms marked `data-outbox` go through the outbox: first kept on the phone, then sent. A form that is refused while
// one looks at it keeps all that was typed and says why; one that can't be sent now is safe and says so.
import { forget, items, keep, person } from "./store.js";
import { sendAll } from "./sending.js";
import { showToast } from "../toasts.js";

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
function itemOf(form, submitter) {
  const fields = [...new FormData(form, submitter)].filter(([name, value]) => name !== "csrf" && !(value instanceof File && !value.name && !value.size));
  return {
    key: form.dataset.key,
    person,
    title: form.dataset.outbox,
    url: submitter?.hasAttribute("formaction") ? submitter.formAction : form.action,
    capturedAt: new Date().toISOString(),
    fields,
    state: "waiting",
    words: "",
    link: "",
    number: "",
  };
}

/** @param {HTMLFormElement} form @param {string} words */
function say(form, words) {
  form.querySelector(":scope > .outbox-answer")?.remove();
  const notice = document.createElement("p");
  notice.className = "notice tone-bad outbox-answer";
  notice.setAttribute("role", "alert");
  notice.tabIndex = -1;
  notice.textContent = words;
  form.prepend(notice);
  notice.focus();
}

/** In the form's place stands where its content is, so that nobody fills it in a second time. @param {HTMLFormElement} form */
function isSafe(form) {
  const words = document.getElementById("outbox-state").dataset.safe;
  for (const button of form.id ? document.querySelectorAll(`button[form="${form.id}"]`) : []) button.remove();
  const notice = document.createElement("a");
  notice.className = "notice tone-warn";
  notice.href = "/outbox";
  notice.textContent = words;
  form.replaceChildren(notice);
  showToast({ words, url: "/outbox", stays: true });
}

async function submit(form, submitter) {
  form.dataset.key ??= crypto.randomUUID();
  const item = itemOf(form, submitter);
  form.setAttribute("aria-busy", "true");
  try {
    await keep(item);
    await sendAll();
    const now = (await items()).find((each) => each.key === item.key);
    if (now?.state === "delivered") {
      location.assign(now.link);
    } else if (now?.state === "refused") {
      await forget(item.key);
      delete form.dataset.key;
      say(form, now.words);
    } else {
      isSafe(form);
    }
  } finally {
    form.removeAttribute("aria-busy");
  }
}

export function takeOverForms() {
  if (!person || !navigator.locks || !window.indexedDB) return;
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.matches("form[data-outbox]")) return;
      event.preventDefault();
      if (form.getAttribute("aria-busy") === "true") return;
      submit(form, event.submitter).catch((error) => {
        console.warn("outbox", error);
        if (event.submitter?.hasAttribute("formaction")) form.action = event.submitter.formAction;
        form.submit(); // storage is full or forbidden: the plain way is still there
      });
    },
    true,
  );
}
