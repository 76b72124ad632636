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
  need(fits, "not a verifier key: name+hash+base64 is wanted");
  checkPublicKey(data.slice(1));
  return { name, id, key: data.slice(1), text };
}

/** Open a note that a verifier key signed: its text; throws EvidenceError. */
export async function openNote(note, verifier) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  need(note.length <= 1e6 && end >= 0 && note.endsWith("\n") && !/[\0-\t\v-\x1f]/.test(text), "not a signed note");
  const lines = note.slice(end + 2, -1).split("\n").map((line) => {
    const [, name, encoded] = /^— ([^\s+]+) (.+)$/.exec(line) ?? [];
    const data = fromBase64(encoded);
    need(data.length > 4, "a signature line of the note is malformed");
    return { name, id: toHex(data.slice(0, 4)), signature: data.slice(4) };
  });
  need(lines.length <= 100, "the note has more than 100 signature lines");
  const own = lines.find(({ name, id }) => name === verifier.name && id === verifier.id);
  need(own, `the note is not signed by ${verifier.name}`, "bad-signature");
  need(await verifySignature(verifier.key, own.signature, encodeText(text)), `the note's signature by ${own.name} does not hold`, "bad-signature");
  return text;
}

/** Verify a checkpoint of the log `origin`: {size, root, note}; throws EvidenceError. */
export async function verifyCheckpoint(note, origin, verifier) {
  const [name, size, encoded, ...rest] = (await openNote(note, verifier)).split("\n");
  const root = fromBase64(encoded);
  need(name && /^(0|[1-9][0-9]{0,18})$/.test(size) && root.length && rest.length, "a checkpoint has an origin, a size and a root");
  need(name === origin, `the checkpoint is of the log ${name}, not of ${origin}`, "bad-signature");
  need(root.length === 32 && rest.length === 1, "a checkpoint of this log has a root of 32 bytes and no extension lines");
  return { size: Number(size), root, note };
}
