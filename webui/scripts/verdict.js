/** Verdicts on pages: a worker checks, templates of the page say what it found, beside what this browser remembers of the log. */

import { find, keep } from "./store.js";

const createScriptURL = () => new URL("./verifier/judging.js", import.meta.url).href;
const policy = globalThis.trustedTypes?.createPolicy("judging", { createScriptURL }) ?? { createScriptURL };
let [worker, number] = [null, 0];

/** Load the worker; with it here, a check asks the server for nothing. */
export const start = () => (worker ??= new Worker(policy.createScriptURL(""), { type: "module" }));

/** Let the worker judge a file; whoever asks later is answered instead. */
const judge = (file, brought, progress) =>
  new Promise((resolve) => {
    const own = ++number;
    start().onmessage = ({ data }) => data.number === own && (data.found ? resolve(data.found) : progress(data));
    worker.onerror = ({ message }) => resolve({ failed: message || "Worker" });
    worker.postMessage({ number: own, file, brought });
  });

const say = (value = "") => (Array.isArray(value) ? value.slice(0, 20).join(", ") + (value.length > 20 ? " …" : "") : value);

/** Fill a part of the page: data-each repeats an element for a list, data-if drops it, data-fill fills the {names} of its text in. */
function bind(root, values) {
  for (const one of root.querySelectorAll("[data-each]")) {
    const items = values[one.dataset.each] || [];
    delete one.dataset.each;
    one.replaceWith(...items.map((item) => bind(one.cloneNode(true), item)));
  }
  for (const one of [root, ...root.querySelectorAll("[data-if], [data-fill]")]) {
    const { if: wanted, fill } = one.dataset ?? {};
    if (wanted && !values[wanted]) one.remove();
    else if (fill !== undefined) one.textContent = one.textContent.replace(/\{(\w+)\}/g, (_, name) => say(name === "it" ? values : values[name]));
    for (const name of ["data-if", "data-fill"]) one.removeAttribute?.(name); // whoever holds this part has values of its own
  }
  return root;
}

export const copy = (id, values) => bind(document.getElementById(id).content.cloneNode(true), values);

const locale = document.documentElement.lang.replace(/^en$/, "en-GB");
const count = (number) => number?.toLocaleString(locale);
function sayWhen(at) {
  const hours = (Date.now() - at) / 3_600_000;
  return new Date(at).toLocaleString(locale, hours < 18 ? { timeStyle: "short" } : hours < 150 ? { weekday: "long" } : { dateStyle: "long" });
}

/** Say how a head {size, note} stands to the one `before` that this browser saw; state is one of the memory template's. */
export function sayMemory(state, before, { size, note }) {
  const notes = `${before?.note}\n${note}`;
  const since = before && sayWhen(before.at);
  const said = copy("memory", { ...before, [state]: true, from: count(before?.size), to: count(size), since, notes });
  for (const link of said.querySelectorAll("a")) link.href = URL.createObjectURL(new Blob([notes]));
  return said;
}

/** Compare what stands under a checkpoint with the memory, and remember what is newer and proved to continue it. */
async function recall(note, logKey, { integrity, faults = [] }, before) {
  const [log, size, root] = note.split("\n");
  const now = { size: Number(size), note };
  const blamed = faults.find(({ message }) => before && message === `checkpoint ${before.size}`);
  let state = "first";
  if (before && before.logKey !== logKey) state = "otherKey";
  else if (blamed) state = blamed.code === "rollback" ? "older" : "fork";
  else if (faults.length) return "";
  else if (before?.size === now.size) state = before.note.split("\n")[2] === root ? "same" : "fork";
  else if (before) state = integrity ? "grew" : "unproven";
  if (["first", "same", "grew"].includes(state)) await keep("logs", { log, logKey, ...now, at: Date.now() });
  return sayMemory(state, before, now);
}

const pairs = (map) => [...(map ?? [])].map(([name, value]) => [name, JSON.stringify(value)]);

/** Give the values for the verdict template. */
function describe({ verdict, entry, checkpoint, opened, certificate, code, ...found }) {
  const words = JSON.parse(document.getElementById("verdict-words").textContent);
  const mean = (fault) => words.faults[fault] ?? words.faults.other;
  if (entry) {
    const rows = [...(opened?.rows ?? [])].flatMap(([name, part]) => pairs(part).map((row) => [name, ...row]));
    const partly = opened?.withheld.length;
    return { ...entry.statement, ...entry, entry, size: checkpoint.size, opened, notShown: !opened, partly, values: pairs(opened?.values), rows };
  }
  if (certificate) {
    const answers = certificate.answers.map(({ question, state, why, detail }) => {
      return { question: words.questions[question], state: words.states[state], words: words.reasons[why], detail };
    });
    const { exit_code } = certificate;
    return { answers, certificate, summary: words.summaries[exit_code], unknown: exit_code === 3, notValid: exit_code < 3 };
  }
  if (!verdict) return { ...found, meant: code && mean(code) };
  const { faults, completeness, integrity, stopped, evidence } = verdict;
  const missing = Object.values(completeness).some((one) => one.length ?? one);
  const told = faults.map((one) => ({ ...one, file: one.index === null, entry: one.index !== null, meant: mean(one.code) }));
  const { length } = told;
  return { ...verdict, ...completeness, audit: true, missing, whole: !missing, meaning: words.meanings[integrity], sound: !length, faults: length && told, stopped: stopped && length, kept: evidence.length && evidence };
}

/**
 * Check what `file` holds, a File or bytes, and show the verdict in `box`; the page includes check/verdict.html. brought: logKey, and
 * origin, founding, knownHeads, trusted if known; with `remember` the head that this browser saw is brought too. Gives what was found.
 */
export async function showVerdict(box, name, file, brought) {
  const bar = document.createElement("progress");
  box.replaceChildren(bar);
  const { logKey, remember, knownHeads = [] } = brought;
  const before = remember && logKey && (await find("logs", brought.origin ?? logKey.split("+")[0]));
  const heads = before && before.logKey === logKey ? [before.note] : [];
  const found = await judge(file, { ...brought, knownHeads: [...knownHeads, ...heads] }, ({ done, all }) => Object.assign(bar, { max: all, value: done }));
  const note = found.note ?? found.checkpoint?.note;
  const told = note && remember ? await recall(note, logKey, found.verdict ?? {}, before) : "";
  box.replaceChildren(copy("verdict", { ...describe(found), name }), told);
  return found;
}
