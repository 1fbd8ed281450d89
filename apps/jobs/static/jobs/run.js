// The page of a run while the run is not over: new log lines are added as they come, and the page is loaded
// again when the run has come into another state.
"use strict";

(function () {
  const page = document.querySelector("#content-main");
  const log = document.querySelector("#log");
  if (!page || !log) return;
  log.scrollTop = log.scrollHeight;
  if (!page.hasAttribute("data-live")) return;

  const EVERY_MS = 1000;
  const MOST_LINES = 5000;
  let last = Number(log.dataset.last);

  function row(line) {
    const element = document.createElement("div");
    element.className = `jobs-${line.stream}`;
    for (const text of [line.number, line.time, line.text]) {
      const cell = document.createElement("span");
      cell.textContent = text;
      element.append(cell);
    }
    return element;
  }

  function add(lines) {
    if (!lines.length) return;
    const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 20;
    log.append(...lines.map(row));
    while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
    last = lines[lines.length - 1].number;
    document.querySelector("#log-empty").hidden = true;
    if (follows) log.scrollTop = log.scrollHeight;
  }

  function isAsking() {
    const modal = document.querySelector("#dialog");
    return modal !== null && modal.offsetParent !== null;
  }

  async function look() {
    let wait = EVERY_MS;
    try {
      const query = new URLSearchParams({ attempt: log.dataset.attempt, after: String(last) });
      const answer = await fetch(`${log.dataset.url}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return; // signed out, or gone: the page stays as it is
      const news = await answer.json();
      add(news.lines);
      if (news.has_more) {
        wait = 0;
      } else if (String(news.event) !== page.dataset.event && !isAsking()) {
        window.location.reload();
        return;
      }
    } catch {
      wait = 5 * EVERY_MS; // the server is away
    }
    window.setTimeout(look, wait);
  }

  window.setTimeout(look, EVERY_MS);
})();
