/** The page on which every fact is signed: shown in words, composed here, signed by a key that stays here, sent until it is answered. */

import { decodeText, encodeText, sha256, toHex } from "./bytes.js";
import { writeCanonical } from "./canonical.js";
import { findObstacle, listKeys, signBytes } from "./keys.js";
import { checkHead } from "./seen.js";
import { composeStatement } from "./statement.js";
import { drop, keep, list } from "./store.js";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("sign-data").textContent);
const { words, drafts } = data;
const what = toHex(sha256(encodeText(JSON.stringify(drafts))));
const network = `/api/v1/networks/${data.network}`;
const JUDGED = [200, 201, 400, 404, 409, 422];

let keys = [];
let todo = drafts.map((_, number) => number); // not on the log yet
let composed = null; // what is shown as exact bytes is what will be signed

function say(text, tone = "", more = []) {
  at("sign-state").textContent = text;
  at("sign-state").className = `note ${tone}`;
  at("sign-findings").replaceChildren(...more.map((line) => Object.assign(document.createElement("li"), { textContent: line, className: "words" })));
}

const fail = (code, status) => {
  throw Object.assign(new Error(words[code] ?? code), { code, status });
};

async function ask(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": data.csrf };
  const answer = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : {});
  const value = await answer.json();
  if (!answer.ok && !(body && JUDGED.includes(answer.status))) fail(answer.status === 401 ? "loggedOut" : value.detail, answer.status);
  return value;
}

/** Every field that is hashed has its line on the page. */
function isShown(prepared, number) {
  const refs = prepared.refs.length ? ["refs"] : [];
  const names = ["about", ...refs, ...Object.keys(prepared.public), ...prepared.fields.map(({ name }) => name)];
  return names.every((name) => at(`draft-${number}`).querySelector(`[data-field="${name}"]`));
}

/** Ask for the next number, check the log, compose what is to be signed and show its bytes. */
async function compose() {
  say(words.asking);
  const key = keys[at("sign-key").selectedIndex];
  const next = await ask(`${network}/keys/${key.key}/next`);
  if (next.key_seq <= key.last) fail("rollback");
  const prove = async (first, second) => (await ask(`${network}/proofs/consistency?first=${first}&second=${second}`)).path;
  const { size, root } = await checkHead(data.log, data.log_key, next.checkpoint, prove);
  const now = Date.parse(next.now); // clocks at weighbridges are wrong by minutes, that of a demo by months
  const made = todo.map((number, place) => {
    const one = composeStatement(drafts[number], key, { key_seq: next.key_seq + place, seen: { root, size }, now });
    const part = at(`draft-${number}`).querySelector(".exact");
    const text = decodeText(one.bytes);
    part.querySelector(".bytes").textContent = text;
    part.querySelector(".contents").textContent = writeCanonical(one.contents);
    part.querySelector(".hash").textContent = one.hash;
    part.querySelector("a").href = URL.createObjectURL(new Blob([text]));
    return one;
  });
  composed = { key, made, at: Date.now() };
  const strange = Math.abs(now - composed.at) > 600_000;
  say(strange ? `${words.clock} ${new Date(now).toLocaleString()}` : words.ready, strange ? "warn" : "");
}

async function sign(again = true) {
  if (composed?.key !== keys[at("sign-key").selectedIndex] || Date.now() - composed.at > 600_000) await compose();
  const { key, made } = composed;
  composed = null;
  const submissions = [];
  for (const { statement, contents, bytes } of made) submissions.push({ statement, contents, signature: await signBytes(key, bytes) });
  const { log, organisation, holder } = key;
  const record = { id: made[0].statement.id, log, organisation, holder, what, todo, submissions, title: document.title, at: Date.now() };
  await keep("unanswered", record); // from here on these bytes are sent until they are answered, whatever becomes of this page
  return send(record, again);
}

