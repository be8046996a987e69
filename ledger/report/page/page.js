"use strict";
// What the page can do beyond reading: it works without this. Nothing here makes markup of text.
(() => {
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) {
      const hidden = target.closest("tr[hidden]");
      if (hidden) hidden.hidden = false;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  if (location.hash) open();

  for (const hash of document.querySelectorAll("[data-copy]")) {
    hash.tabIndex = 0;
    hash.setAttribute("role", "button");
    hash.setAttribute("aria-label", `copy ${hash.textContent}`);
    const copy = () => {
      const done = () => {
        const before = hash.textContent;
        hash.textContent = "copied";
        setTimeout(() => { hash.textContent = before; }, 900);
      };
      if (hash.textContent === "copied") return;
      if (navigator.clipboard) navigator.clipboard.writeText(hash.textContent).then(done, () => {});
    };
    hash.addEventListener("click", copy);
    hash.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); copy(); }
    });
  }

  for (const field of document.querySelectorAll("[data-filter]")) {
    field.closest("[hidden]").hidden = false;
    const rows = document.querySelectorAll(`#${field.dataset.filter} > tbody > tr`);
    const said = document.querySelector(`[data-count="${field.dataset.filter}"]`);
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
        if (!row.hidden) shown += 1;
      }
      said.textContent = wanted === "" ? "" : `${shown} of ${rows.length}`;
    });
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const item of closed) item.open = true;
  });
  addEventListener("afterprint", () => { for (const item of closed) item.open = false; });
})();
