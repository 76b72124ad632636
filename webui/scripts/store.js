/** What this browser keeps between visits (IndexedDB): keys, what it saw of each log, statements that wait for their answer, unsent loads. */

const PLACES = { keys: ["log", "organisation", "holder", "key"], logs: "log", unanswered: "id", loads: "id" };
let base;

const settle = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function open(place, mode) {
  if (!base) {
    const request = indexedDB.open("symbiosis-ledger", 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(PLACES)) request.result.createObjectStore(name, { keyPath });
    };
    base = settle(request);
  }
  return (await base).transaction(place, mode, { durability: "strict" });
}

/** Keep a record; it is on the disk when the promise resolves. */
export async function keep(place, record) {
  const work = await open(place, "readwrite");
  work.objectStore(place).put(record);
  await new Promise((resolve, reject) => Object.assign(work, { oncomplete: resolve, onabort: () => reject(work.error) }));
}

export const find = async (place, key) => settle((await open(place)).objectStore(place).get(key));
export const list = async (place) => settle((await open(place)).objectStore(place).getAll());
export const drop = async (place, key) => settle((await open(place, "readwrite")).objectStore(place).delete(key));
