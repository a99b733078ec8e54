// Theme and sorting. The page reads whole without it.
(function () {
  const root = document.documentElement;
  const store = {
    get() { try { return localStorage.getItem("cyclone-theme"); } catch { return null; } },
    set(v) { try { localStorage.setItem("cyclone-theme", v); } catch { /* not allowed here */ } },
  };
  const asked = new URLSearchParams(location.search).get("theme") || store.get();
  if (asked === "light" || asked === "dark") root.dataset.theme = asked;

  function sortValue(cell) {
    const raw = cell.dataset.sort;
    if (raw === undefined) return null;
    const number = Number(raw);
    return Number.isNaN(number) ? raw : number;
  }
  // Rows without data stay below, whichever way the others are sorted.
  function sortBy(table, column, up) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => {
      const x = sortValue(a.cells[column]);
      const y = sortValue(b.cells[column]);
      if (x === null || y === null) return (x === null) - (y === null);
      return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
    });
    body.append(...rows);
  }
  function makeSortable(table) {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    heads.forEach((head, column) => {
      head.tabIndex = 0;
      const go = () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sortBy(table, column, up);
      };
      head.addEventListener("click", go);
      head.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
    });
  }
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("table.sortable").forEach(makeSortable);
    document.getElementById("theme").addEventListener("click", () => {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      store.set(root.dataset.theme);
    });
  });
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
  });
})();
