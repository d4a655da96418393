// AnSu's service worker. Each concern has its own part: `offline/worker.js` answers without a network, this one wakes
// the phone.
"use strict";

importScripts("/static/js/offline/worker.js");

// ── Push: a notice is always shown, with the vibration of its level ──

/** Milliseconds on, off, on …: longer and more often the graver. */
const VIBRATION = {
  major: [600, 150, 600, 150, 600, 150, 1000],
  significant: [400, 150, 400, 150, 400],
  general: [250, 120, 250],
  low: [150],
};
const MARK = { major: "◆", significant: "▲", general: "●", low: "○" };

/** What the server sent; what can't be read still becomes a notice, as browsers ask of every push. */
function read(data) {
  try {
    return data.json();
  } catch {
    return { title: "安溯 AnSu", url: "/", level: "", level_word: "", tag: "ansu" };
  }
}

/** @returns {Promise<void>} */
function notify(told) {
  const mark = MARK[told.level];
  return self.registration.showNotification(mark ? `${mark} ${told.level_word} · ${told.title}` : told.title, {
    tag: told.tag,
    renotify: true, // a later event of the same story vibrates again
    requireInteraction: told.level === "major" || told.level === "significant",
    vibrate: VIBRATION[told.level] ?? VIBRATION.low,
    icon: "/static/icons/ansu.svg",
    data: { url: told.url },
  });
}

self.addEventListener("push", (event) => event.waitUntil(notify(read(event.data))));

// ── A tap opens what the notice tells of, in the open app where there is one ──

/** Only paths of our own: a notice can't lead away. */
function ownAddress(url) {
  const address = new URL(url ?? "/", self.location.origin);
  return address.origin === self.location.origin ? address.href : self.location.origin;
}

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => one.url === url) ?? pages[0];
  if (!page) return self.clients.openWindow(url);
  await page.focus();
  return page.url === url ? page : page.navigate(url).catch(() => self.clients.openWindow(url));
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(ownAddress(event.notification.data?.url)));
});
