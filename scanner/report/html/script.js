// Filters, sorts and walks the lists of a page. The page is whole without it: nothing is fetched, stored or written as HTML.
"use strict";
(() => {
  const STEP = 200; // entries of a list that stand in the document at once; more when asked
  const lists = [];
  document.documentElement.classList.add("js");

  /** One list, its controls and its tallies. */
  const wired = (form) => {
    const list = document.getElementById(form.dataset.for);
    const rows = [...list.children].map((node, place) => ({ node, place, text: null }));
    const search = form.querySelector("input[type=search]");
    const order = form.querySelector(".order");
    const choices = [...form.querySelectorAll("select[data-key]")];
    const status = choices.find((one) => one.dataset.key === "status");
    const counted = form.querySelector(".counted");
    const buttons = [];
    const further = document.createElement("button");
    let sorted = rows;
    let chosen = 0;
    let fitting = rows;
    let drawn = 0;

    const text = (row) => (row.text ??= row.node.textContent.toLowerCase());

    const sort = () => {
      if (order.selectedIndex === chosen) return;
      chosen = order.selectedIndex;
      const by = order.value;
      const { falling, numeric } = order.selectedOptions[0].dataset;
      const sign = falling === undefined ? 1 : -1;
      const keyed = rows.map((row) => {
        const value = row.node.dataset[by] ?? "";
        return { row, value: numeric === undefined ? value : Number(value) };
      });
      if (by) keyed.sort((a, b) => (a.value < b.value ? -sign : a.value > b.value ? sign : a.row.place - b.row.place));
      sorted = keyed.map((one) => one.row);
    };

    const more = (upto = drawn + STEP) => {
      list.append(...fitting.slice(drawn, upto).map((row) => row.node));
      drawn = Math.min(upto, fitting.length);
      further.hidden = drawn === fitting.length;
      further.textContent = `Show more (${(fitting.length - drawn).toLocaleString("en")} left)`;
    };

    const draw = (upto) => {
      list.replaceChildren();
      drawn = 0;
      more(upto);
    };

    const apply = () => {
      sort();
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = choices.filter((choice) => choice.value !== "*").map((choice) => [choice.dataset.key, choice.value]);
      fitting = sorted.filter(
        (row) => wanted.every(([key, value]) => row.node.dataset[key] === value) && words.every((word) => text(row).includes(word)),
      );
      draw();
      counted.textContent = `${fitting.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
      for (const [button, choice, value] of buttons) button.setAttribute("aria-pressed", String(choice.value === value));
    };

    /** Moves the focus to the next entry, from one or from the edge of the list. */
    const walk = (from, step) => {
      if (step < 0 && !from) more(fitting.length);
      let entry = from ? (step > 0 ? from.nextElementSibling : from.previousElementSibling) : step > 0 ? list.firstElementChild : list.lastElementChild;
      if (!entry && step > 0 && drawn < fitting.length) {
        more();
        entry = from.nextElementSibling;
      }
      entry?.querySelector("summary").focus();
    };

    /** Keys that mean something only while an entry has the focus. */
    const steered = (event) => {
      const entry = event.target.closest(".entry");
      if (!entry || event.target.tagName !== "SUMMARY" || event.ctrlKey || event.metaKey || event.altKey) return;
      const steps = { ArrowDown: [entry, 1], j: [entry, 1], ArrowUp: [entry, -1], k: [entry, -1], Home: [null, 1], End: [null, -1] };
      if (event.key in steps) walk(...steps[event.key]);
      else if (event.key === "/") search.focus();
      else if (event.key === "Escape") entry.querySelector("details").open = false;
      else return;
      event.preventDefault();
    };

    /** Opens the entry of this name, whatever is filtered. */
    const reveal = (id) => {
      const row = rows.find((one) => one.node.id === id);
      if (!row) return;
      search.value = "";
      for (const choice of choices) choice.value = "*";
      apply();
      more(Math.max(drawn, fitting.indexOf(row) + 1));
      row.node.querySelector("details").open = true;
      row.node.scrollIntoView();
    };

    search.addEventListener("input", apply);
    for (const choice of [...choices, order]) choice.addEventListener("change", apply);
    form.addEventListener("reset", () => setTimeout(apply));
    form.addEventListener("submit", (event) => event.preventDefault());
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && search.value) {
        search.value = "";
        apply();
      } else if (event.key === "ArrowDown") {
        event.preventDefault();
        walk(null, 1);
      }
    });
    list.addEventListener("keydown", steered);
    further.type = "button";
    further.className = "further";
    further.addEventListener("click", () => {
      const last = list.lastElementChild;
      more();
      last.nextElementSibling.querySelector("summary").focus();
    });
    list.after(further);

    // A line of a tally becomes a button that chooses its value.
    for (const item of document.querySelectorAll(`[data-of="${form.dataset.for}"]`)) {
      const choice = choices.find((one) => one.dataset.key === item.dataset.key);
      if (!choice) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...item.childNodes);
      item.append(button);
      button.addEventListener("click", () => {
        const again = choice.value === item.dataset.value;
        choice.value = again ? "*" : item.dataset.value;
        if (status && !again) status.value = "open"; // a tally counts what is open
        apply();
      });
      buttons.push([button, choice, item.dataset.value]);
    }
    apply();
    // What is searched is made while nobody waits for it.
    let next = 0;
    const prepare = (time) => {
      while (next < rows.length && time.timeRemaining() > 1) text(rows[next++]);
      if (next < rows.length) requestIdleCallback(prepare);
    };
    if ("requestIdleCallback" in window) requestIdleCallback(prepare);
    lists.push({ reveal, all: () => more(fitting.length), few: () => draw() });
  };

  for (const form of document.querySelectorAll("form.controls")) wired(form);

  const named = () => {
    if (/^#f-[\w-]+$/.test(location.hash)) for (const list of lists) list.reveal(location.hash.slice(1));
  };
  addEventListener("hashchange", named);
  named();

  // On paper, everything that is chosen is there, and open.
  let closed = [];
  addEventListener("beforeprint", () => {
    for (const list of lists) list.all();
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
    for (const list of lists) list.few();
  });
})();
