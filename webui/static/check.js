/** Check it yourself: a file or a text, what the reader brings, and the verdict. Nothing leaves this page. */

import { drop, list } from "./store.js";
import { showVerdict, start } from "./verdict.js";

const at = (id) => document.getElementById(id);
const FIELDS = ["logKey", "origin", "founding", "heads", "trusted"];
const brought = () => JSON.parse(localStorage.getItem("brought") ?? "{}");
const nameOf = () => at("origin").value.trim() || at("logKey").value.trim().split("+")[0];
let source = null; // {name, file}: what is checked, a File or bytes
let waiting;

const HEAD = /^\d+:[0-9a-f]{64}$|^\S+\n\d+\n\S+\n\n(?:— .*\n?)+|^\S.*$/gm;

/** Issuers, one a line: a DID, and keys of it. */
function readTrusted(text) {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/)).filter(([did]) => did);
  return lines.length ? Object.fromEntries(lines.map(([did, ...keys]) => [did, keys])) : undefined;
}

async function check() {
  if (!source) return;
  const values = Object.fromEntries(FIELDS.map((name) => [name, at(name).value.trim()]));
  const remember = at("remember").checked;
  if (remember && values.logKey) localStorage.setItem("brought", JSON.stringify({ ...brought(), [nameOf()]: values }));
  const own = source;
  await showVerdict(at("box"), own.name, own.file, {
    logKey: values.logKey || undefined,
    origin: values.origin || undefined,
    founding: values.founding || undefined,
    knownHeads: [...at("heads").value.matchAll(HEAD)].map(([head]) => (head.includes("\n") ? `${head.trimEnd()}\n` : head)),
    trusted: readTrusted(values.trusted),
    remember,
  });
  await offer();
}

async function take(file) {
  source = { name: file.name, file };
  const isText = file.size < 2_000_000 && !(await file.slice(0, 2).text()).startsWith("PK");
  at("text").value = isText ? await file.text() : "";
  await check();
}

/** Offer what this browser remembers of logs: what was brought, and those that its pages of the ledger have seen. */
async function offer() {
  const seen = (await list("logs")).map(({ log, logKey }) => [log, { logKey }]);
  const all = Object.entries({ ...Object.fromEntries(seen), ...brought() });
  at("remembered").replaceChildren(...all.map(([log, values]) => new Option(log, JSON.stringify(values), false, log === nameOf())));
  at("remembered").hidden = !all.length;
}

function fillIn() {
  const values = JSON.parse(at("known").value || "{}");
  for (const name of FIELDS) at(name).value = values[name] ?? "";
  at("more").open = FIELDS.slice(1).some((name) => values[name]);
  return check();
}

at("file").onchange = ({ target }) => target.files[0] && take(target.files[0]);
at("known").onchange = fillIn;
at("text").oninput = ({ target }) => {
  source = { name: "", file: new TextEncoder().encode(`${target.value.trimEnd()}\n`) };
  clearTimeout(waiting);
  waiting = setTimeout(check, 250);
};
at("check").onsubmit = (event) => {
  event.preventDefault();
  return check();
};
at("forget").onclick = async () => {
  const { [nameOf()]: _, ...others } = brought();
  localStorage.setItem("brought", JSON.stringify(others));
  await drop("logs", nameOf());
  for (const name of FIELDS) at(name).value = "";
  await offer();
};
document.ondragover = (event) => event.preventDefault() ?? at("drop").classList.add("over");
document.ondragleave = () => at("drop").classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  at("drop").classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file) take(file);
};
start();
await offer();
