// Runs the page's check in node for the tests: jobs as JSON lines on standard input, answers as JSON lines on standard output.
"use strict";

const path = require("node:path");
const readline = require("node:readline");
const pages = path.join(__dirname, "..", "..", "ledger", "report", "page");
const forms = require(path.join(pages, "check_forms.js"));
const check = require(path.join(pages, "check.js"));

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const told = (result) => ({
  verdict: result.verdict, lot: result.lot, ledger: result.ledger, size: result.size, root: result.root,
  codes: [...new Set(result.faults.map((fault) => fault.code))].sort(),
  messages: result.faults.map((fault) => fault.message),
  steps: result.steps.map((step) => ({ id: step.id, checked: step.checked, note: step.note, failed: step.faults.length })),
  notChecked: result.notChecked.map(([what]) => what),
});

async function pinned(text) {
  return text === null ? null : forms.parsePin(text);
}

const jobs = {
  async verify({ bundle, trust, stated }) {
    const result = await check.verify(bytes(bundle), await pinned(trust));
    return told(stated ? check.compare(result, stated) : result);
  },
  async pin({ trust, asked = [] }) {
    const pin = await forms.parsePin(trust);
    const met = asked.map((keys) => pin.met(new Set(pin.witnesses.filter((key) => keys.includes(key.text)))));
    return { met, log: pin.log.text, witnesses: pin.witnesses.map((key) => key.text), quorum: pin.quorum };
  },
  // Every changed byte of a bundle, `step` bytes apart: the places at which the check did not notice.
  async flips({ bundle, trust, step, start }) {
    const whole = bytes(bundle), pin = await pinned(trust), missed = [];
    for (let place = start; place < whole.length; place += step) {
      const altered = whole.slice();
      altered[place] ^= 1;
      if ((await check.verify(altered, pin)).verdict !== "fails") missed.push(place);
    }
    return { missed };
  },
  // Of texts, those that are canonical JSON.
  async canonical({ texts }) {
    return { held: texts.map((text) => {
      try {
        forms.canonical(text, false);
        return true;
      } catch (error) {
        if (!(error instanceof forms.Refused)) throw error;
        return false;
      }
    }) };
  },
  // What packed bytes unpack to.
  async unpack({ packed }) {
    return { bundle: Buffer.from(await forms.unpack(bytes(packed))).toString("base64") };
  },
  async ed25519({ cases }) {
    const decided = [];
    for (const [key, message, signature] of cases) {
      decided.push(await forms.verifies(forms.unhex(key), forms.unhex(message), forms.unhex(signature)));
    }
    return { decided, able: await forms.able() };
  },
};

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    let answer;
    try {
      answer = await jobs[job.op](job);
    } catch (error) {
      if (!(error instanceof forms.Refused)) throw error;
      answer = { refused: error.message };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

main();
