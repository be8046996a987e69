// Puts the check on the page: reads the bundle's block and the reader's key, shows every step. Third of three files. It fetches
// nothing, stores nothing, and writes text only, never markup.
"use strict";

(() => {
  const FIRST = 5; // faults of a step that are shown; the rest is counted
  const VERDICTS = {
    fails: "FAILS. Do not rely on this file.",
    holds: "SIGNATURES AND PROOFS HOLD under the key that you gave.",
    warned: "SIGNATURES AND PROOFS HOLD under the key that you gave, of a ledger in which this report itself names errors.",
    consistent: "CONSISTENT WITH ITSELF, and nobody vouches for it.",
    unable: "COULD NOT BE CHECKED here.",
  };
  const element = (id) => document.getElementById(id);
  const form = element("check-form");
  if (!form) return; // a page without a bundle

  const make = (name, text, kind) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  // The one block (ledger/report/page/embedded.py); several would leave open which of them the page speaks of.
  async function bundle() {
    const blocks = document.querySelectorAll("script[type='application/monazite-bundle']");
    monaziteForms.need(blocks.length === 1, `${blocks.length} bundles are inside this page in place of one`);
    const text = blocks[0].textContent.replace(/[\r\n]/g, "");
    monaziteForms.need(text.length <= 2 * monaziteForms.MAX_BYTES, "a bundle that is too large");
    const held = monaziteForms.unbase64(text, undefined, "the bundle's block");
    const { packed, sha256 } = blocks[0].dataset;
    monaziteForms.need(packed === "deflate", "a bundle that is not packed as this page packs it");
    monaziteForms.need(monaziteForms.hex(await monaziteForms.sha256(held)) === sha256, "the packed bundle is not the one that its block names");
    return monaziteForms.unpack(held);
  }

  function stated() {
    const said = { events: Array.from(document.querySelectorAll("[data-event]"), (one) => one.dataset.event) };
    for (const one of document.querySelectorAll("[data-check]")) {
      said[one.dataset.check] = [...(said[one.dataset.check] || []), one.textContent];
    }
    return said;
  }

  function limits(items) {
    element("check-limits").replaceChildren(...items.map(([what, why]) => make("li", `${what}: ${why}`)));
  }

  function show(verdict, why, result) {
    const box = element("check-result");
    box.className = `check-result ${verdict}`;
    box.dataset.verdict = verdict;
    const list = make("ol", "", "check-steps");
    for (const step of result ? result.steps : []) {
      const bad = step.faults.length > 0, line = make("li"), text = make("span", step.title);
      line.dataset.step = step.id;
      // A step that met nothing to look at did not pass: it says so.
      line.append(make("span", bad ? "fails" : step.checked ? "ok" : "none", bad ? "fail" : step.checked ? "pass" : "count"));
      const count = [step.checked ? `${step.checked.toLocaleString("en")} ${step.unit}` : "", step.note].filter(Boolean).join("; ");
      if (count) text.append(make("span", ` (${count})`, "count"));
      if (bad) {
        const faults = make("ul");
        for (const fault of step.faults.slice(0, FIRST)) faults.append(make("li", `${fault.code}: ${fault.message}`));
        if (step.faults.length > FIRST) faults.append(make("li", `and ${step.faults.length - FIRST} more`));
        text.append(faults);
      }
      line.append(text);
      list.append(line);
    }
    box.replaceChildren(make("p", VERDICTS[verdict], "check-verdict"), make("p", why), list);
    if (result) limits(result.notChecked);
    box.focus();
  }

  function reason(result, pin) {
    if (result.verdict === "fails") return `${result.faults.length} faults. The first: ${result.faults[0].code}: ${result.faults[0].message}`;
    if (result.verdict === "holds") {
      return "The events in this file are signed, in the ledger and complete, as far as the steps below go. Masses, origins, policies and every " +
        "conclusion of the report were not checked.";
    }
    return pin ? "Your policy asks for more than a browser can check; see below."
      : "Every hash and signature fits, under a key that the file itself brings along. Give the ledger's key, from elsewhere, to know whose file this is.";
  }

  async function run() {
    let pin = null;
    const text = element("check-key").value.trim();
    try {
      if (!await monaziteForms.able()) {
        show("unable", "This browser cannot check Ed25519 signatures, or not in a file from disk. Use a newer one, or `monazite verify`.");
        return;
      }
      if (typeof DecompressionStream === "undefined") {
        show("unable", "This browser cannot unpack the bundle that is inside. Use a newer one, or `monazite verify`.");
        return;
      }
      if (text) pin = await monaziteForms.parsePin(text);
    } catch (error) {
      if (!(error instanceof monaziteForms.Refused)) throw error;
      show("unable", `What stands in the field is no key and no policy: ${error.message}${error.where ? ` (${error.where})` : ""}`);
      return;
    }
    try {
      const said = stated(), result = monaziteCheck.compare(await monaziteCheck.verify(await bundle(), pin), said);
      // Nothing is green of a ledger that did not verify without errors when the report was written.
      const warned = result.verdict === "holds" && !(said.verdict && said.verdict.every((text) => text === "clean"));
      show(warned ? "warned" : result.verdict, reason(result, pin), result);
    } catch (error) {
      // A fault of this check is no pass, either.
      show("fails", error instanceof monaziteForms.Refused ? error.message : `The check broke off: ${error}`);
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = element("check-run");
    if (button.disabled) return;
    button.disabled = true;
    element("check-result").className = "check-result";
    element("check-result").textContent = "Checking…";
    try {
      await run();
    } finally {
      button.disabled = false;
    }
  });

  // A result is about the key that stood there when the button was pressed.
  element("check-key").addEventListener("input", () => {
    const box = element("check-result");
    box.replaceChildren();
    box.className = "check-result";
    delete box.dataset.verdict;
  });

  // ---- The key from a QR code, where the browser can read one ----

  function found(codes) {
    if (!codes.length) return false;
    element("check-key").value = codes[0].rawValue.slice(0, 262_144);
    element("check-key").dispatchEvent(new Event("input"));
    return true;
  }

  async function scanning() {
    if (typeof BarcodeDetector === "undefined") return;
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (!formats.includes("qr_code")) return;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const complain = (message) => show("unable", message);
    element("check-scan").hidden = false;
    element("check-picture").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      if (!file) return;
      try {
        if (!found(await detector.detect(await createImageBitmap(file)))) complain("There is no QR code in that picture.");
      } catch {
        complain("That picture cannot be read.");
      }
      event.target.value = "";
    });
    const button = element("check-camera"), video = element("check-video");
    button.hidden = !(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
    let stream = null;
    const stop = () => {
      if (stream) stream.getTracks().forEach((track) => track.stop());
      stream = null;
      video.srcObject = null;
      video.hidden = true;
      button.textContent = "Read it with the camera";
    };
    button.addEventListener("click", async () => {
      if (stream) {
        stop();
        return;
      }
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = stream;
        video.hidden = false;
        button.textContent = "Stop the camera";
        await video.play();
        while (stream && !found(await detector.detect(video))) await new Promise((done) => { setTimeout(done, 200); });
      } catch {
        complain("The camera cannot be used. Paste the key in place of it.");
      }
      stop();
    });
  }

  limits(monaziteCheck.NOT_CHECKED);
  form.hidden = false;
  scanning();
})();
