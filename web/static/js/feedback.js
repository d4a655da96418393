// The form of feedback may come from this phone's cache: the page that it is about is the one it was opened from.
const form = document.getElementById("feedback-form");
if (form && document.referrer.startsWith(`${location.origin}/`)) {
  const { pathname } = new URL(document.referrer);
  if (!pathname.startsWith("/feedback") && !pathname.startsWith("/sign-")) {
    form.elements.page.value = pathname;
    form.querySelector(".feedback-page").textContent = pathname;
  }
}
