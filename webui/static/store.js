/** What this browser keeps between visits (IndexedDB): keys, what it saw of each log, and statements that wait for their answer. */

const PLACES = {
  keys: ["log", "organisation", "holder", "key"],
  logs: "log",
  unanswered: "id",
};

const answerOf = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("symbiosis-ledger", 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(PLACES)) request.result.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Keep a record; it is on the disk when the promise resolves. */
export async function keep(place, record) {
  const work = (await open()).transaction(place, "readwrite", { durability: "strict" });
  work.objectStore(place).put(record);
  await new Promise((resolve, reject) => Object.assign(work, { oncomplete: resolve, onabort: () => reject(work.error) }));
}

export const find = async (place, key) => answerOf((await open()).transaction(place).objectStore(place).get(key));
export const list = async (place) => answerOf((await open()).transaction(place).objectStore(place).getAll());
export const drop = async (place, key) => answerOf((await open()).transaction(place, "readwrite").objectStore(place).delete(key));
