"use strict";
// Sorts tables by a heading, and back; without it they stand as they were written, the worst first.
(() => {
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v);
  };
  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other));

  for (const heading of document.querySelectorAll("th[data-sort]")) {
    const body = heading.closest("table").tBodies[0];
    const column = heading.cellIndex;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    heading.removeAttribute("aria-sort");
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows];
      rows.sort((one, other) => (down ? -1 : 1) * compare(value(one, column), value(other, column)));
      body.append(...rows);
    });
  }
})();
