// What this phone has not sent yet, in IndexedDB: it survives a closed page and a phone that went flat. Everything
// belongs to one person; nobody else who signs in on the phone gets to see it.
const NAME = "ansu-outbox";
const STORE = "unsent";

/** @typedef {{key: string, person: string, title: string, url: string, capturedAt: string, fields: [string, string | File][],
 *  state: "waiting" | "refused" | "delivered", words: string, link: string, number: string}} Item */

function opened() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" }).createIndex("person", "person");
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act @returns {Promise<T>} */
async function within(mode, act) {
  const database = await opened();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(request.result);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const person = document.body.dataset.person ?? "";

/** One's own items, the oldest first. @returns {Promise<Item[]>} */
export async function items() {
  const found = await within("readonly", (store) => store.index("person").getAll(person));
  return found.sort((a, b) => a.capturedAt.localeCompare(b.capturedAt));
}

/** @param {Item} item */
export async function keep(item) {
  await within("readwrite", (store) => store.put(item));
  dispatchEvent(new CustomEvent("ansu:outbox"));
}

/** @param {string} key */
export async function forget(key) {
  await within("readwrite", (store) => store.delete(key));
  dispatchEvent(new CustomEvent("ansu:outbox"));
}
