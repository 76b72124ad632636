/** The page on which facts are signed: shown in words, composed here, signed by a key that stays here, sent until answered. */

import { decodeText } from "./verifier/bytes.js";
import { writeCanonical } from "./verifier/canonical.js";
import { findObstacle, listKeys, signBytes } from "./keys.js";
import { checkHead } from "./seen.js";
import { composeStatement } from "./statement.js";
import { drop, keep } from "./store.js";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("sign-data").textContent);
const { words, drafts } = data;
const [button, retry, choice] = ["sign-button", "sign-retry", "sign-key"].map(at);
const what = JSON.stringify(drafts);
const network = `/api/v1/networks/${data.network}`;
const JUDGED = [200, 201, 400, 404, 409, 422]; // answers about the statement itself
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let keys = [];
let todo = [...drafts.keys()]; // numbers of drafts that are not on the log yet
let composed = null; // what is shown as exact bytes is what is signed

function say(text, tone = "", more = []) {
  Object.assign(at("sign-state"), { textContent: text, className: `note ${tone}` });
  at("sign-findings").textContent = more.join("\n");
}

const fail = (code, message = "") => {
  throw Object.assign(new Error(message), { code });
};

async function ask(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": data.csrf };
  const answer = await fetch(path, body && { method: "POST", headers, body: JSON.stringify(body) });
  const value = await answer.json();
  if (answer.ok || (body && JUDGED.includes(answer.status))) return value;
  return fail(answer.status === 401 ? "loggedOut" : "failed", value.detail);
}

/** Every field that is hashed has its line on the page. */
function isShown({ fields, public: open, refs }, number) {
  const names = ["about", ...(refs.length ? ["refs"] : []), ...Object.keys(open), ...fields.map(({ name }) => name)];
  return names.every((name) => at(`draft-${number}`).querySelector(`[data-field="${name}"]`));
}

/** Ask for the next number, check the log, compose what is to be signed and show its bytes. */
async function compose() {
  say(words.asking);
  const key = keys[choice.selectedIndex];
  const next = await ask(`${network}/keys/${key.key}/next`);
  if (next.key_seq <= key.last) fail("rollback");
  const prove = async (first, second) => (await ask(`${network}/proofs/consistency?first=${first}&second=${second}`)).path;
  const { size, root } = await checkHead(data.log, data.log_key, next.checkpoint, prove, data.rotations);
  const now = Date.parse(next.now); // clocks at weighbridges are wrong by minutes, that of a demo by months
  const made = todo.map((number, place) => {
    const one = composeStatement(drafts[number], key, { key_seq: next.key_seq + place, seen: { root, size }, now });
    const part = at(`draft-${number}`).querySelector(".exact");
    const shown = { bytes: decodeText(one.bytes), contents: writeCanonical(one.contents), hash: one.hash };
    for (const [name, text] of Object.entries(shown)) part.querySelector(`.${name}`).textContent = text;
    part.querySelector("a").href = URL.createObjectURL(new Blob([one.bytes]));
    return one;
  });
  const minutes = (now - Date.now()) / 60_000; // signed far ahead of its time, a statement could be held back until then
  composed = { key, made, isAhead: minutes > 10 };
  if (Math.abs(minutes) < 10) say(words.ready);
  else say(`${composed.isAhead ? words.ahead : words.clock} ${new Date(now).toLocaleString()}`, "warn");
}

async function sign(again) {
  if (composed?.key !== keys[choice.selectedIndex]) {
    await compose();
    if (composed.isAhead) return; // until the button is pressed once more
  }
  const { key, made } = composed;
  const { log, organisation, holder } = key;
  composed = null;
  const submissions = [];
  for (const { statement, contents, bytes } of made) submissions.push({ statement, contents, signature: await signBytes(key, bytes) });
  const record = { id: made[0].statement.id, log, organisation, holder, what, todo, submissions, title: document.title, at: Date.now() };
  await keep("unanswered", record); // from here on these bytes are sent until they are answered, whatever becomes of the page
  await send(record, again);
}