/** Send the same bytes until all have their answer. */
async function judge({ submissions }) {
  for (let tries = 0; tries < 20; tries++) {
    const answer = await ask("/api/v1/statements", submissions[1] ? { statements: submissions } : submissions[0]);
    const results = answer.results ?? submissions.map(() => answer);
    if (results.every(({ status }) => JUDGED.includes(status))) return results;
    say(words.waits);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return fail("unknown");
}

async function send(record, again) {
  say(words.sending);
  const results = await judge(record).catch((error) => {
    offer(record);
    throw error.status ? error : Object.assign(error, { code: "unknown", message: words.unknown });
  });
  await drop("unanswered", record.id);
  offer(null);
  const entered = results.map(({ receipt }) => receipt).filter(Boolean);
  const key = keys.find((one) => one.key === record.submissions[0].statement.key);
  results.forEach(({ receipt }, place) => {
    if (receipt && key) key.last = Math.max(key.last, record.submissions[place].statement.key_seq);
  });
  if (key) await keep("keys", key);
  const mine = record.what === what;
  if (mine) todo = record.todo.filter((_, place) => !results[place].receipt);
  const refused = results.filter(({ receipt }) => !receipt).flatMap(({ findings }) => findings);
  if (mine && again && refused.some(({ code }) => code === "used-key-seq")) return sign(false); // another tab or device was faster
  if (!mine) return say(refused.length ? words.refusedBefore : words.enteredBefore, "", refused.map(({ message }) => message));
  const tally = entered.length ? ` ${drafts.length - todo.length}/${drafts.length}` : "";
  if (todo.length) return say(words.refused + tally, "bad", refused.map(({ field, message }) => `${field}: ${message}`));
  return follow(entered[0]);
}

/** Show that the entry gets under a checkpoint, and go on. */
async function follow({ index, statement_hash: hash }) {
  at("sign-key").form.hidden = true;
  const then = new URL(data.then, location.href);
  then.searchParams.set("entry", index);
  for (let tries = 0; tries < 4; tries++) {
    const { receipt } = await ask(`/api/v1/statements/${hash}`).catch(() => ({}));
    if (receipt?.state === "published") break;
    say(`${words.sequenced} ${index}`, "good");
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  say(`${words.published} ${index}`, "good");
  location.assign(then);
}

/** Offer to ask again for what was sent and not answered; nothing else is signed before that. */
function offer(record) {
  at("sign-retry").hidden = !record;
  at("sign-retry").onclick = () => run(() => send(record, true));
  at("sign-button").hidden = Boolean(record) || !keys.length;
}

async function run(work) {
  at("sign-button").disabled = at("sign-retry").disabled = true;
  try {
    await work();
  } catch (error) {
    composed = null;
    if (["fork", "rollback"].includes(error.code)) at("sign-button").hidden = true;
    say(words[error.code] ?? words.failed, "bad", [error.message, error.before, error.now].filter(Boolean));
  }
  at("sign-button").disabled = at("sign-retry").disabled = false;
}

await run(async () => {
  const obstacle = await findObstacle();
  if (obstacle) fail(obstacle);
  if (!drafts.every(isShown)) fail("unshown");
  keys = (await listKeys(data)).filter(({ key }) => data.keys.includes(key));
  at("sign-key").replaceChildren(...keys.map(({ key }) => new Option(`${key.slice(0, 8)}…${key.slice(-8)}`, key)));
  at("sign-none").hidden = keys.length > 0;
  const [waiting] = (await list("unanswered")).filter((one) => one.log === data.log && one.organisation === data.organisation && one.holder === data.holder);
  offer(waiting);
  say(waiting ? words.before : words.read, waiting ? "warn" : "", waiting ? [`${waiting.title}, ${new Date(waiting.at).toLocaleString()}`] : []);
});
at("sign-key").form.addEventListener("submit", (event) => {
  event.preventDefault();
  run(sign);
});
for (const part of document.querySelectorAll(".exact")) part.addEventListener("toggle", () => part.open && !composed && keys.length && run(compose));
