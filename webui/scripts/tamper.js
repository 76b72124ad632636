/** The demo's forger: a changed copy is fetched, and judged like any file of a stranger. */

import { showVerdict, start } from "./verdict.js";

const at = (id) => document.getElementById(id);
const { logKey, origin, knownHeads } = JSON.parse(at("brought").textContent);
at("tamper").onsubmit = async (event) => {
  if (event.submitter?.name !== "check") return;
  event.preventDefault();
  const { trick } = Object.fromEntries(new FormData(event.target));
  for (const why of document.querySelectorAll("[id^=why-]")) why.hidden = true;
  event.submitter.disabled = true;
  const copy = await (await fetch(`/demo/copy.zip?trick=${trick}`)).blob();
  await showVerdict(at("box"), `copy-${trick}.zip`, copy, { logKey, origin, knownHeads: at("knows").checked ? knownHeads : [] });
  at(`why-${trick}`).hidden = false;
  event.submitter.disabled = false;
};
start();
