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

/** What a tap on the plan means: equipment by its mark, an area by its ground. @param {Element} at */
function placeOf(at) {
  const mark = at.closest("a[href^='/equipment/']");
  if (mark) return `equipment:${mark.getAttribute("href").split("/").pop()}`;
  const area = at.closest("[data-area]");
  return area ? `area:${area.dataset.area}` : "";
}

/** A tap on a plan chooses the place in the list instead of leaving the form. @param {HTMLFormElement} form */
function choose(form) {
  const select = form.elements.place;
  form.querySelector(".place-plan")?.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    event.preventDefault();
    select.value = place;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    event.target.closest("details").open = false;
    select.focus();
  });
}

/** Of several plans one at a time; all came with the form, so that choosing needs no network and loses nothing typed.
 * @param {HTMLFormElement} form */
function turn(form) {
  const chips = [...form.querySelectorAll(".place-plan .plan-chips a")];
  /** @param {Element} chosen */
  const show = (chosen) => {
    for (const chip of chips) {
      if (chip === chosen) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
      form.querySelector(chip.hash).hidden = chip !== chosen;
    }
  };
  for (const chip of chips) chip.addEventListener("click", (event) => (event.preventDefault(), show(chip)));
  const first = chips.find((chip) => chip.hasAttribute("aria-current"));
  if (first) show(first);
}

const form = document.getElementById("report-form");
if (form) {
  if (navigator.geolocation) locate(form);
  choose(form);
  turn(form);
}
