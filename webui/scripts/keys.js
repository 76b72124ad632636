/**
 * Keys in the browser: made by WebCrypto, backed up to a key file (FORMAT.md 10) that the command opens too, then kept where
 * no script can read them out. Faults are EvidenceErrors whose code names the words to show.
 */

import { concat, decodeText, encodeText, EvidenceError, fromBase64, fromHex, hasNames, isCount, toHex } from "./verifier/bytes.js";
import { encodeCanonical } from "./verifier/canonical.js";
import { encodeBase58 } from "./verifier/ed25519.js";
import { drop, keep, list } from "./store.js";

const FIXED = { cipher: "AES-256-GCM", format: "symbiosis-ledger/key-file/v1", kdf: "PBKDF2-HMAC-SHA-256" };
const NAMES = [...Object.keys(FIXED), "holder", "key", "log", "nonce", "organisation", "rounds", "salt", "sealed"];
const ROUNDS = 600_000;
const PKCS8 = fromHex("302e020100300506032b657004220420"); // stands before the seed (RFC 8410, 7)
const { subtle } = crypto;
const fail = (code) => {
  throw new EvidenceError(code, code);
};
const random = (size) => toHex(crypto.getRandomValues(new Uint8Array(size)));

/** Why this browser cannot sign here, a code for words; null if it can. */
export async function findObstacle() {
  if (!subtle) return "insecure";
  if (!globalThis.indexedDB) return "no-storage";
  return subtle.generateKey("Ed25519", false, ["sign"]).then(() => null, () => "old-browser");
}

/** The public key of a private one, as Multikey text. */
async function readPublic(key) {
  const { x } = await subtle.exportKey("jwk", key);
  const bytes = fromBase64(`${x.replaceAll("-", "+").replaceAll("_", "/")}=`);
  return `z${encodeBase58(concat([0xed, 1], bytes))}`;
}

async function stretch(passphrase, { salt, rounds }) {
  const base = await subtle.importKey("raw", encodeText(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations: rounds };
  return subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const sealing = (header) => ({ name: "AES-GCM", iv: fromHex(header.nonce), additionalData: encodeCanonical(header) });

/** Make a key that exists in its key file alone: {key, file}. It counts once openKeyFile has opened the file that was saved. */
export async function makeKeyFile({ log, organisation, holder }, passphrase) {
  if ([...passphrase].length < 12) fail("short-passphrase");
  const { privateKey } = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await subtle.exportKey("pkcs8", privateKey));
  const key = await readPublic(privateKey);
  const header = { ...FIXED, holder, key, log, nonce: random(12), organisation, rounds: ROUNDS, salt: random(16) };
  const sealed = await subtle.encrypt(sealing(header), await stretch(passphrase, header), pkcs8.subarray(PKCS8.length));
  pkcs8.fill(0);
  return { key, file: concat(encodeCanonical({ ...header, sealed: toHex(new Uint8Array(sealed)) }), [10]) };
}

function readKeyFile(bytes) {
  try {
    const value = JSON.parse(decodeText(bytes));
    const isFixed = Object.entries(FIXED).every(([name, text]) => value[name] === text);
    if (isFixed && hasNames(value, NAMES) && isCount(value.rounds, ROUNDS, 10_000_000)) return value;
  } catch {} // said below
  return fail("no-key-file");
}

/** Open a key file: {log, organisation, holder, key, private}, `private` a CryptoKey that signs and cannot be exported. */
export async function openKeyFile(bytes, passphrase) {
  const { sealed, ...header } = readKeyFile(bytes);
  const wrong = () => fail("wrong-passphrase");
  const seed = await subtle.decrypt(sealing(header), await stretch(passphrase, header), fromHex(sealed)).catch(wrong);
  const pkcs8 = concat(PKCS8, new Uint8Array(seed));
  const open = (extractable) => subtle.importKey("pkcs8", pkcs8, "Ed25519", extractable, ["sign"]);
  if ((await readPublic(await open(true))) !== header.key) fail("no-key-file");
  const { log, organisation, holder, key } = header;
  return { log, organisation, holder, key, private: await open(false) };
}

const isOf = (owner) => (one) => ["log", "organisation", "holder"].every((name) => one[name] === owner[name]);

/** List what this browser holds for {log, organisation, holder}: its keys, or its unanswered statements. */
export const listKeys = async (owner, place = "keys") => (await list(place)).filter(isOf(owner));

/** Keep an opened key for whom it was made; `last` is the highest number of it that a receipt here has shown. */
export async function keepKey(opened, owner) {
  if (!isOf(owner)(opened)) fail("other-owner");
  const known = (await listKeys(owner)).find(({ key }) => key === opened.key);
  await keep("keys", { last: 0, ...known, ...opened });
}

export const forgetKey = ({ log, organisation, holder }, key) => drop("keys", [log, organisation, holder, key]);

/** Sign bytes; 128 hex digits. */
export const signBytes = async (key, bytes) => toHex(new Uint8Array(await subtle.sign("Ed25519", key.private, bytes)));

/** Prove that its holder has a key that is to be enrolled with these roles (FORMAT.md 5). */
export function provePossession({ log, organisation, holder, key, ...rest }, roles) {
  const said = encodeCanonical({ holder, key, log, organisation, roles: [...roles].sort() });
  return signBytes(rest, concat(encodeText("symbiosis-ledger/possession/v1\n"), said));
}
