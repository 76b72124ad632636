/** Bytes and their spellings, SHA-256, and the one error that leaves verification. */

/** Evidence that does not hold; its code is one of FORMAT.md 13, its message the place at fault in FORMAT.md's names: pages have the sentences. */
export class EvidenceError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Throw EvidenceError unless something holds. */
export function need(holds, place, code = "malformed") {
  if (!holds) throw new EvidenceError(code, place);
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Strict UTF-8; throws EvidenceError. */
export function decodeText(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new EvidenceError("malformed", "UTF-8");
  }
}
export const encodeText = (text) => encoder.encode(text);
export const toHex = (bytes) => Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
export const sameBytes = (one, two) => one.length === two.length && one.every((byte, place) => byte === two[place]);
export const isText = (value, form) => typeof value === "string" && form.test(value);
export const isHash = (value) => isText(value, /^[0-9a-f]{64}$/);
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isCount = (value, low = 0, high = 2 ** 53 - 1) => Number.isSafeInteger(value) && value >= low && value <= high;
/** Tell whether a value is an object of just these names: a list, or one sorted text. */
export const hasNames = (value, names) => isObject(value) && Object.keys(value).sort().join(" ") === [names].flat().sort().join(" ");

export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((place, part) => (all.set(part, place), place + part.length), 0);
  return all;
}

/** Read base64 in its one spelling; empty for anything else. */
export function fromBase64(text) {
  try {
    const bytes = atob(text);
    if (btoa(bytes) === text) return Uint8Array.from(bytes, (one) => one.charCodeAt());
  } catch {}
  return [];
}

// FIPS 180-4; its constants are fractions of roots of primes. A tree takes thousands of short hashes: WebCrypto's promises cost more.
const PRIMES = [];
for (let number = 2; PRIMES.length < 64; number++) if (PRIMES.every((prime) => number % prime)) PRIMES.push(number);
const fractions = (root) => Int32Array.from(PRIMES, (prime) => (root(prime) % 1) * 2 ** 32);
const [START, ROUNDS] = [fractions(Math.sqrt).slice(0, 8), fractions(Math.cbrt)];
const words = new Int32Array(64);
const turn = (word, by) => (word >>> by) | (word << (32 - by));

export function sha256(bytes) {
  const data = concat(bytes, [128], new Uint8Array(8 + ((119 - (bytes.length % 64)) % 64)));
  const view = new DataView(data.buffer);
  view.setBigUint64(data.length - 8, BigInt(bytes.length) * 8n);
  const state = START.slice();
  for (let block = 0; block < data.length; block += 64) {
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const [x, y] = [words[i - 15], words[i - 2]];
      const mixed = (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
      words[i] = i < 16 ? view.getInt32(block + 4 * i) : words[i - 16] + words[i - 7] + mixed;
      const one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i];
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, place) => (state[place] += word));
  }
  state.forEach((word, place) => view.setInt32(4 * place, word));
  return data.slice(0, 32);
}
