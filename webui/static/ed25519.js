/** Ed25519 under one rule (FORMAT.md 2): cofactorless, S < L, canonical R, public keys canonical and of prime order. */

import { concat, refuse } from "./bytes.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
export const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const mod = (number) => ((number % P) + P) % P;
const little = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

function power(base, exponent) {
  let result = 1n;
  for (; exponent; exponent >>= 1n, base = (base * base) % P) if (exponent & 1n) result = (result * base) % P;
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** Add two points in extended coordinates (RFC 8032, 5.1.4). */
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = ((y1 - x1) * (y2 - x2)) % P;
  const b = ((y1 + x1) * (y2 + x2)) % P;
  const c = (2n * t1 * t2 * D) % P;
  const d = (2n * z1 * z2) % P;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

/** Decode a canonical point (RFC 8032, 5.1.3); null if there is none. */
function decodePoint(bytes) {
  const number = little(bytes);
  const [sign, y] = [number >> 255n, number & (2n ** 255n - 1n)];
  if (bytes.length !== 32 || y >= P) return null;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square)) x = (x * ROOT_OF_MINUS_ONE) % P;
  if (mod(x * x - square) || (!x && sign)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, (x * y) % P];
}

function hasPrimeOrder(point) {
  let [total, doubled] = [[0n, 1n, 1n, 0n], point];
  for (let left = L; left; left >>= 1n, doubled = add(doubled, doubled)) if (left & 1n) total = add(total, doubled);
  const isZero = ([x, y, z]) => !mod(x) && !mod(y - z);
  return isZero(total) && !isZero(point);
}

const known = new Map();

/** Check a public key of 32 bytes and make it WebCrypto's; throws EvidenceError. */
export function importKey(bytes) {
  const name = bytes.join();
  if (!known.has(name)) {
    const point = decodePoint(bytes);
    if (!point) refuse("the public key is not a canonical point of the curve");
    if (!hasPrimeOrder(point)) refuse("the public key is not of prime order: one signature could fit every text");
    known.set(name, crypto.subtle.importKey("raw", bytes, "Ed25519", true, ["verify"]));
  }
  return known.get(name);
}

/** Tell whether a signature holds under this module's rule; throws EvidenceError for a key that the rule refuses. */
export async function verifySignature(key, signature, message) {
  const imported = await importKey(key);
  if (signature.length !== 64 || little(signature.subarray(32)) >= L || !decodePoint(signature.subarray(0, 32))) return false;
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

/** Read Multikey text (z6Mk…) into 32 bytes, checked; throws EvidenceError. */
export function decodeMultikey(text) {
  let number = 0n;
  if (!/^z[1-9A-HJ-NP-Za-km-z]{40,60}$/.test(text)) refuse("a key is written as Multikey text that begins with z6Mk");
  for (const digit of text.slice(1)) number = number * 58n + BigInt(ALPHABET.indexOf(digit));
  const bytes = concat(Array.from({ length: 34 }, (_, place) => Number((number >> BigInt(8 * (33 - place))) & 255n)));
  if (number >> 264n !== 0xedn || bytes[1] !== 1) refuse("not the Multikey text of an Ed25519 key");
  importKey(bytes.subarray(2));
  return bytes.subarray(2);
}
