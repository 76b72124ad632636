/** Pages of the ledger: does the log continue what this browser saw, is an entry in it, does its audit file hold. */

import { encodeText, fromHex, toHex } from "./bytes.js";
import { isSigned, readEntry } from "./entry.js";
import { checkInclusion, hashLeaf } from "./merkle.js";
import { checkHead } from "./seen.js";
import { copy, sayMemory, showVerdict } from "./verdict.js";

const at = (id) => document.getElementById(id);
const { network, log, logKey, note, size } = JSON.parse(at("log-data").textContent);
const ask = async (path) => {
  const answer = await fetch(`/api/v1/networks/${network}/${path}`);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer;
};
const readProof = async (path) => (await (await ask(`proofs/${path}`)).json()).path;

/** Check the server's newest head against the memory and say how they stand; gives the head, null where they contradict. */
async function checkMemory() {
  try {
    const head = await checkHead(log, logKey, note, (first, second) => readProof(`consistency?first=${first}&second=${second}`));
    const { before } = head;
    if (note) at("memory-box").replaceChildren(sayMemory(before ? (before.size === size ? "same" : "grew") : "first", before, { size, note }));
    return head;
  } catch ({ before, now, message }) {
    const fork = before && { note: before, size: Number(before.split("\n")[1]), at: NaN };
    at("memory-box").replaceChildren(fork ? sayMemory("fork", fork, { size, note: now }, message) : copy("proof", { message }));
    return null;
  }
}

async function checkEntry(head) {
  const bytes = encodeText(at("bytes").textContent);
  const entry = readEntry(bytes);
  if (entry.index >= head.size) return copy("proof", { unpublished: true });
  const path = await readProof(`inclusion?index=${entry.index}&size=${head.size}`);
  checkInclusion(hashLeaf(bytes), entry.index, head.size, path.map(fromHex), fromHex(head.root));
  if (!(await isSigned(entry))) throw new Error("the signature does not hold");
  if (at("bytes").dataset.hash !== entry.hash || at("bytes").dataset.leaf !== toHex(hashLeaf(bytes))) throw new Error("the page shows other hashes");
  return copy("proof", { holds: true, index: entry.index, size: head.size });
}

const head = await checkMemory();
if (at("proof-box")) {
  const said = head ? checkEntry(head) : Promise.reject(new Error("log"));
  at("proof-box").replaceChildren(await said.catch(({ message }) => copy("proof", { message })));
}
at("verify")?.addEventListener("click", async ({ target }) => {
  target.disabled = true;
  at("box").replaceChildren(document.createElement("progress"));
  try {
    const file = await (await ask("audit.zip")).blob();
    const link = Object.assign(at("keep"), { href: URL.createObjectURL(file), hidden: false });
    const founding = at("founding").textContent;
    await showVerdict(at("box"), link.download, file, { logKey, origin: log, founding, remember: true });
  } catch ({ message }) {
    at("box").replaceChildren(copy("proof", { message }));
  }
  target.disabled = false;
});
