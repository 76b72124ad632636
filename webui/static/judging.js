/** The worker in which files are checked, so that the page stays alive; bytes come in, findings go out, and nothing else. */

import { openAuditFile } from "./audit_file.js";
import { decodeText } from "./bytes.js";
import * as certificates from "./certificate.js";
import { readVerifierKey } from "./note.js";
import { checkEvidence, readKnownHead, verifyFile } from "./verify.js";

function findKind(bytes) {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return "audit";
  try {
    return "@context" in JSON.parse(decodeText(bytes)) ? "certificate" : "evidence";
  } catch {
    return "evidence";
  }
}

async function judge(bytes, brought, progress) {
  const kind = findKind(bytes);
  if (kind === "certificate") return { kind, report: await certificates.verifyCertificate(bytes, { now: Date.now(), trusted: brought.trusted }) };
  if (!brought.logKey) return { usage: "" };
  try {
    const verifier = readVerifierKey(brought.logKey);
    for (const head of brought.knownHeads ?? []) await readKnownHead(head, brought.origin ?? verifier.name, verifier);
  } catch ({ message }) {
    return { usage: message };
  }
  if (kind === "evidence") return { kind, ...(await checkEvidence(bytes, brought)) };
  const verdict = await verifyFile(bytes, brought, progress);
  return { kind, verdict, note: (await openAuditFile(bytes).catch(() => ({}))).checkpoint };
}

onmessage = async ({ data: { number, file, brought } }) => {
  const bytes = new Uint8Array(await new Blob([file]).arrayBuffer());
  const found = await judge(bytes, brought, (done, all) => postMessage({ number, done, all })).catch(({ code, message }) => ({ kind: "evidence", code, message }));
  postMessage({ number, found });
};
