/** Check it yourself: a file or a text, what the reader brings, and the verdict. Nothing leaves this page. */

import { drop } from "./store.js";
import { showVerdict, start } from "./verdict.js";

const at = (id) => document.getElementById(id);
const form = at("check");
const read = () => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim() || undefined]));
const recollect = () => JSON.parse(localStorage.getItem("brought") ?? "{}");
const memorise = (all) => localStorage.setItem("brought", JSON.stringify(all));
const nameLog = ({ origin, logKey = "" }) => origin ?? logKey.split("+")[0];
const HEAD = /^\d+:[0-9a-f]{64}$|^\S+\n\d+\n\S+\n\n(?:— .*\n?)+|^\S.*$/gm;
let [source, waiting] = [null, 0]; // {name, file}: what is checked, a File or bytes

async function check() {
  const brought = read();
  if (brought.remember && brought.logKey) memorise({ ...recollect(), [nameLog(brought)]: brought });
  offer();
  if (!source) return;
  const knownHeads = (brought.heads?.match(HEAD) ?? []).map((head) => (head.includes("\n") ? `${head.trim()}\n` : head));
  const trusted = brought.trusted && Object.fromEntries(brought.trusted.split("\n").map((line) => line.trim().split(/\s+/)).map(([did, ...keys]) => [did, keys]));
  await showVerdict(at("box"), source.name, source.file, { ...brought, knownHeads, trusted });
}

async function take(file) {
  if (!file) return;
  source = { name: file.name, file };
  at("text").value = file.size < 2e6 && !/zip/.test(file.type + file.name) ? await file.text() : "";
  await check();
  at("box").scrollIntoView({ block: "nearest" });
}

/** Offer what was brought before. */
function offer() {
  const options = Object.entries(recollect()).map(([log, values]) => new Option(log, JSON.stringify(values)));
  at("remembered").replaceChildren(...options);
  at("remembered").hidden = !options.length;
}

function fill(values) {
  for (const name of ["logKey", "origin", "founding", "heads", "trusted"]) form.elements[name].value = values[name] ?? "";
}

at("file").onchange = ({ target }) => take(target.files[0]);
at("known").onchange = ({ target }) => check(fill(JSON.parse(target.value || "{}")));
at("text").oninput = ({ target }) => {
  source = { name: "", file: new TextEncoder().encode(`${target.value.trimEnd()}\n`) };
  clearTimeout(waiting);
  waiting = setTimeout(check, 250);
};
form.onsubmit = (event) => check(event.preventDefault());
at("forget").onclick = async () => {
  const log = nameLog(read());
  memorise({ ...recollect(), [log]: undefined });
  await drop("logs", log);
  offer(fill({}));
};
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => take(event.dataTransfer.files[0], event.preventDefault());
start();
offer();
