/** What this browser saw of a log: its key, taken on first sight, and its newest checkpoint; so every reader is a witness. */

import { EvidenceError, fromHex, toHex } from "./verifier/bytes.js";
import { checkConsistency, EMPTY_ROOT } from "./verifier/merkle.js";
import { followRotations, readVerifierKey, verifyCheckpoint } from "./verifier/note.js";
import { find, keep } from "./store.js";

/**
 * Check a log's newest checkpoint against what was seen before, and remember it: {size, root in hex, before}, before being
 * {log, logKey, note, size, at} or null. log, logKey: name and verifier key, as the server says; note: null if none was
 * published; prove(old, new) gives the consistency path in hex; rotations: notes by which the log's keys handed over.
 * Throws EvidenceError; of a fork with `before` and the note of now.
 */
export async function checkHead(log, logKey, note, prove, rotations = []) {
  const before = (await find("logs", log)) ?? null;
  const contradict = (error) => {
    throw before ? Object.assign(new EvidenceError("fork", ""), { before, now: note }) : error;
  };
  if (note === null && !before) return { size: 0, root: toHex(EMPTY_ROOT), before };
  const keys = await followRotations(log, readVerifierKey(before?.logKey ?? logKey), rotations).catch(contradict);
  const now = await verifyCheckpoint(note ?? "", log, keys[0], keys.slice(1)).catch(contradict);
  if (before) {
    const old = await verifyCheckpoint(before.note, log, keys[0]);
    const path = now.size > old.size ? await prove(old.size, now.size) : [];
    try {
      checkConsistency(old, now, path.map(fromHex));
    } catch (error) {
      contradict(error);
    }
  }
  await keep("logs", { log, logKey: now.signed.at(-1), note, size: now.size, at: Date.now() });
  return { size: now.size, root: toHex(now.root), before };
}
