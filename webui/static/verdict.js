/** Verdicts on pages: a worker checks, templates of the page say what it found, beside what this browser remembers of the log. */

import { find, keep } from "./store.js";

const address = new URL("./judging.js", import.meta.url).href;
const policy = globalThis.trustedTypes?.createPolicy("judging", { createScriptURL: () => address });
let [worker, number] = [null, 0];

/** Load the worker; with it here, a check asks the server for nothing. */
export const start = () => (worker ??= new Worker(policy ? policy.createScriptURL("") : address, { type: "module" }));

function judge(file, brought, progress) {
  const own = ++number;
  return new Promise((resolve) => {
    const hear = ({ data }) => {
      if (data.number === own && !data.found) return progress(data);
      if (data.number !== own) return;
      worker.removeEventListener("message", hear);
      resolve(data.found);
    };
    start().addEventListener("message", hear);
    worker.addEventListener("error", ({ message }) => resolve({ failed: message || "?" }), { once: true });
    worker.postMessage({ number: own, file, brought });
  });
}

/** Fill a part of the page: data-each repeats an element for a list, data-if drops it, data-fill fills the {names} of its text in. */
export function bind(root, values) {
  for (const one of root.querySelectorAll("[data-each]")) {
    const items = values[one.dataset.each] ?? [];
    delete one.dataset.each;
    one.replaceWith(...items.map((item) => bind(one.cloneNode(true), item)));
  }
  for (const one of [root, ...root.querySelectorAll("[data-if], [data-fill]")].filter(({ dataset }) => dataset)) {
    if (one.dataset.if && !values[one.dataset.if]) one.remove();
    else if ("fill" in one.dataset) one.textContent = one.textContent.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
    for (const name of ["if", "fill"]) delete one.dataset[name];
  }
  return root;
}

export const copy = (id, values) => bind(document.getElementById(id).content.cloneNode(true), values);

const { lang } = document.documentElement;
const locale = lang === "en" ? "en-GB" : lang;
export const count = (number) => number.toLocaleString(locale);
function sayWhen(at) {
  const hours = (Date.now() - at) / 3_600_000;
  return new Date(at).toLocaleString(locale, hours < 18 ? { timeStyle: "short" } : hours < 150 ? { weekday: "long" } : { dateStyle: "long" });
}

/** Say how a log's head {size, note} stands to what this browser saw before: state is one of the memory template's. */
export function sayMemory(state, before, now, message) {
  const notes = before && `${before.note}\n${now.note}`;
  const said = copy("memory", { [state]: true, from: before && count(before.size), to: count(now.size), since: before && sayWhen(before.at), key: before?.logKey, notes, message });
  const link = said.querySelector("a");
  if (link) link.href = URL.createObjectURL(new Blob([notes]));
  return said;
}

/** Compare what stands under a checkpoint with the memory, and remember what is newer and proved to continue it. */
async function recall(log, logKey, note, verdict, before) {
  const [, size, root] = note.split("\n");
  const now = { size: Number(size), note };
  const named = `the known checkpoint of size ${before?.size} `;
  const blamed = before && verdict?.faults.find(({ message }) => message.startsWith(named));
  let state = "first";
  if (before && before.logKey !== logKey) state = "otherKey";
  else if (blamed) state = blamed.code === "rollback" ? "older" : "fork";
  else if (verdict?.faults.length) return "";
  else if (before?.size === now.size) state = before.note.split("\n")[2] === root ? "same" : "fork";
  else if (before) state = verdict?.integrity === "consistent" ? "grew" : "unproven";
  if (["first", "same", "grew"].includes(state)) await keep("logs", { log, logKey, ...now, at: Date.now() });
  return sayMemory(state, before, now);
}

const join = (numbers) => numbers.slice(0, 20).join(", ") + (numbers.length > 20 ? " …" : "");
const show = (map) => [...(map ?? [])].map(([name, value]) => ({ name, value: JSON.stringify(value) }));
const words = () => JSON.parse(document.getElementById("verdict-words").textContent);
const mean = (code) => words().faults[code] ?? words().faults.other;

function sayAudit({ verdict }) {
  const { faults, completeness: shown, integrity } = verdict;
  const lists = ["withheld", "erased", "questioned"].map((name) => [name, shown[name].map((one) => ({ ...one, fields: join(one.fields ?? []), entries: join(one.entries ?? []) }))]);
  const still = shown.shown_though_erased.map((index) => ({ index }));
  const missing = shown.withheld_fields + shown.erased_fields + shown.gaps.length + shown.questioned.length + still.length > 0;
  return {
    ...verdict, ...shown, ...Object.fromEntries(lists), shown_though_erased: still, missing, whole: !missing,
    meaning: words().meanings[integrity], sound: !faults.length, stopped: verdict.stopped && faults.length,
    faults: faults.length && faults.map((one) => ({ ...one, file: one.index === null, place: one.index !== null, meant: mean(one.code) })),
  };
}

function sayEvidence({ entry, checkpoint, opened, code, message }) {
  if (!entry) return { invalid: message, meant: mean(code) };
  const rows = [...(opened?.rows ?? [])].flatMap(([name, part]) => show(part).map(({ name: row, value }) => ({ name, row, value })));
  return { ...entry.statement, ...entry, entry: true, size: checkpoint.size, notShown: !opened, opened: Boolean(opened), partly: opened?.withheld.length, values: show(opened?.values), rows };
}

function sayCertificate({ report: { exit_code: code, summary, answers, rows = [] } }) {
  const why = ({ words, findings = [] }) => [words, ...findings.map(({ field, message }) => `${field}: ${message}`)].join("\n");
  const line = ({ parameter, reason, stated, recomputed }) => `${parameter}: ${reason}${stated === recomputed ? "" : `, stated was ${stated}`}`;
  return { summary, valid: code === 0, unknown: code === 3, notValid: code === 1 || code === 2, answers: answers.map((one) => ({ ...one, why: why(one) })), results: rows.length && rows.map((row) => ({ line: line(row) })) };
}

const SAY = { audit: sayAudit, evidence: sayEvidence, certificate: sayCertificate };

/**
 * Check what `file` holds, a File or bytes, and show the verdict in `box`; the page includes check/verdict.html. brought: logKey, and
 * origin, founding, knownHeads and trusted keys if known; with `remember` the head that this browser saw is brought too. Gives what was found.
 */
export async function showVerdict(box, name, file, brought) {
  const bar = document.createElement("progress");
  box.replaceChildren(bar);
  const log = brought.origin || brought.logKey?.split("+")[0];
  const before = brought.remember && log ? await find("logs", log) : undefined;
  const knownHeads = [...(brought.knownHeads ?? []), ...(before?.logKey === brought.logKey ? [before.note] : [])];
  const found = await judge(file, { ...brought, knownHeads }, ({ done, all }) => Object.assign(bar, { max: all, value: done }));
  const note = found.note ?? found.checkpoint?.note;
  const told = note && brought.remember ? await recall(log, brought.logKey, note, found.verdict, before) : "";
  box.replaceChildren(copy("verdict", { ...found, noKey: found.usage === "", [found.kind]: true, name, ...SAY[found.kind]?.(found) }), told);
  return found;
}