/** Send the same bytes until all are judged. */
async function judge({ submissions }) {
  say(words.sending);
  for (let tries = 0; tries < 20; tries++) {
    const answer = await ask("/api/v1/statements", submissions[1] ? { statements: submissions } : submissions[0]);
    const results = answer.results ?? submissions.map(() => answer);
    if (results.every(({ status }) => JUDGED.includes(status))) return results;
    say(words.waits);
    await wait(1000);
  }
  return fail("unknown");
}

async function send(record, again) {
  offer(record);
  const results = await judge(record).catch(({ code, message }) => fail(code === "loggedOut" ? code : "unknown", message));
  const key = keys.find((one) => one.key === record.submissions[0].statement.key);
  const findings = [];
  for (const [place, { receipt, findings: found }] of results.entries()) {
    if (!receipt) findings.push(...found);
    else if (key) key.last = Math.max(key.last, record.submissions[place].statement.key_seq);
  }
  if (key) await keep("keys", key);
  await drop("unanswered", record.id);
  offer(null);
  const said = findings.map(({ field, message }) => `${field}: ${message}`);
  if (record.what !== what) return say(said.length ? words.refusedBefore : words.enteredBefore, "", said);
  todo = record.todo.filter((_, place) => !results[place].receipt);
  if (again && findings.some(({ code }) => code === "used-key-seq")) return sign(false); // another tab or device was faster
  if (todo.length) return say(`${words.refused} (${drafts.length - todo.length}/${drafts.length})`, "bad", said);
  return follow(results[0].receipt);
}

/** Show how the entry comes under a checkpoint, and go on. */
async function follow(receipt) {
  choice.parentElement.hidden = button.hidden = true;
  const then = new URL(data.then, location.href);
  then.searchParams.set("entry", receipt.index);
  for (let tries = 0; tries < 5; tries++) {
    say(`${words[receipt.state]} ${receipt.index}`, "good");
    if (receipt.state !== "sequenced") break;
    await wait(400);
    ({ receipt } = await ask(`/api/v1/statements/${receipt.statement_hash}`).catch(() => ({ receipt })));
  }
  location.replace(then); // Back leads to the form, not to what was signed
}

/** Offer to ask again for what was sent and not answered; nothing else is signed before. */
function offer(record) {
  retry.hidden = !record;
  retry.onclick = () => run(() => send(record, true));
  button.hidden = record || data.blocked || !keys.length;
}

/** Work with the buttons shut; what stops it is said in words. */
async function run(work) {
  button.disabled = retry.disabled = true;
  try {
    await work();
  } catch ({ code, message, before, now }) {
    composed = null;
    say(words[code] ?? words.failed, "bad", [message, before?.note, now].filter(Boolean));
  }
  button.disabled = retry.disabled = false;
}

async function start() {
  const obstacle = await findObstacle();
  if (obstacle) fail(obstacle);
  if (!drafts.every(isShown)) fail("unshown");
  keys = (await listKeys(data)).filter(({ key }) => data.keys.includes(key));
  choice.replaceChildren(...keys.map(({ key }) => new Option(`${key.slice(0, 8)}…${key.slice(-8)}`)));
  at("sign-none").hidden = keys.length || data.blocked;
  const [waiting] = await listKeys(data, "unanswered");
  offer(waiting);
  if (waiting) say(words.before, "warn", [`${waiting.title}, ${new Date(waiting.at).toLocaleString()}`]);
  else say(data.blocked ? "" : words.read);
}

await run(start);
at("sign-form").onsubmit = (event) => {
  event.preventDefault();
  run(() => sign(true));
};
for (const part of document.querySelectorAll(".exact")) part.ontoggle = () => part.open && !composed && keys.length && run(compose);
addEventListener("focus", () => keys.length || run(start)); // back from the key page
