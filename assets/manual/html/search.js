// Search of the manual: every word of the query must begin a word of a section; hits in titles come first.
"use strict";
(function () {
  const field = document.getElementById("search");
  const list = document.getElementById("hits");
  const MOST = 24;
  const folded = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  const entries = window.MANUAL.map(([address, page, title, text]) => ({
    address, page, title, inTitle: " " + folded(title), inAll: " " + folded(title + " " + page + " " + text)
  }));

  function begins(text, word) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      if (!/[\p{L}\p{N}]/u.test(text[at - 1] || " ")) return true;
    }
    return false;
  }

  function rank(entry, words, whole) {
    if (entry.inTitle.trim() === whole) return 0;
    if (words.every((word) => begins(entry.inTitle, word))) return 1;
    return words.every((word) => begins(entry.inAll, word)) ? 2 : -1;
  }

  function show() {
    const whole = folded(field.value).trim();
    const words = whole.split(/\s+/).filter(Boolean);
    const hits = words.length
      ? entries.map((entry) => [rank(entry, words, whole), entry]).filter(([at]) => at >= 0)
      : [];
    hits.sort(([one], [other]) => one - other);
    list.replaceChildren(...hits.slice(0, MOST).map(([, entry]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = entry.address;
      link.textContent = entry.title;
      const page = document.createElement("small");
      page.textContent = entry.page;
      link.append(page);
      item.append(link);
      return item;
    }));
    if (words.length && !hits.length) {
      const item = document.createElement("li");
      item.textContent = "Nothing found. Try fewer or shorter words.";
      list.append(item);
    }
  }

  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    const first = list.querySelector("a");
    if (event.key === "Enter" && first) first.click();
    if (event.key === "Escape") { field.value = ""; show(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target === document.body) { event.preventDefault(); field.focus(); }
  });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) { field.value = asked; show(); }
})();
