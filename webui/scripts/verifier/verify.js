/** What an auditor runs (FORMAT.md 12, 13): an audit file, or the evidence of one entry, against what the reader brings. */

import { openAuditFile } from "./audit_file.js";
import { judgeStatement, newAuthority } from "./authority.js";
import { encodeText, EvidenceError, fromHex, hasNames, isHash, need, toHex } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";
import { openContents } from "./contents.js";
import { isSigned, readEntry } from "./entry.js";
import { checkInclusion, EMPTY_ROOT, hashLeaf, Tree } from "./merkle.js";
import { readVerifierKey, verifyCheckpoint } from "./note.js";

const MANY = 100; // faults and items that are listed
const MAX_CONTENTS = (1 << 20) + 64;
const SLICE = 40; // milliseconds between two breaths of the page
const DIVERGED = ["rollback", "known-head", "fork", "seen-contradicts"];
const STOP = Symbol();

/** Check the evidence of one entry: {entry, checkpoint, opened, exit_code}; throws EvidenceError. */
export async function checkEvidence(bytes, { logKey, origin }) {
  const verifier = readVerifierKey(logKey);
  const log = origin ?? verifier.name;
  const shown = bytes.at(-1) === 10 && decodeCanonical(bytes.slice(0, -1), 1_979_646);
  const whole = hasNames(shown, "checkpoint contents entry format path") && shown.format === "symbiosis-ledger/evidence/v1";
  need(whole && typeof shown.checkpoint === "string", "evidence");
  const { path, contents } = shown;
  need(Array.isArray(path) && path.length < 64 && path.every(isHash), "evidence.path");
  const encoded = encodeText(String(shown.entry));
  const entry = readEntry(encoded);
  need(entry.statement.log === log, "statement.log", "bad-signature");
  const checkpoint = await verifyCheckpoint(shown.checkpoint, log, verifier);
  checkInclusion(hashLeaf(encoded), entry.index, checkpoint.size, path.map(fromHex), checkpoint.root);
  need(await isSigned(entry), "signature", "bad-signature");
  const opened = contents === null ? null : openContents(entry.statement, contents);
  return { entry, checkpoint, opened, exit_code: (opened ? opened.withheld.length : entry.statement.fields) ? 3 : 0 };
}

