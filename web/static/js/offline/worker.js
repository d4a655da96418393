// The part of the service worker that answers when there is no network: the shell from its cache, pages as they were
// when last seen. Pages belong to one person; when another signs in on the phone they are gone.
const SHELL = "ansu-shell-1";
const PAGES = "ansu-pages-1";
const MEDIA = "ansu-media-1"; // videos and PDFs, put there by a course's page when its reader asks
const OWNER = "/offline/person"; // under this name the pages' cache says whose they are
const MOST_PAGES = 80;
const PATIENCE_MS = 6000;
const FRESH_MS = 10 * 60_000;
const PICTURES = /^\/(photos|training\/pictures)\//;
const FILMS = /^\/training\/media\//;
const NOT_KEPT = /^\/(sign-in|sign-out|people|audit|adoption|feedback\/(all|export)|api|ws|service-worker|healthz|readyz|metrics|incidents\/\d+\/positions)/; // where people are isn't left on a phone

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldCaches().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fileOf(event.request));
  else if (FILMS.test(url.pathname)) event.respondWith(filmOf(event.request));
  else if (event.request.mode === "navigate") event.respondWith(pageOf(event));
  else if (PICTURES.test(url.pathname)) event.respondWith(pictureOf(event.request));
});

self.addEventListener("message", (event) => {
  const { warm } = event.data ?? {};
  if (warm) event.waitUntil(keepShell().then(() => warmUp(warm)));
});

/** What the server lists now, and nothing that it listed in an earlier version. */
async function keepShell() {
  const cache = await caches.open(SHELL);
  const answer = await fetch("/offline/shell.json");
  const wanted = await answer.json();
  await Promise.all(wanted.map(async (address) => (await cache.match(address)) ?? cache.add(address)));
  const listed = new Set(wanted.map((address) => new URL(address, location.origin).href));
  for (const key of await cache.keys()) {
    const newer = !listed.has(key.url) && (await cache.matchAll(key, { ignoreSearch: true })).length > 1;
    if (newer) await cache.delete(key);
  }
}

async function dropOldCaches() {
  for (const name of await caches.keys()) if (name.startsWith("ansu-") && ![SHELL, PAGES, MEDIA].includes(name)) await caches.delete(name);
}

/** A file's address changes when it does: what is kept is right. Modules import each other without; those, and files
 * that a kept page knows by an older address, are taken from the cache only when the network is away. */
async function fileOf(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  if (kept) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok && new URL(request.url).searchParams.has("v")) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const similar = await cache.match(request, { ignoreSearch: true });
    if (similar) return similar;
    throw error;
  }
}

async function pictureOf(request) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}

/** What was taken along never changes under its address. Players ask for pieces, which a cache doesn't cut by itself. */
async function filmOf(request) {
  const kept = await (await caches.open(MEDIA)).match(request.url.split("#")[0]);
  if (!kept) return request.mode === "navigate" ? fetch(request).catch(() => caches.match("/offline")) : fetch(request);
  const asked = request.headers.get("range")?.match(/^bytes=(\d+)-(\d*)$/);
  if (!asked) return kept;
  const whole = await kept.blob();
  const [from, last] = [Number(asked[1]), asked[2] ? Math.min(Number(asked[2]), whole.size - 1) : whole.size - 1];
  const headers = new Headers(kept.headers);
  headers.set("content-range", from > last ? `bytes */${whole.size}` : `bytes ${from}-${last}/${whole.size}`);
  if (from > last) return new Response(null, { status: 416, headers });
  headers.set("content-length", `${last - from + 1}`);
  return new Response(whole.slice(from, last + 1), { status: 206, headers });
}

async function pageOf(event) {
  const { request } = event;
  try {
    const answer = await withPatience(fetch(request), request);
    if (new URL(answer.url || request.url).pathname === "/sign-in") await forgetOwner(); // nobody is signed in here any more
    if (worthKeeping(answer)) event.waitUntil(keepPage(answer.url || request.url, answer.clone()));
    return answer;
  } catch {
    return (await keptPage(request)) ?? (await caches.match("/offline")) ?? Response.error();
  }
}

