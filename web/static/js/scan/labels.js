// What a QR says, read as a label of AnSu: where its page is. Labels carry an address that may be an old one of this
// installation, so only the token in it counts. The page knows digests of the site's tokens, so that a phone without a
// network finds the page it keeps; a digest gives no token away.
const TOKEN = /\/l\/([0-9a-z]{16})(?![0-9a-z])/i;

/** @param {string} text @returns {string | null} */
export function tokenIn(text) {
  return text.match(TOKEN)?.[1].toUpperCase() ?? null;
}

/** The first four bytes of the SHA-256 of `token`, as the server lists them. @param {string} token */
async function digestOf(token) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return [...new Uint8Array(digest).slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} token @param {Record<string, string>} known */
export async function pageOf(token, known) {
  const path = globalThis.crypto?.subtle ? known[await digestOf(token)] : null;
  return path ? `${path}?label=${token}` : `/l/${token}`;
}