/** Read a known head, {size, root}, with `words` of a size:root or `note` of a checkpoint; throws EvidenceError. */
async function readKnownHead(text, origin, verifier) {
  const [, size, root] = /^(0|[1-9]\d{0,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  if (root) return { size: Number(size), root: fromHex(root), words: `${text.trim().slice(0, -48)}…` };
  return verifyCheckpoint(text, origin, verifier);
}

/**
 * Verify an audit file. Brought: logKey, and if known origin, founding (hash of entry 0) and knownHeads (texts); throws EvidenceError
 * for these alone. progress(done, all) is called while the page breathes. Gives what `python -m ledger verify --json` prints.
 */
export async function verifyFile(bytes, { logKey, origin, founding, knownHeads = [] }, progress = () => {}) {
  const verifier = readVerifierKey(logKey);
  const log = origin ?? verifier.name;
  const heads = await Promise.all(knownHeads.map((text) => readKnownHead(text, log, verifier).catch((error) => {
    if (error.code !== "bad-signature") throw error;
    return { pending: text }; // a later key of the log may have signed it
  })));
  const [faults, broken] = [[], []];
  const blame = (index, code, message = "") => {
    faults.push({ index, code, message });
    if (faults.length + broken.length >= MANY) throw STOP;
  };
  /** Take a step whose failure is a fault and hinders no other one. */
  const attempt = async (step, index = null) => {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      blame(index, error.code, error.message);
    }
  };
  const history = newHistory(log, verifier, blame, broken);
  let stopped = false;
  try {
    const file = await openAuditFile(bytes);
    if (file.log !== log) blame(null, "other-log", file.log);
    if (file.log_key !== verifier.text) blame(null, "other-key", "log_key");
    if (founding && file.founding !== founding) blame(null, "founding", file.founding);
    await readEntries(file, history, attempt, progress);
    for (const name of file.extras) await attempt(() => file.check(name));
    await attempt(() => checkTree(file, history, heads));
  } catch (error) {
    stopped = error === STOP;
    if (error instanceof EvidenceError) faults.push({ index: null, code: error.code, message: error.message });
    else if (!stopped) throw error;
  }
  if (history.refusal) throw history.refusal;
  for (const index of broken) faults.push({ index, code: "bad-chain", message: "" });
  faults.sort((one, two) => (one.index ?? 2 ** 53) - (two.index ?? 2 ** 53)).splice(MANY);
  const wrong = faults.every(({ code }) => DIVERGED.includes(code)) ? "diverged" : "invalid";
  const sound = heads.length ? "consistent" : "unwitnessed";
  const { tree, checkpoints } = history;
  const completeness = weigh(history);
  const missing = completeness.withheld_fields || completeness.erased_fields;
  return {
    format: "symbiosis-ledger/verdict/v1",
    integrity: faults.length ? wrong : sound,
    log, size: tree.size, root: tree.size ? toHex(tree.root()) : "", checkpoints, known_heads: heads.length,
    faults, stopped, policy: null, evidence: history.evidence.slice(0, MANY), completeness,
    exit_code: faults.length ? 1 : missing ? 3 : 0,
  };
}

/** What the entries so far have used up and shown. */
const newHistory = (log, verifier, blame, broken) => ({
  log, verifier, blame, broken,
  tree: new Tree(), authority: newAuthority(), previous: "0".repeat(64), received: "", checkpoints: 0,
  entries: [], places: new Map(), ids: new Set(), numbers: new Map(), roots: new Map(),
  hidden: new Map(), whole: new Map(), erasures: [], evidence: [],
});

async function readEntries(file, history, attempt, progress) {
  const { tree, blame } = history;
  const [lines, contents] = [file.readLines("entries.jsonl", 65_535), file.readLines("contents.jsonl", MAX_CONTENTS)];
  const next = async (all) => (await attempt(() => all.next()))?.value;
  const waiting = [];
  const settle = async () => {
    for (const [index, holds] of waiting.splice(0)) if (!(await holds)) blame(index, "bad-signature");
  };
  let [line, until, missing] = [null, performance.now() + SLICE, null];
  while ((line = await next(lines))) {
    const index = tree.size;
    const shown = missing === null ? await next(contents) : undefined;
    if (!shown) missing ??= index;
    const entry = await attempt(() => readEntry(line), index);
    await enter(history, entry, hashLeaf(line), file);
    if (entry) waiting.push([index, isSigned(entry)]);
    if (entry && shown) await attempt(() => readContents(history, entry.statement, index, shown), index);
    if (waiting.length >= MANY) await settle();
    if (performance.now() < until) continue;
    progress(index, file.size);
    await new Promise((done) => setTimeout(done));
    until = performance.now() + SLICE;
  }
  if (missing !== null || (await next(contents))) blame(missing, "malformed", "contents.jsonl");
  if (tree.size !== file.size) blame(null, "malformed", `log.json: ${file.size}; ${tree.size}`);
  await settle();
  progress(tree.size, file.size);
}

/** Judge an entry by all before it, and remember it. */
async function enter(history, entry, leaf, file) {
  const { tree, places, entries, ids, authority, blame, previous } = history;
  const index = tree.size;
  history.previous = toHex(leaf);
  if (entry) {
    const { statement, hash, received_at } = entry;
    if (entry.index !== index) blame(index, "wrong-index", `${entry.index}`);
    if (entry.previous !== previous) history.broken.push(index);
    if (!index) checkFounding(history, statement.public, file);
    const faults = await judgeStatement(authority, entry, index, (ref) => entries[places.get(ref)]?.author);
    if (!faults.length && statement.kind === "contents.erased") history.erasures.push([places.get(statement.public.statement), index, statement]);
    for (const fault of [...faults, ...judgeHistory(history, entry)]) blame(index, ...[fault].flat());
    if (!places.has(hash)) places.set(hash, index);
    ids.add(statement.author + statement.id);
    if (received_at > history.received) history.received = received_at;
  }
  entries.push(entry?.statement ?? { fields: 0 });
  tree.append(leaf);
}

function checkFounding({ previous, verifier, blame }, { log_key, receipt_key }, file) {
  if (previous !== file.founding) blame(0, "founding", previous);
  if (log_key !== verifier.text) blame(0, "other-key", "log_key");
  if (receipt_key !== file.receipt_key) blame(0, "other-key", "receipt_key");
}

function judgeHistory(history, { statement: { author, id, key, key_seq, seen, refs }, received_at }) {
  const { numbers, ids, places, received, tree } = history;
  if (!numbers.has(key)) numbers.set(key, new Set());
  const again = numbers.get(key).size === numbers.get(key).add(key_seq).size;
  return [
    ids.has(author + id) && "replayed-id",
    again && "used-key-seq",
    !(seen.size <= tree.size && hasRoot(history, seen.size, seen.root)) && "seen-contradicts",
    ...refs.map((ref) => !places.has(ref) && ["unknown-ref", ref]),
    received_at < received && "received-earlier",
  ].filter(Boolean);
}

function hasRoot({ tree, roots }, size, root) {
  if (!roots.has(size)) roots.set(size, toHex(tree.root(size)));
  return roots.get(size) === root;
}

function readContents({ hidden, whole }, statement, index, line) {
  const shown = decodeCanonical(line, MAX_CONTENTS);
  need(hasNames(shown, "contents index") && shown.index === index, "contents.jsonl");
  need(line.length - `{"contents":,"index":${index}}`.length <= 1 << 20, "contents: 1 MiB");
  if (shown.contents !== null) {
    const { withheld } = openContents(statement, shown.contents);
    if (withheld.length) hidden.set(index, withheld);
  } else if (statement.fields) whole.set(index, [...Array(statement.fields).keys()]);
  else need(statement.contents_root === toHex(EMPTY_ROOT), "contents_root");
}

async function checkTree(file, history, heads) {
  const { tree: { size }, blame, log, verifier } = history;
  const has = (head) => hasRoot(history, head.size, toHex(head.root));
  /** Two signed notes show this fault together: whoever has both can prove it to anybody. */
  const blameFork = (code, words, ...notes) => {
    for (const note of notes) if (note && !history.evidence.includes(note)) history.evidence.push(note);
    blame(null, code, words);
  };
  blameChain(history);
  const { logKeys } = history.authority;
  const later = logKeys.slice(1).map((one) => one.verifier);
  const keyAt = (size) => (logKeys.findLast((one, place) => place && one.index < size) ?? { verifier }).verifier;
  const verifyKept = (note) => verifyCheckpoint(note, log, verifier, later, keyAt);
  for (const known of heads) {
    const head = known.pending ? await verifyCheckpoint(known.pending, log, verifier, later).catch((error) => ({ error })) : known;
    if (head.error) {
      history.refusal = head.error;
      continue;
    }
    const words = head.words ?? `checkpoint ${head.size}`;
    if (head.size > size || !has(head)) blameFork(head.size > size ? "rollback" : "known-head", words, head.note, file.checkpoint);
  }
  const newest = await verifyKept(file.checkpoint);
  if (newest.size < size) blame(newest.size, "unsigned");
  const fits = newest.size <= size && has(newest);
  let [last, fitted] = [{ size: -1 }, 0];
  for (const line of file.readLines("checkpoints.jsonl", 400_000)) {
    const value = decodeCanonical(line);
    need(hasNames(value, "note") && typeof value.note === "string", "checkpoints.jsonl");
    const kept = await verifyKept(value.note);
    if (kept.size === last.size && toHex(kept.root) !== toHex(last.root)) blameFork("fork", `${kept.size}`, last.note, value.note);
    else if (kept.size <= last.size) blame(null, "malformed", `checkpoints.jsonl: ${kept.size}`);
    else if (kept.size > size) blame(null, "rollback", `checkpoints.jsonl: ${kept.size}`);
    else if (has(kept)) [fitted, history.checkpoints] = [kept.size, history.checkpoints + 1];
    else if (fits) blameFork("fork", `${kept.size}`, value.note, file.checkpoint);
    else blame(kept.size - 1, "bad-root", `${fitted}…${kept.size - 1}`);
    last = { ...kept, note: value.note };
  }
  const same = last.size === newest.size && toHex(last.root) === toHex(newest.root);
  if (!same) blame(null, "malformed", "checkpoint");
}

/** Name who broke the chain: an entry that misfits on both sides, else the one before the break. */
function blameChain({ broken, blame }) {
  const places = broken.splice(0);
  for (let index; (index = places.shift()) !== undefined; ) {
    if (!index) blame(0, "bad-chain");
    else if (places[0] !== index + 1) blame(index - 1, "bad-chain");
    else blame(places.shift() - 1, "bad-chain");
  }
}

/** What is not shown: withheld, erased, numbers left out, entries in question. */
function weigh({ entries, hidden, whole, erasures, numbers, authority }) {
  const gone = new Map();
  const erased = erasures.map(([index, by_entry, { author: by, public: { fields, reason } }]) => {
    const real = [...new Set(fields)].filter((place) => place < entries[index].fields).sort((one, two) => one - two);
    gone.set(index, new Set([...(gone.get(index) ?? []), ...real]));
    return { index, author: entries[index].author, fields: real, by_entry, by, reason: String(reason).slice(0, 200) };
  });
  const withheld = [...hidden, ...whole].map(([index, places]) => {
    return { index, author: entries[index].author, fields: places.filter((place) => !gone.get(index)?.has(place)) };
  }).filter(({ fields }) => fields.length);
  const isHidden = (index, place) => (hidden.get(index) ?? whole.get(index))?.includes(place);
  const shown = [...gone].filter(([index, places]) => ![...places].every((place) => isHidden(index, place))).map(([index]) => index);
  const gaps = [...numbers].flatMap(([key, used]) => {
    const rising = [0, ...used].sort((one, two) => one - two);
    return rising.map((to, place) => ({ key, first: rising[place - 1] + 1, last: to - 1 })).filter(({ first, last }) => first <= last);
  });
  const questioned = [...authority.keys].filter(([, { since }]) => isFinite(since ?? NaN)).map(([key, { since, revoked }]) => {
    const signed = [...entries.keys()].slice(since, revoked).filter((index) => entries[index].key === key);
    return { key, since, revoked_at: revoked, count: signed.length, entries: signed.slice(0, MANY) };
  });
  const sum = (list, count) => list.reduce((all, one) => all + count(one), 0);
  return {
    withheld_fields: sum(withheld, ({ fields }) => fields.length),
    withheld: withheld.slice(0, MANY),
    erased_fields: sum([...gone.values()], ({ size }) => size),
    erased: erased.slice(0, MANY),
    shown_though_erased: shown.sort((one, two) => one - two).slice(0, MANY),
    missing_numbers: sum(gaps, ({ first, last }) => last - first + 1),
    gaps: gaps.slice(0, MANY),
    questioned: questioned.slice(0, MANY),
  };
}
