/** Ed25519 under one rule (FORMAT.md 2): cofactorless, S < L, canonical R, public keys canonical and of prime order. */

import { need, toHex } from "./bytes.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const mod = (number) => ((number % P) + P) % P;
const little = (bytes) => BigInt(`0x${toHex(bytes.slice().reverse())}`);

function power(base, exponent) {
  let result = 1n;
  for (; exponent; exponent >>= 1n, base = (base * base) % P) if (exponent & 1n) result = (result * base) % P;
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));

/** Add points in extended coordinates (RFC 8032, 5.1.4). */
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const [a, b, c, d] = [(y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2), 2n * D * ((t1 * t2) % P), 2n * z1 * z2];
  const [e, f, g, h] = [b - a, d - c, d + c, b + a].map((number) => number % P);
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

/** Decode a canonical point (RFC 8032, 5.1.3); undefined if there is none. */
function decodePoint(bytes) {
  const number = bytes.length === 32 ? little(bytes) : P;
  const [sign, y] = [number >> 255n, number % 2n ** 255n];
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square)) x = (x * power(2n, (P - 1n) / 4n)) % P;
  if (y >= P || mod(x * x - square)) return; // a sign on x = 0 is refused by its order
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, (x * y) % P];
}

function hasPrimeOrder(point) {
  let [total, double] = [[0n, 1n, 1n, 0n], point];
  for (let left = L; left; left >>= 1n, double = add(double, double)) if (left & 1n) total = add(total, double);
  const isZero = ([x, y, z]) => !mod(x) && !mod(y - z);
  return isZero(total) && !isZero(point);
}

const checked = new Map(); // imported keys by hex, bytes by Multikey text

/** Check a public key of 32 bytes; throws EvidenceError. */
export function checkPublicKey(key) {
  const name = toHex(key);
  if (checked.has(name)) return;
  const point = decodePoint(key);
  need(point, "RFC 8032, 5.1.3");
  need(hasPrimeOrder(point), "prime order");
  checked.set(name, crypto.subtle.importKey("raw", key, "Ed25519", true, ["verify"]));
}

/** Tell whether a signature holds; throws EvidenceError for a key that the rule refuses. */
export async function verifySignature(key, signature, message) {
  checkPublicKey(key);
  const y = signature.length === 64 && little(signature.slice(0, 32)) % 2n ** 255n; // of R; y = 1 is the neutral point, which gives the key away
  if (y === false || little(signature.slice(32)) >= L || y >= P || y === 1n) return false;
  return crypto.subtle.verify("Ed25519", await checked.get(toHex(key)), signature, message);
}

/** Write bytes as base58btc. */
export function encodeBase58(bytes) {
  let text = "";
  for (let number = BigInt(`0x0${toHex(bytes)}`); number; number /= 58n) text = ALPHABET[number % 58n] + text;
  return "1".repeat(/^(00)*/.exec(toHex(bytes))[0].length / 2) + text;
}

/** Read base58btc of at most 128 digits; empty for anything else. */
export function decodeBase58(text) {
  if (!/^[1-9A-HJ-NP-Za-km-z]{1,128}$/.test(text)) return [];
  const bytes = [];
  let number = [...text].reduce((all, digit) => all * 58n + BigInt(ALPHABET.indexOf(digit)), 0n);
  for (; number; number >>= 8n) bytes.unshift(Number(number & 255n));
  return Uint8Array.from([...Array(/^1*/.exec(text)[0].length).fill(0), ...bytes]);
}

/** Read Multikey text (z6Mk…) into 32 bytes, checked; throws EvidenceError. */
export function decodeMultikey(text) {
  if (!checked.has(text)) {
    const data = text[0] === "z" ? decodeBase58(text.slice(1)) : [];
    need(data.length === 34 && data[0] === 0xed && data[1] === 1, "Multikey");
    checkPublicKey(data.slice(2));
    checked.set(text, data.slice(2));
  }
  return checked.get(text);
}
