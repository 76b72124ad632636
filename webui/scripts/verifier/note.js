/** Signed notes and checkpoints (FORMAT.md 8): C2SP signed-note and tlog-checkpoint. */

import { concat, encodeText, fromBase64, need, sha256, toHex } from "./bytes.js";
import { checkPublicKey, verifySignature } from "./ed25519.js";

const isName = (text) => /^[^\s+]+$/.test(text);

/** Read a verifier key, name+hex(key id)+base64(0x01 ‖ key), into {name, id, key, text}; throws EvidenceError. */
export function readVerifierKey(line) {
  const text = line.trim();
  const [, name, id, encoded] = /^(.*?)\+(.*?)\+(.*)$/.exec(text) ?? [];
  const data = fromBase64(encoded);
  const fits = isName(name) && data.length === 33 && data[0] === 1 && id === toHex(sha256(concat(encodeText(`${name}\n`), data)).slice(0, 4));
  need(fits, "not a verifier key: name+hash+base64");
  checkPublicKey(data.slice(1));
  return { name, id, key: data.slice(1), text };
}

/** Open a note that a verifier key signed: its text; throws EvidenceError. */
export const openNote = async (note, verifier) => (await openLines(note, [verifier])).text;

/** Open a note that one at least of these verifier keys signed, {text, signed}: every line by one of them holds; throws EvidenceError. */
async function openLines(note, verifiers) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  need(note.length <= 1e6 && end >= 0 && note.endsWith("\n") && !/[\0-\t\v-\x1f]/.test(text), "not a signed note");
  const lines = note.slice(end + 2, -1).split("\n").map((line) => {
    const [, name, encoded] = /^— ([^\s+]+) (.+)$/.exec(line) ?? [];
    const data = fromBase64(encoded);
    need(data.length > 4, "signature line");
    return { name, id: toHex(data.slice(0, 4)), signature: data.slice(4) };
  });
  need(lines.length <= 100, "100 signature lines");
  const signed = [];
  for (const verifier of verifiers) {
    const own = lines.find(({ name, id }) => name === verifier.name && id === verifier.id);
    const holds = !own || (await verifySignature(verifier.key, own.signature, encodeText(text)));
    need(holds, `note: ${verifier.name}`, "bad-signature");
    if (own) signed.push(verifier.text);
  }
  need(signed.length, `note: ${verifiers[0].name}`, "bad-signature");
  return { text, signed };
}

/** Read the note by which a log's key hands over to the next, {name, old, next}, both signatures verified; throws EvidenceError. */
export async function readRotation(note) {
  const [heading, name, ...lines] = note.slice(0, note.lastIndexOf("\n\n")).split("\n");
  need(heading === "symbiosis-ledger/log-key/v1" && lines.length === 2, "log-key/v1");
  const [old, next] = lines.map(readVerifierKey);
  need([old.text, next.text].join() === lines.join() && old.name === name && next.name === name, "log-key/v1");
  for (const verifier of [old, next]) await openNote(note, verifier);
  return { name, old, next };
}

/** Follow a log's keys from one that is trusted, by such notes: the keys, the trusted one first; throws EvidenceError for a note that is none. */
export async function followRotations(log, trusted, notes) {
  const keys = [trusted];
  for (const note of notes) {
    const { name, old, next } = await readRotation(note);
    if (name === log && old.text === keys.at(-1).text) keys.push(next);
  }
  return keys;
}

/**
 * Verify a checkpoint of the log `origin`: {size, root, note, signed}, the keys that signed; throws EvidenceError. Where the log's key changed, later are the keys that it
 * had after this one, and keyAt(size) is the one that signs a checkpoint of this size.
 */
export async function verifyCheckpoint(note, origin, verifier, later = [], keyAt = null) {
  const { text, signed } = await openLines(note, [verifier, ...later]);
  const [name, size, encoded, ...rest] = text.split("\n");
  const root = fromBase64(encoded);
  need(name && /^(0|[1-9][0-9]{0,18})$/.test(size) && root.length && rest.length, "checkpoint");
  need(name === origin, `checkpoint: ${name}`, "bad-signature");
  need(root.length === 32 && rest.length === 1, "checkpoint");
  need(!keyAt || signed.includes(keyAt(Number(size)).text), `checkpoint: ${size}`, "bad-signature");
  return { size: Number(size), root, note, signed };
}
