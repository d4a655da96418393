// A visit's checklist made quicker: a reading out of its limits asks for a photo at once, the main button says what it
// does, the position is taken when one agreed. Without this script the server asks for the same.
const form = document.getElementById("visit");

/** @param {HTMLElement} item */
function judgeReading(item) {
  const typed = item.querySelector('input[inputmode="decimal"]')?.value.trim();
  const value = Number(typed);
  const bad = Boolean(typed) && Number.isFinite(value) && (value < Number(item.dataset.low ?? -Infinity) || value > Number(item.dataset.high ?? Infinity));
  item.classList.toggle("is-out", bad);
}

function nameTheButton() {
  const button = document.getElementById("check-in");
  const words = button.querySelector("span");
  words.dataset.well ??= words.textContent;
  const found = form.querySelector("[data-bad]:checked, .item.is-out");
  words.textContent = found ? button.dataset.plain : words.dataset.well;
  button.value = found ? "" : "1";
}

function takePosition() {
  const state = document.getElementById("position-state");
  const agreed = document.getElementById("consent").checked;
  const set = (name, value) => (form.elements[name].value = value);
  state.hidden = !agreed;
  for (const name of ["lat", "lon", "accuracy"]) set(name, "");
  if (!agreed) return;
  if (!navigator.geolocation) {
    state.textContent = state.dataset.unknown;
    return;
  }
  state.textContent = state.dataset.asking;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      if (!document.getElementById("consent")?.checked) return;
      set("lat", coords.latitude);
      set("lon", coords.longitude);
      set("accuracy", coords.accuracy);
      state.textContent = state.dataset.known;
    },
    () => (state.textContent = state.dataset.unknown),
    { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
  );
}

if (form) {
  form.addEventListener("input", (event) => {
    const item = event.target.closest('.item[data-kind="reading"]');
    if (item) judgeReading(item);
    nameTheButton();
  });
  document.getElementById("consent").addEventListener("change", takePosition);
  for (const item of form.querySelectorAll('.item[data-kind="reading"]')) judgeReading(item);
  nameTheButton();
  if (document.getElementById("consent").checked) takePosition();
}

// On a plan's page: where one stands becomes where the place is.
for (const button of navigator.geolocation ? document.querySelectorAll(".use-position") : []) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.form.elements.lat.value = coords.latitude.toFixed(6);
        button.form.elements.lon.value = coords.longitude.toFixed(6);
        button.disabled = false;
      },
      () => (button.disabled = false),
      { enableHighAccuracy: true, timeout: 20_000 },
    );
  });
}
