/**
 * Keys in the browser: made by WebCrypto, backed up once to a key file (FORMAT.md 10) that the command opens too, then kept
 * where no script can read them out. Errors are EvidenceErrors whose code names the words to show.
 */

import { concat, decodeText, encodeText, EvidenceError, fromHex, hasNames, isCount, toHex } from "./bytes.js";
import { encodeCanonical } from "./canonical.js";
import { ALPHABET } from "./ed25519.js";
import { drop, keep, list } from "./store.js";

const FORMAT = "symbiosis-ledger/key-file/v1";
const KDF = "PBKDF2-HMAC-SHA-256";
const CIPHER = "AES-256-GCM";
const ROUNDS = 600_000;
const NAMES = ["cipher", "format", "holder", "kdf", "key", "log", "nonce", "organisation", "rounds", "salt", "sealed"];
/** What stands before the seed in the PKCS #8 form of an Ed25519 key (RFC 8410, 7). */
const PKCS8 = fromHex("302e020100300506032b657004220420");
const fail = (code, message) => {
  throw new EvidenceError(code, message);
};

/** Why this browser cannot sign here: a code for words, or null if it can. */
export async function findObstacle() {
  if (!isSecureContext || !crypto.subtle) return "insecure";
  if (!globalThis.indexedDB) return "no-storage";
  return crypto.subtle.generateKey("Ed25519", false, ["sign"]).then(() => null, () => "old-browser");
}

/** Write a public key of 32 bytes as Multikey text. */
export function encodeMultikey(bytes) {
  let text = "";
  for (let number = BigInt(`0xed01${toHex(bytes)}`); number; number /= 58n) text = ALPHABET[number % 58n] + text;
  return `z${text}`;
}

async function stretch(passphrase, salt, iterations) {
  const base = await crypto.subtle.importKey("raw", encodeText(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const cipher = ({ nonce, ...rest }) => ({ name: "AES-GCM", iv: fromHex(nonce), additionalData: encodeCanonical({ nonce, ...rest }) });

/** Make a key that exists in its key file only: {key, file}. It counts once openKeyFile has opened the file that was kept. */
export async function makeKeyFile({ log, organisation, holder }, passphrase) {
  if ([...passphrase].length < 12) fail("short-passphrase", "12 characters or more are wanted");
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const seed = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).subarray(PKCS8.length);
  const key = encodeMultikey(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  const [salt, nonce] = [16, 12].map((size) => crypto.getRandomValues(new Uint8Array(size)));
  const secret = await stretch(passphrase, salt, ROUNDS);
  const header = { cipher: CIPHER, format: FORMAT, holder, kdf: KDF, key, log, nonce: toHex(nonce), organisation, rounds: ROUNDS, salt: toHex(salt) };
  const sealed = toHex(new Uint8Array(await crypto.subtle.encrypt(cipher(header), secret, seed)));
  seed.fill(0);
  return { key, file: concat(encodeCanonical({ ...header, sealed }), [10]) };
}

function readKeyFile(bytes) {
  try {
    const value = JSON.parse(decodeText(bytes.length > 10_000 ? [] : bytes));
    const hex = [["salt", 32], ["nonce", 24], ["sealed", 96]].every(([name, size]) => /^[0-9a-f]*$/.test(value[name]) && value[name].length === size);
    if (hex && hasNames(value, NAMES) && value.format === FORMAT && value.kdf === KDF && value.cipher === CIPHER && isCount(value.rounds, ROUNDS, 1e7)) {
      return value;
    }
  } catch {} // said below
  return fail("no-key-file", "not a key file of symbiosis-ledger/key-file/v1");
}

/** Open a key file: {log, organisation, holder, key, private}, `private` a CryptoKey that signs and cannot be exported. */
export async function openKeyFile(bytes, passphrase) {
  const { sealed, ...header } = readKeyFile(bytes);
  const secret = await stretch(passphrase, fromHex(header.salt), header.rounds);
  const wrong = () => fail("wrong-passphrase", "the passphrase does not open this key file");
  const seed = new Uint8Array(await crypto.subtle.decrypt(cipher(header), secret, fromHex(sealed)).catch(wrong));
  const pkcs8 = concat(PKCS8, seed);
  const { x } = await crypto.subtle.exportKey("jwk", await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]));
  const own = Uint8Array.from(atob(x.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  if (encodeMultikey(own) !== header.key) fail("no-key-file", "the key file holds another key than it names");
  const kept = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  [seed, pkcs8].forEach((secretBytes) => secretBytes.fill(0));
  const { log, organisation, holder, key } = header;
  return { log, organisation, holder, key, private: kept };
}

const belongs = (owner) => (key) => ["log", "organisation", "holder"].every((name) => key[name] === owner[name]);

/** Keep an opened key in this browser, for whom it was made; `last` is the highest number that a receipt here has shown. */
export async function keepKey(opened, owner) {
  if (!belongs(owner)(opened)) fail("other-owner", `this key file is for ${opened.organisation}, ${opened.holder}, on ${opened.log}`);
  const known = (await listKeys(owner)).find((one) => one.key === opened.key);
  await keep("keys", { last: 0, ...known, ...opened });
}

/** List the keys that this browser holds for {log, organisation, holder}. */
export const listKeys = async (owner) => (await list("keys")).filter(belongs(owner));

export const forgetKey = ({ log, organisation, holder, key }) => drop("keys", [log, organisation, holder, key]);

/** Sign bytes; 128 hex digits. */
export const signBytes = async (key, bytes) => toHex(new Uint8Array(await crypto.subtle.sign("Ed25519", key.private, bytes)));

/** Prove that the holder has the key, for its enrolment or rotation with these roles (FORMAT.md 5). */
export function provePossession(key, roles) {
  const { log, organisation, holder } = key;
  const said = encodeCanonical({ holder, key: key.key, log, organisation, roles: [...roles].sort() });
  return signBytes(key, concat(encodeText("symbiosis-ledger/possession/v1\n"), said));
}