/** A network that doesn't answer is as good as none where the page is known. */
async function withPatience(answer, request) {
  if (!(await keptPage(request))) return answer;
  const tooLong = new Promise((_, failed) => setTimeout(() => failed(new Error("slow")), PATIENCE_MS));
  return Promise.race([answer, tooLong]);
}

function worthKeeping(answer) {
  const html = answer.headers.get("content-type")?.startsWith("text/html");
  return answer.ok && html && !NOT_KEPT.test(new URL(answer.url).pathname);
}

/** The same page whatever it says of what was just done. */
function keyOf(address) {
  const url = new URL(address, location.origin);
  url.searchParams.delete("done");
  return url.href;
}

/** What is kept is put there one after the other: two pages at once must not each throw away what the other has kept. */
let keeping = Promise.resolve();

/** A page says whose it is; the first page that another person opens ends what was kept of the one before. What is
 * fetched ahead never does: it may have been asked for while the one before was still signed in.
 * @param {string} address @param {Response} answer @param {(person: string) => Promise<boolean>} isWelcome */
function keepPage(address, answer, isWelcome = becomesOwner) {
  keeping = keeping.catch(() => {}).then(() => put(address, answer, isWelcome));
  return keeping;
}

async function put(address, answer, isWelcome) {
  const key = keyOf(address);
  const text = await answer.text();
  const person = text.match(/<body[^>]* data-person="(\d+)"/)?.[1];
  if (!person || !(await isWelcome(person))) return;
  const cache = await caches.open(PAGES);
  const headers = { "content-type": "text/html; charset=utf-8", "x-kept-at": `${Date.now()}`, "content-security-policy": answer.headers.get("content-security-policy") ?? "" };
  const marked = text.replace("</head>", `<meta name="kept-at" content="${new Date().toISOString()}"></head>`);
  await cache.delete(key); // put last, so that the first key is the one longest unseen
  await cache.put(key, new Response(marked, { headers }));
  const keys = (await cache.keys()).filter((each) => new URL(each.url).pathname !== OWNER);
  for (const oldest of keys.slice(0, Math.max(0, keys.length - MOST_PAGES))) await cache.delete(oldest);
}

async function keptPage(request) {
  const cache = await caches.open(PAGES);
  return (await cache.match(keyOf(request.url))) ?? cache.match(request, { ignoreSearch: true });
}

const owner = async () => (await caches.match(OWNER))?.text();

async function becomesOwner(person) {
  if ((await owner()) === person) return true;
  await forgetOwner();
  await (await caches.open(PAGES)).put(OWNER, new Response(person));
  return true;
}

const forgetOwner = () => Promise.all([caches.delete(PAGES), caches.delete(MEDIA)]);

/** For whom the phone belongs to, or to the first it is fetched for; no more once it belongs to another or to nobody. */
async function warmUp(addresses) {
  let mine = await owner();
  const isMine = async (person) => {
    if (mine === undefined && (await owner()) === undefined) await becomesOwner((mine = person));
    return person === mine && person === (await owner());
  };
  for (const address of addresses) {
    const kept = await (await caches.open(PAGES)).match(keyOf(address));
    if (kept && Date.now() - Number(kept.headers.get("x-kept-at")) < FRESH_MS) continue;
    const answer = await fetch(address, { headers: { accept: "text/html" } }).catch(() => null);
    if (answer && worthKeeping(answer)) await keepWithPictures(answer, isMine);
  }
}

/** A course taken along has its pictures too. */
async function keepWithPictures(answer, isMine) {
  const pictures = [...(await answer.clone().text()).matchAll(/ src="(\/training\/pictures\/\d+)"/g)].map(([, address]) => address);
  await keepPage(answer.url, answer, isMine);
  for (const address of pictures) await pictureOf(new Request(address)).catch(() => null);
}
