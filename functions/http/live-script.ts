import { createHash } from "node:crypto";

/**
 * Brings a run's page up to date, where scripts run; elsewhere the page reloads itself. It asks for the very page that
 * is shown, by its version, and changes only what is different, so that what a person has opened, focused, selected or
 * scrolled to stays; so does the box of what goes on now when the run ends meanwhile. It asks less often while nothing changes, and not at all while nobody looks.
 */
export const liveScript = `
(() => {
  const main = document.querySelector("main"), soonest = 3000, latest = 20000;
  let version = main.querySelector("[data-version]")?.dataset.version, pause = soonest, timer;
  if (!version) return;
  const kept = ["open", "hidden", "data-live"];
  const key = (node) => node.nodeName + (node.nodeType === 1 ? node.id || node.getAttribute("aria-labelledby") || node.getAttribute("data-state") || "" : "");
  const take = (from, to) => {
    if (from.nodeType !== 1) { if (from.data !== to.data) from.data = to.data; return; }
    for (const { name } of [...from.attributes]) {
      if (!kept.includes(name) && !to.hasAttribute(name)) from.removeAttribute(name);
    }
    for (const { name, value } of to.attributes) {
      if (!kept.includes(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
    let old = from.firstChild;
    for (const node of [...to.childNodes]) {
      let same = old;
      while (same && key(same) !== key(node)) same = same.nextSibling;
      if (!same) { from.insertBefore(node, old); continue; }
      while (old !== same) { const next = old.nextSibling; old.remove(); old = next; }
      take(same, node);
      old = same.nextSibling;
    }
    while (old) { const next = old.nextSibling; old.remove(); old = next; }
  };
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "If-None-Match": 'W/"' + version + '"' }, cache: "no-store" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const live = page.querySelector("[data-live]");
        take(main, page.querySelector("main"));
        document.title = page.title;
        version = main.querySelector("[data-version]")?.dataset.version;
        pause = soonest;
        if (!live) return;
      } else {
        if (answer.status >= 400 && answer.status < 500) return location.reload();
        pause = Math.min(pause * 1.4, latest);
      }
    } catch {
      pause = latest;
    }
    timer = document.hidden ? undefined : setTimeout(look, pause);
  };
  if (!main.querySelector("[data-live]")) return;
  timer = setTimeout(look, soonest);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && timer === undefined) look();
  });
})();
`;

export const liveScriptHash = `sha256-${createHash("sha256").update(liveScript).digest("base64")}`;
