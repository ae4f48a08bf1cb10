// Hands what WebAuthn calls options from a form to the browser, and the browser's answer back into the form.
// The only script of the console: pages load it with its hash, and only where a passkey can be used.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const create = async (publicKey) => {
    publicKey.user.id = bytes(publicKey.user.id);
    publicKey.excludeCredentials = keys(publicKey.excludeCredentials);
    const { response, ...made } = await answered(navigator.credentials.create({ publicKey }));
    return {
      ...made,
      response: {
        attestationObject: text(response.attestationObject),
        clientDataJSON: text(response.clientDataJSON),
        transports: response.getTransports ? response.getTransports() : [],
      },
    };
  };

  const get = async (publicKey) => {
    publicKey.allowCredentials = keys(publicKey.allowCredentials);
    const { response, ...found } = await answered(navigator.credentials.get({ publicKey }));
    return {
      ...found,
      response: {
        authenticatorData: text(response.authenticatorData),
        clientDataJSON: text(response.clientDataJSON),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
      },
    };
  };

  const answered = async (asked) => {
    const { id, rawId, type, response } = await asked;
    return { id, rawId: text(rawId), type, response, extensions: {} };
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const failed = form.querySelector("[data-failed]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.hidden = true;
      try {
        const { publicKey } = JSON.parse(form.dataset.options);
        publicKey.challenge = bytes(publicKey.challenge);
        const answer = await (form.dataset.passkey === "create" ? create : get)(publicKey);
        form.elements.answer.value = JSON.stringify(answer);
        form.submit();
      } catch (error) {
        failed.hidden = false;
      }
    });
    form.hidden = !window.PublicKeyCredential;
  }
})();
