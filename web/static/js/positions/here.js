// Where one stands becomes where the site is.
const button = document.querySelector("[data-here]");

function take() {
  const { lat, lon } = button.form.elements;
  const done = () => (button.disabled = false);
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      lat.value = coords.latitude.toFixed(6);
      lon.value = coords.longitude.toFixed(6);
      done();
    },
    done,
    { enableHighAccuracy: true, timeout: 20_000 },
  );
}

if (navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", take);
}
