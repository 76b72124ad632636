/** The worker in which files are checked while the page stays alive: bytes come in, findings go out, and nothing else. */

import { openAuditFile } from "./audit_file.js";
import { decodeText } from "./bytes.js";
import { verifyCertificate } from "./certificate.js";
import { readVerifierKey } from "./note.js";
import { checkEvidence, verifyFile } from "./verify.js";

function isCertificate(bytes) {
  try {
    return "@context" in JSON.parse(decodeText(bytes));
  } catch {
    return false;
  }
}

async function judge(bytes, brought, progress) {
  if (isCertificate(bytes)) return { certificate: await verifyCertificate(bytes, brought) };
  try {
    readVerifierKey(brought.logKey ?? "");
    if (bytes[0] === 0x50) return { verdict: await verifyFile(bytes, brought, progress), note: (await openAuditFile(bytes).catch(() => ({}))).checkpoint };
  } catch ({ message }) {
    return { usage: message };
  }
  return checkEvidence(bytes, brought).catch(({ code, message }) => ({ code, invalid: message }));
}

onmessage = async ({ data: { number, file, brought } }) => {
  const bytes = new Uint8Array(await new Blob([file]).arrayBuffer());
  postMessage({ number, found: await judge(bytes, brought, (done, all) => postMessage({ number, done, all })) });
};
