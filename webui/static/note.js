/** Signed notes and checkpoints (FORMAT.md 8): C2SP signed-note and tlog-checkpoint. */

import { concat, encodeText, EvidenceError, fromBase64, refuse, sameBytes, sha256, toHex } from "./bytes.js";
import { importKey, verifySignature } from "./ed25519.js";

const MAX_LINES = 100;
const NAME = "[^\\s+\\p{Cc}]+";
const unsigned = (message) => {
  throw new EvidenceError("bad-signature", message);
};
const keyId = (name, key) => toHex(sha256(concat(encodeText(name), [10], key)).subarray(0, 4));

/** Read a verifier key, name+hex(key id)+base64(0x01 ‖ key), into {name, id, key}; throws EvidenceError. */
export function readVerifierKey(text) {
  const [, name, id, encoded] = new RegExp(`^(${NAME})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/=]+)$`, "u").exec(text) ?? [];
  const key = encoded && fromBase64(encoded);
  if (!key || key.length !== 33 || key[0] !== 1 || keyId(name, key) !== id) refuse("not a verifier key: name+hash+base64 is wanted");
  importKey(key.subarray(1));
  return { name, id, key: key.subarray(1), text };
}

/** Split a note into its text and its signature lines [name, id in hex, signature]; form only, throws EvidenceError. */
export function parseNote(note) {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n") || /[^\P{Cc}\n]|\p{Cs}/u.test(note)) refuse("not a signed note");
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_LINES) refuse("a note of too many signatures");
  const signatures = lines.map((line) => {
    const [, name, encoded] = new RegExp(`^— (${NAME}) ([A-Za-z0-9+/=]+)$`, "u").exec(line) ?? refuse("a signature line is malformed");
    const bytes = fromBase64(encoded);
    if (!bytes || bytes.length < 5) refuse("a signature line is malformed");
    return [name, toHex(bytes.subarray(0, 4)), bytes.subarray(4)];
  });
  return { text: note.slice(0, end + 1), signatures };
}

/** Open a note signed by a verifier key: its text; throws EvidenceError. */
export async function openNote(note, verifier) {
  const { text, signatures } = parseNote(note);
  const own = signatures.filter(([name, id]) => name === verifier.name && id === verifier.id);
  if (!own.length) unsigned(`the note is not signed by ${verifier.name}`);
  for (const [, , signature] of own) {
    if (!(await verifySignature(verifier.key, signature, encodeText(text)))) unsigned(`the signature of ${verifier.name} does not hold`);
  }
  return text;
}

/** Verify a checkpoint of the log `origin`: {origin, size, root, note}; throws EvidenceError. */
export async function verifyCheckpoint(note, origin, verifier) {
  const lines = (await openNote(note, verifier)).split("\n");
  const root = lines.length >= 4 && /^(0|[1-9][0-9]{0,18})$/.test(lines[1]) && fromBase64(lines[2]);
  if (!root || !lines[0]) refuse("not a checkpoint: origin, size and root are wanted");
  if (lines[0] !== origin) unsigned(`the checkpoint is of the log ${lines[0]}, not of ${origin}`);
  if (lines.length > 4 || root.length !== 32) refuse("a checkpoint of this log has a root of 32 bytes and no extension lines");
  return { origin, size: Number(lines[1]), root, note };
}
