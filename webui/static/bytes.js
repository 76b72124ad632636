/** Bytes, hex, base64, SHA-256, and the one error that leaves verification. */

/** Evidence that does not hold: a code of FORMAT.md 13, and the entry to blame (null: none). */
export class EvidenceError extends Error {
  constructor(code, message, index = null) {
    super(index === null ? message : `entry ${index}: ${message}`);
    Object.assign(this, { code, index });
  }
}

/** Throw a fault of form. */
export function refuse(message, index) {
  throw new EvidenceError("malformed", message, index);
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export const encodeText = (text) => encoder.encode(text);
/** Strict UTF-8; throws TypeError. */
export const decodeText = (bytes) => decoder.decode(bytes);
export const toHex = (bytes) => Array.from(bytes, (byte) => DIGITS[byte]).join("");
export const isHash = (text) => typeof text === "string" && /^[0-9a-f]{64}$/.test(text);
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** The value is an object with exactly these names. */
export const hasNames = (value, names) =>
  isObject(value) && Object.keys(value).sort().join(" ") === [...names].sort().join(" ");
export const isCount = (value, low, high = Number.MAX_SAFE_INTEGER) =>
  Number.isSafeInteger(value) && value >= low && value <= high;

/** Read an even number of hex digits. */
export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

export const sameBytes = (one, two) => one.length === two.length && one.every((byte, place) => byte === two[place]);

/** Read standard base64 in its one spelling; null for anything else. */
export function fromBase64(text) {
  try {
    const bytes = atob(text);
    return btoa(bytes) === text ? Uint8Array.from(bytes, (character) => character.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}

// FIPS 180-4: the first 32 bits of the fractions of square and cube roots of the first primes. Not WebCrypto's digest: a tree
// asks for thousands of short hashes, and a promise for each costs more than the hash.
const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
const PRIMES = [];
for (let number = 2; PRIMES.length < 64; number++) if (PRIMES.every((prime) => number % prime)) PRIMES.push(number);
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const words = new Int32Array(64);
const turn = (word, by) => (word >>> by) | (word << (32 - by));

/** SHA-256 of bytes. */
export function sha256(bytes) {
  const padded = new Uint8Array((bytes.length + 72) & ~63);
  const view = new DataView(padded.buffer);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);
  const state = Int32Array.from(START);
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      if (i < 16) words[i] = view.getInt32(block + 4 * i);
      else {
        const x = words[i - 15];
        const y = words[i - 2];
        const mixed = (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
        words[i] = words[i - 16] + words[i - 7] + mixed;
      }
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, place) => (state[place] += word));
  }
  state.forEach((word, place) => view.setInt32(4 * place, word));
  return padded.slice(0, 32);
}
