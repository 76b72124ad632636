/** The demo hands its throw-away key to this browser, which opens and keeps it like any key file, and goes on. */

import { encodeText } from "./verifier/bytes.js";
import { keepKey, listKeys, openKeyFile } from "./keys.js";

const { owner, file, passphrase, then, failed } = JSON.parse(document.getElementById("handed").textContent);
try {
  const { key } = JSON.parse(file);
  const here = await listKeys(owner);
  if (!here.some((one) => one.key === key)) await keepKey(await openKeyFile(encodeText(file), passphrase), owner);
  location.replace(then);
} catch (error) {
  Object.assign(document.getElementById("demo-state"), { textContent: `${failed} (${error.message})`, className: "note bad" });
}
