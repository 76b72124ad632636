/** Pages of the ledger: is an entry on the log, does its audit file hold, does the log continue what this browser saw. */

import { checkHead } from "./seen.js";
import { copy, sayMemory, showVerdict } from "./verdict.js";

const at = (id) => document.getElementById(id);
const { network, log, logKey, rotations, founding, note, size } = JSON.parse(at("log-data").textContent);
let newest = { note, size };

async function ask(path) {
  const answer = await fetch(`/api/v1/networks/${network}/${path}`);
  if (answer.ok) return answer;
  throw new Error(`${answer.status} ${answer.statusText}`);
}
const prove = async (first, second) => (await (await ask(`proofs/consistency?first=${first}&second=${second}`)).json()).path;

/** Show in a box what comes of some work, or why nothing did. */
async function show(box, work) {
  box.replaceChildren(document.createElement("progress"));
  await work(box).catch(({ message }) => box.replaceChildren(copy("proof", { message })));
}

for (const button of document.querySelectorAll("[data-verify]")) {
  button.onclick = () =>
    show(at("box"), async (box) => {
      const file = await (await ask(button.dataset.verify)).blob();
      at("keep").href = URL.createObjectURL(file); // what is kept is what was verified
      const { checkpoint } = await showVerdict(box, at("keep").download, file, { logKey, origin: log, founding, remember: !button.hidden });
      newest = checkpoint ?? newest;
    });
  if (button.hidden) await button.onclick();
}

await show(at("memory-box"), async (box) => {
  try {
    const { before } = await checkHead(log, logKey, newest.note, prove, rotations);
    const state = before ? (before.size === newest.size ? "same" : "grew") : "first";
    box.replaceChildren(newest.note ? sayMemory(state, before, newest) : "");
  } catch (error) {
    if (!error.before) throw error;
    box.replaceChildren(sayMemory("fork", error.before, { size, note: error.now }));
  }
});
