// Positions that aren't sent yet, in IndexedDB: a phone without a network gathers them. The oldest are given up when
// there are too many, and everything when one stops.
const NAME = "ansu-positions";
const STORE = "unsent";
const MOST = 1000;

/** @typedef {{at: string, lat: number, lon: number, accuracy_m: number}} Fix */

function opened() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { autoIncrement: true });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => T} act @returns {Promise<T>} what `act` gave */
async function within(mode, act) {
  const database = await opened();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(STORE, mode);
      const given = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(given);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** @param {string} person @param {Fix} fix */
export async function add(person, fix) {
  await within("readwrite", (store) => {
    store.add({ person, fix });
    const count = store.count();
    count.onsuccess = () => {
      let spare = count.result - MOST;
      if (spare <= 0) return;
      store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor || spare-- <= 0) return;
        cursor.delete();
        cursor.continue();
      };
    };
  });
}

/** The oldest of somebody's. @param {string} person @param {number} most @returns {Promise<{keys: IDBValidKey[], fixes: Fix[]}>} */
export async function oldest(person, most) {
  return within("readonly", (store) => {
    const found = { keys: [], fixes: [] };
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor || found.keys.length >= most) return;
      if (cursor.value.person === person) {
        found.keys.push(cursor.key);
        found.fixes.push(cursor.value.fix);
      }
      cursor.continue();
    };
    return found;
  });
}

/** @param {IDBValidKey[]} keys */
export async function forget(keys) {
  await within("readwrite", (store) => keys.forEach((key) => store.delete(key)));
}

export async function forgetAll() {
  await within("readwrite", (store) => store.clear());
}
