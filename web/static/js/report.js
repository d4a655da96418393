// What a report's form can do with a script: ask the phone where it is, choose the place on the plan.

/** Ask only when somebody taps, and say what came of it. @param {HTMLFormElement} form */
function locate(form) {
  const ask = form.querySelector(".place-here");
  const said = form.querySelector(".place-said");
  ask.hidden = false;
  ask.addEventListener("click", () => {
    said.textContent = ask.dataset.asks;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.latitude.value = coords.latitude.toFixed(5);
        form.elements.longitude.value = coords.longitude.toFixed(5);
        form.elements.accuracy_m.value = Math.round(coords.accuracy);
        said.textContent = ask.dataset.found.replace("{m}", Math.round(coords.accuracy));
      },
      () => (said.textContent = ask.dataset.refused),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  });
}

/** A tap on equipment in the plan chooses it in the list instead of leaving the form. @param {HTMLFormElement} form */
function choose(form) {
  const select = form.elements.place;
  form.querySelector(".place-plan")?.addEventListener("click", (event) => {
    const mark = event.target.closest("a[href^='/equipment/']");
    if (!mark) return;
    event.preventDefault();
    select.value = `equipment:${mark.getAttribute("href").split("/").pop()}`;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    mark.closest("details").open = false;
    select.focus();
  });
}

const form = document.getElementById("report-form");
if (form) {
  if (navigator.geolocation) locate(form);
  choose(form);
}
