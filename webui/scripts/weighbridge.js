/** The weighbridge: net at a glance; loads wait in this browser while the network is away, until they are signed. */

import { drop, keep, list } from "./store.js";

const at = (id) => document.getElementById(id);
const { api, owner, point, words } = JSON.parse(at("weigh-data").textContent);
const form = at("weigh");
const field = form.elements;
const fresh = field.new_id.value;
let changed; // id of the kept load that the form shows
const lane = () => form.querySelector("[name=agreement]:checked")?.dataset ?? {};
const say = (text, tone) => Object.assign(at("line"), { textContent: text, className: `state ${tone}` });
const isThere = () => fetch("/api/v1/me/tasks", { signal: AbortSignal.timeout(5000) }).then(({ ok }) => ok, () => false);
const listUnsent = async () => (await list("loads")).filter((one) => Object.keys(owner).every((name) => one[name] === owner[name]));

/** A number as the server reads it: 1.234,5 where the point is a comma; 40.10 could be meant in two ways there, and is none. */
function plain(text) {
  const group = point === "," ? "." : ",";
  return text.includes(point) ? text.replaceAll(group, "").replace(point, ".") : text.includes(group) ? "" : text;
}

/** Show net and traffic light. */
function weigh() {
  const texts = ["gross", "tare", "quantity"].map((name) => plain(field[name].value));
  const [gross, tare, own] = texts.map(parseFloat);
  const net = field.quantity.value ? own : gross - tare;
  const places = Math.max(...texts.map((text) => (text.split(".")[1] ?? "").length));
  at("net").textContent = Number.isFinite(net) ? `${net.toFixed(places).replace(".", point)} ${lane().unit ?? ""}` : "–";
  const { of, sent, allowed, percent } = field.load.selectedOptions[0].dataset;
  const part = Math.abs(net - sent) / Math.max(allowed, (net * percent) / 100);
  const tone = part > 1 + 1e-9 ? "bad" : part > 0.5 ? "warn" : "good";
  const hidden = Number.isNaN(part) || lane().of !== of;
  Object.assign(at("net-light"), { hidden, className: `light ${tone}`, textContent: words[tone] });
}

async function show() {
  const unsent = await listUnsent();
  at("unsent").hidden = !unsent.length;
  at("unsent-count").textContent = unsent.length;
  at("loads").value = JSON.stringify(unsent.map(({ values }) => values));
  const rows = unsent.map(({ id, name, values }) => {
    const row = at("unsent-row").content.cloneNode(true);
    const [change, remove] = row.querySelectorAll("button");
    row.querySelector("bdi").textContent = name;
    change.onclick = () => {
      for (const [key, value] of Object.entries(values)) if (field[key]) field[key].value = value;
      changed = id; // it stays kept until it is kept anew, or on the log under the same id
      weigh();
    };
    remove.onclick = async () => confirm(words.sure) && show(await drop("loads", id));
    return row;
  });
  at("unsent-list").replaceChildren(...rows);
}

/** Keep a load in this browser; a ticket twice is refused. */
async function putAside() {
  const { csrf_token, ...values } = Object.fromEntries(new FormData(form));
  const what = lane().side === "in" ? "load" : "ticket";
  if (what === "ticket") values.load = "";
  if (!lane().side || !values[what]) return say(words.missing, "bad");
  const same = (one) => one.id !== changed && [what, "agreement"].every((key) => one.values[key] === values[key]);
  if ((await listUnsent()).some(same)) return say(words.twin, "bad");
  const now = new Date();
  const id = (values.new_id = changed ?? `d-${crypto.randomUUID()}`);
  values.moment ||= `${now.toISOString().slice(0, 19)}Z`;
  const shown = values.load ? field.load.selectedOptions[0].text : `${values.ticket} ${values.vehicle}`;
  await keep("loads", { ...owner, id, values, name: `${now.toLocaleTimeString()} · ${shown} · ${at("net").textContent}` });
  form.reset();
  [changed, field.new_id.value] = [undefined, fresh];
  field.agreement.value = values.agreement;
  weigh();
  say(words.kept, "warn");
  show();
}

form.addEventListener("input", weigh);
let busy = false; // a second click would keep the same load twice
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) return;
  busy = true;
  try {
    if (event.submitter?.id !== "later" && (await isThere())) form.submit();
    else await putAside();
  } finally {
    busy = false;
  }
});
addEventListener("online", () => say(words.online, "good"));
addEventListener("offline", () => say(words.offline, "warn"));
at("later").hidden = false;
weigh();
for (const { id, values } of await listUnsent()) {
  const answer = await fetch(api + (values.load || id)).catch(() => ({}));
  if (answer.ok && (!values.load || (await answer.json()).delivery.received_entry !== null)) await drop("loads", id); // on the log by now
}
show();
