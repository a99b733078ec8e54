// Theme, sorting, filtering, unfolding, copying. The page reads whole without any of it.
(function () {
  const root = document.documentElement;
  const store = {
    get() { try { return localStorage.getItem("cyclone-theme"); } catch { return null; } },
    set(v) { try { localStorage.setItem("cyclone-theme", v); } catch { /* not allowed here */ } },
  };
  const asked = new URLSearchParams(location.search).get("theme") || store.get();
  if (asked === "light" || asked === "dark") root.dataset.theme = asked;

  function button(text, look, go) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = look;
    made.textContent = text;
    made.addEventListener("click", go);
    return made;
  }

  function sortValue(cell) {
    const raw = cell.dataset.sort;
    if (raw === undefined) return null;
    const number = Number(raw);
    return Number.isNaN(number) ? raw : number;
  }
  // Rows without data stay below, whichever way the others are sorted; what a row unfolds goes
  // with it.
  function sortBy(table, column, up) {
    const body = table.tBodies[0];
    const rows = [...body.querySelectorAll("tr.row")].map((row) => [row, row.nextElementSibling]);
    rows.sort(([a], [b]) => {
      const x = sortValue(a.cells[column]);
      const y = sortValue(b.cells[column]);
      if (x === null || y === null) return (x === null) - (y === null);
      return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
    });
    body.append(...rows.flat());
  }
  function makeSortable(table) {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const words = head.textContent;
      head.textContent = "";
      head.append(button(words, "", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sortBy(table, column, up);
      }));
    });
  }

  function unfoldable(place) {
    const row = document.getElementById(place.dataset.more);
    const made = button(place.textContent, "", () => {
      row.hidden = !row.hidden;
      made.setAttribute("aria-expanded", String(!row.hidden));
    });
    made.setAttribute("aria-expanded", "false");
    made.setAttribute("aria-controls", row.id);
    row.hidden = true;
    place.textContent = "";
    place.append(made);
  }

  // A long sentence shows its beginning; the button is there only where something is cut.
  function shorten(sentence) {
    sentence.classList.add("clamped");
    const made = button("more", "rest", () => {
      const short = sentence.classList.toggle("clamped");
      made.setAttribute("aria-expanded", String(!short));
      made.textContent = short ? "more" : "less";
    });
    const name = sentence.closest(".body").querySelector("h4").id;
    made.setAttribute("aria-expanded", "false");
    made.setAttribute("aria-describedby", name);
    sentence.after(made);
    new ResizeObserver(() => {
      if (!sentence.classList.contains("clamped")) return;
      made.hidden = sentence.scrollHeight <= sentence.clientHeight + 1;
    }).observe(sentence);
  }

  function makeFilter(family) {
    const form = family.querySelector("form.filter");
    if (!form) return;
    const text = form.querySelector("input[type=search]");
    const boxes = [...form.querySelectorAll("input[type=checkbox]")];
    const told = form.querySelector("output");
    const rows = [...family.querySelectorAll("tr.row")];
    function apply() {
      const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      const roles = boxes.filter((b) => b.checked).map((b) => b.value);
      let seen = 0;
      rows.forEach((row) => {
        const all = row.dataset.find.toLowerCase();
        const here = roles.includes(row.dataset.role) && words.every((w) => all.includes(w));
        row.hidden = !here;
        const open = row.querySelector("[aria-expanded]");
        row.nextElementSibling.hidden = !here || open.getAttribute("aria-expanded") !== "true";
        seen += here;
      });
      told.textContent = `${seen} of ${rows.length} rows`;
    }
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    apply(); // a browser may remember what was typed
  }

  // A page that was opened from a disk may lack the clipboard; the old way needs a selection.
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* try the old way */ }
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
  function copyButton(text, words, name) {
    const made = button(words, "copy", async () => {
      const done = await copy(text);
      made.textContent = done ? "copied" : "select it";
      made.classList.toggle("done", done);
      setTimeout(() => { made.textContent = words; made.classList.remove("done"); }, 1600);
    });
    made.setAttribute("aria-label", name);
    return made;
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("table.sortable").forEach(makeSortable);
    document.querySelectorAll("[data-more]").forEach(unfoldable);
    document.querySelectorAll(".sentence").forEach(shorten);
    document.querySelectorAll("[data-family]").forEach(makeFilter);
    document.querySelectorAll(".command").forEach((place) => {
      const text = place.querySelector("pre").textContent;
      place.append(copyButton(text, "copy", `copy the command ${text}`));
    });
    document.querySelectorAll("td[data-copy]").forEach((cell) => {
      const name = cell.parentElement.querySelector("th").innerText.trim();
      cell.append(copyButton(cell.dataset.copy, "redo", `redo: copy the command for ${name}`));
    });
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
