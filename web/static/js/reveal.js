// A typed password can be looked at: gloves mistype. Without script the field stays a plain password field.
const SPRITE = document.querySelector(".icon use")?.getAttribute("href").split("#")[0];

/** @param {HTMLInputElement} field */
function addEye(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  const show = (seen) => {
    field.type = seen ? "text" : "password";
    button.setAttribute("aria-pressed", String(seen));
    button.setAttribute("aria-label", seen ? field.dataset.conceal : field.dataset.reveal);
    button.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${SPRITE}#${seen ? "eye-off" : "eye"}"/></svg>`;
  };
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
  const frame = document.createElement("span");
  frame.className = "revealable";
  const typing = document.activeElement === field; // a moved field loses the focus, and what is typed next with it
  field.replaceWith(frame);
  frame.append(field, button);
  show(false);
  if (typing) field.focus();
}

for (const field of document.querySelectorAll("input[data-reveal]")) addEye(field);
