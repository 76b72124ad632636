/** Keys of this browser on a page: make, prove the backup, open, forget; proofs of possession for forms that ask for them. */

import { findObstacle, forgetKey, keepKey, listKeys, makeKeyFile, openKeyFile, provePossession } from "./keys.js";
import { drop } from "./store.js";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const at = (id) => document.getElementById(id);
const owner = at("keys").dataset; // log, organisation, holder
const words = JSON.parse(owner.words);
const say = (text, tone = "") => Object.assign(at("key-state"), { textContent: text, className: `note ${tone}` });
const passphraseOf = (form) => form.querySelector("[type=password]").value;

const WORK = {
  async "#key-make"(form) {
    const { key, file } = await makeKeyFile(owner, passphraseOf(form));
    const link = Object.assign(at("key-backup"), { href: URL.createObjectURL(new Blob([file])), hidden: false });
    link.download = `${owner.organisation}-${key.slice(-8)}.key`;
    link.click();
    say(words.made, "warn");
  },
  async "#key-open"(form) {
    const [file] = form.querySelector("[type=file]").files;
    await keepKey(await openKeyFile(new Uint8Array(await file.arrayBuffer()), passphraseOf(form)), owner);
    say(words.kept, "good");
  },
  /** With the roles that are ticked, or those of the key that is replaced. */
  async "form.prove"(form) {
    const { key, old, possession } = form.elements;
    const roles = old?.selectedOptions[0].dataset.roles.split(" ") ?? all(":checked[name=roles]", form).map(({ value }) => value);
    const held = (await listKeys(owner)).find((one) => one.key === key.value);
    if (!held || !roles.length) throw Object.assign(new Error(), { code: held ? "no-roles" : "no-key" });
    possession.value = await provePossession(held, roles);
    form.submit();
  },
  async "#key-forget"(form) {
    await forgetKey(owner, form.querySelector("select").value);
    say(words.forgotten);
  },
  async "#log-forget"() {
    await drop("logs", owner.log);
    say(words.forgotten);
  },
};

/** Show which keys are here; those that the log does not know can be enrolled. */
async function show() {
  const kept = (await listKeys(owner)).map(({ key }) => key);
  const onLog = all("[data-key]");
  for (const row of onLog) row.querySelector(".here").textContent = kept.includes(row.dataset.key) ? words.here : words.away;
  const fresh = kept.filter((key) => onLog.every((row) => row.dataset.key !== key));
  for (const choice of all("select.fresh")) choice.replaceChildren(...fresh.map((key) => new Option(key)));
  at("gone-key")?.replaceChildren(...kept.map((key) => new Option(key)));
}

function attach(form, work) {
  const button = form.querySelector("button");
  button.disabled = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    say(words.working);
    try {
      await work(form);
      for (const field of all("[type=password]", form)) field.value = "";
      await show();
    } catch (error) {
      say(words[error.code] ?? error.message, "bad");
    }
    button.disabled = false;
  };
}

const obstacle = await findObstacle();
if (obstacle) say(words[obstacle], "bad");
else {
  for (const [selector, work] of Object.entries(WORK)) for (const form of all(selector)) attach(form, work);
  await show();
}
