/** What this browser saw of a log: its key, taken on first sight, and the newest checkpoint that was checked; so every reader is a witness. */

import { EvidenceError, fromHex, toHex } from "./bytes.js";
import { checkConsistency } from "./merkle.js";
import { readVerifierKey, verifyCheckpoint } from "./note.js";
import { NOTHING_SEEN } from "./statement.js";
import { find, keep } from "./store.js";

/** The log contradicts what this browser saw before; both notes are kept for others to see. */
export class Fork extends EvidenceError {
  constructor(message, before, now) {
    super("fork", message);
    Object.assign(this, { before, now });
  }
}

/**
 * Check a log's newest checkpoint against what was seen before and remember it: {size, root in hex, before}, before being what was
 * remembered, null on first sight. log, logKey: its name and verifier key, as the server says; note: null if none was published;
 * prove(old, new): gives the consistency path in hex. Throws EvidenceError, Fork.
 */
export async function checkHead(log, logKey, note, prove) {
  const before = (await find("logs", log)) ?? null;
  const fork = (message) => {
    throw new Fork(message, before.note, note ?? "");
  };
  if (note === null) return before ? fork(`the server shows no checkpoint where ${before.size} entries were seen`) : { ...NOTHING_SEEN, before };
  const verifier = readVerifierKey(before?.logKey ?? logKey);
  const now = await verifyCheckpoint(note, log, verifier).catch((error) => (before ? fork(error.message) : Promise.reject(error)));
  if (before) {
    const old = await verifyCheckpoint(before.note, log, verifier);
    if (now.size < old.size) fork(`the server shows ${now.size} entries where ${old.size} were seen`);
    const path = now.size === old.size ? [] : await prove(old.size, now.size);
    try {
      checkConsistency(old, now, path.map(fromHex));
    } catch (error) {
      fork(error.message);
    }
  }
  await keep("logs", { log, logKey: verifier.text, note, size: now.size, at: Date.now() });
  return { size: now.size, root: toHex(now.root), before };
}
