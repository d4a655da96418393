// The trust page's check: an answer by https means that this device trusts the installation's authority.
const answer = document.querySelector("#trust-answer");
const button = document.querySelector("[data-trust-check]");

/** @param {"asking" | "good" | "bad"} state */
function say(state) {
  answer.textContent = answer.dataset[state];
  answer.dataset.state = state;
}

async function check() {
  say("asking");
  button.disabled = true;
  try {
    await fetch(button.dataset.trustCheck, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(8000) });
    say("good");
  } catch {
    say("bad"); // the browser tells a script no more: an untrusted certificate looks like no connection
  }
  button.disabled = false;
}

button.hidden = false;
button.addEventListener("click", check);
