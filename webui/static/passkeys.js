/** Passkeys: a form with data-options makes one, or finds one, when it is sent, and carries the browser's answer in its field. */

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const readIds = (list = []) => list.map((one) => ({ ...one, id: toBytes(one.id) }));

async function ask(form) {
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  const { user, challenge, excludeCredentials, allowCredentials, ...rest } = await answer.json();
  const options = { ...rest, challenge: toBytes(challenge) };
  if (!user) return navigator.credentials.get({ publicKey: { ...options, allowCredentials: readIds(allowCredentials) } });
  const known = { excludeCredentials: readIds(excludeCredentials), user: { ...user, id: toBytes(user.id) } };
  return navigator.credentials.create({ publicKey: { ...options, ...known } });
}

function write({ id, rawId, type, response }) {
  const parts = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = toText(response[name]);
  }
  return JSON.stringify({ id, rawId: toText(rawId), type, response: parts });
}

for (const form of document.querySelectorAll("form[data-options]")) {
  form.hidden = !window.PublicKeyCredential;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      form.elements.credential.value = write(await ask(form));
      form.submit();
    } catch {
      form.querySelector("[role=status]").textContent = form.dataset.failed;
    }
  });
}
