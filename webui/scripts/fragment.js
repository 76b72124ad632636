/** The code of a link stands behind its "#": into the field with it, and out of the address. */

function take() {
  const field = document.getElementById("code");
  const code = location.hash.slice(1);
  if (!field || !/^[0-9A-Za-z-]{10,40}$/.test(code)) return;
  field.value = code;
  history.replaceState(null, "", location.pathname);
}

take();
addEventListener("hashchange", take);
