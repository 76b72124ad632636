/** Passkeys: a form with data-options makes one, or finds one, when it is sent, and carries the browser's answer in its field. */

const reader = window.PublicKeyCredential ?? {}; // WebAuthn level 3 reads and writes JSON by itself

async function ask(form) {
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  const options = await answer.json();
  if (!options.user) return navigator.credentials.get({ publicKey: reader.parseRequestOptionsFromJSON(options) });
  return navigator.credentials.create({ publicKey: reader.parseCreationOptionsFromJSON(options) });
}

for (const form of document.querySelectorAll("form[data-options]")) {
  form.hidden = !reader.parseCreationOptionsFromJSON;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.submit();
    } catch {
      form.querySelector("[role=status]").textContent = form.dataset.failed;
    }
  });
}
