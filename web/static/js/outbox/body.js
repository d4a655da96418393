// The body of a form as the phone sends it. What doesn't change from try to try comes first and has a name of its own,
// its SHA-256: a big one goes in pieces, and after a cut only the rest. What is known only when it is sent comes last.
const PLACE = "/outbox/bodies";
const BODY = "X-Outbox-Body";
const OFFSET = "Upload-Offset";
const PIECE = 256 * 1024;
const OURS = new Set(["idempotency_key", "captured_at", "device_now"]);

/** @type {Map<string, {size: number, name: string}>} by the item's key: what is big takes a moment to name */
const names = new Map();

const oneLine = (name) => name.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
const lines = (text) => text.replace(/\r\n|\r|\n/g, "\r\n");

/** One field as multipart/form-data has it. @param {string} boundary @param {string} name @param {string | File} value */
function part(boundary, name, value) {
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${oneLine(name)}"`;
  if (!(value instanceof File)) return [`${head}\r\n\r\n${lines(value)}\r\n`];
  return [`${head}; filename="${oneLine(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`, value, "\r\n"];
}

/** @param {import("./store.js").Item} item @returns {{type: string, first: Blob, last: string}} `first` is the same at every try */
export function encoded(item) {
  const boundary = `ansu-${item.key}`;
  const own = item.fields.filter(([name]) => !OURS.has(name));
  const fields = [...own, ["idempotency_key", item.key], ["captured_at", item.capturedAt]];
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    first: new Blob(fields.flatMap(([name, value]) => part(boundary, name, value))),
    last: [...part(boundary, "device_now", new Date().toISOString()), `--${boundary}--\r\n`].join(""),
  };
}

/** @param {string} key of the item @param {Blob} first */
async function nameOf(key, first) {
  if (names.get(key)?.size !== first.size) {
    const digest = await crypto.subtle.digest("SHA-256", await first.arrayBuffer());
    const name = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    names.set(key, { size: first.size, name });
  }
  return names.get(key).name;
}

/** Percent of what is being brought; 100 when nothing is. */
function tell(percent) {
  dispatchEvent(new CustomEvent("ansu:outbox-brought", { detail: percent }));
}

/** Bring to the server what it has not yet. Gives the answer that hindered it, or null. */
async function bring(first, headers) {
  let answer = await fetch(PLACE, { method: "HEAD", headers });
  while (answer.ok && answer.headers.has(OFFSET)) {
    const there = Number(answer.headers.get(OFFSET));
    if (there >= first.size) return null;
    tell(Math.floor((there / first.size) * 100));
    const about = { ...headers, [OFFSET]: `${there}`, "Content-Type": "application/octet-stream" };
    answer = await fetch(PLACE, { method: "PATCH", headers: about, body: first.slice(there, there + PIECE) });
  }
  return answer;
}

const allowed = (token) => ({ "X-CSRF-Token": token, Accept: "text/html" });

/** Post the item's form; a big one in pieces. @param {import("./store.js").Item} item @param {string} token */
export async function post(item, token) {
  const { type, first, last } = encoded(item);
  const request = { method: "POST", headers: { ...allowed(token), "Content-Type": type } };
  if (first.size <= PIECE) return fetch(item.url, { ...request, body: new Blob([first, last]) });
  const name = { [BODY]: await nameOf(item.key, first) };
  try {
    const hindered = await bring(first, { ...allowed(token), ...name });
    return hindered ?? (await fetch(item.url, { ...request, headers: { ...request.headers, ...name }, body: last }));
  } finally {
    tell(100);
  }
}

/** The item was answered for good: the server need not keep its body. Were it not told, it would drop it some days later.
 * @param {string} key @param {string} token */
export function dropBody(key, token) {
  const name = names.get(key)?.name;
  if (name) fetch(PLACE, { method: "DELETE", headers: { ...allowed(token), [BODY]: name }, keepalive: true }).catch(() => {});
  names.delete(key);
}

/** Whether the answer is about the way only: the server wants the body, or the rest of it, once more. @param {Response} answer */
export const comesAgain = (answer) => answer.status === 409 && answer.headers.has(OFFSET);
