/** Keys of this browser on pages: make, back up and prove, open, forget; and proofs of possession in forms that ask for them. */

import { findObstacle, forgetKey, keepKey, listKeys, makeKeyFile, openKeyFile, provePossession } from "./keys.js";
import { drop } from "./store.js";

const area = document.getElementById("keys");
const owner = area.dataset; // log, organisation, holder
const words = JSON.parse(owner.words);
const say = (text, tone = "") => Object.assign(document.getElementById("key-state"), { textContent: text, className: `note ${tone}` });

/** Do something on the submission of each form of a kind; faults are said in words. */
function onSubmit(selector, work) {
  for (const form of document.querySelectorAll(selector)) {
    const button = form.querySelector("button");
    button.disabled = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      say(words.working);
      await work(form).catch((error) => say(words[error.code] ?? error.message, "bad"));
      button.disabled = false;
    });
  }
}

async function make(form) {
  const { key, file } = await makeKeyFile(owner, form.querySelector("[type=password]").value);
  const link = document.getElementById("key-backup");
  link.href = URL.createObjectURL(new Blob([file]));
  link.download = `${owner.organisation}-${key.slice(-8)}.key`;
  link.hidden = false;
  link.click();
  form.reset();
  say(words.made, "warn");
}

async function openFile(form) {
  const bytes = new Uint8Array(await form.querySelector("[type=file]").files[0].arrayBuffer());
  await keepKey(await openKeyFile(bytes, form.querySelector("[type=password]").value), owner);
  form.reset();
  await show();
  say(words.kept, "good");
}

/** A form with `possession`: for the chosen key, with the roles that are ticked or those of the key that it replaces. */
async function prove(form) {
  const { key, old, possession } = form.elements;
  const ticked = [...form.querySelectorAll("[name=roles]:checked")].map(({ value }) => value);
  const roles = old ? old.selectedOptions[0].dataset.roles.split(" ") : ticked;
  const held = (await listKeys(owner)).find((one) => one.key === key.value);
  if (!held || !roles.length) throw Object.assign(new Error(), { code: held ? "no-roles" : "no-key" });
  possession.value = await provePossession(held, roles);
  form.submit();
}

/** Show which keys are here; those that the log does not know can be enrolled. */
async function show() {
  const kept = await listKeys(owner);
  const known = [...document.querySelectorAll("[data-key]")];
  for (const row of known) row.querySelector(".here").textContent = kept.some(({ key }) => key === row.dataset.key) ? words.here : words.away;
  const fresh = kept.filter(({ key }) => !known.some((row) => row.dataset.key === key));
  for (const choice of document.querySelectorAll("select.fresh")) choice.replaceChildren(...fresh.map(({ key }) => new Option(key, key)));
  const [gone] = document.querySelectorAll("#key-forget select");
  gone?.replaceChildren(...kept.map(({ key }) => new Option(key, key)));
}

const obstacle = await findObstacle();
if (obstacle) say(words[obstacle], "bad");
else {
  onSubmit("#key-make", make);
  onSubmit("#key-open", openFile);
  onSubmit("form.prove", prove);
  onSubmit("#key-forget", async (form) => {
    const [key] = (await listKeys(owner)).filter((one) => one.key === form.querySelector("select").value);
    if (key) await forgetKey(key);
    await show();
    say(words.forgotten);
  });
  onSubmit("#log-forget", async () => {
    await drop("logs", owner.log);
    say(words.forgotten);
  });
  await show();
}
