import { createHash } from "node:crypto";

/**
 * Brings a run's page up to date, where scripts run; elsewhere the page reloads itself. It asks for the very page that
 * is shown, by its version, and changes only what is different, so that what a person has opened, focused, selected or
 * scrolled to stays. It asks less often while nothing changes, and not at all while nobody looks.
 */
export const liveScript = `
(() => {
  const main = document.querySelector("main"), soonest = 3000, latest = 20000;
  let version = main.querySelector("[data-version]")?.dataset.version, pause = soonest, timer;
  if (!version) return;
  const take = (from, to) => {
    if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || from.id !== to.id) return from.replaceWith(to);
    if (from.nodeType !== 1) { if (from.data !== to.data) from.data = to.data; return; }
    for (const { name } of [...from.attributes]) if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
    for (const { name, value } of to.attributes) {
      if (name !== "open" && from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
    const old = [...from.childNodes], fresh = [...to.childNodes];
    fresh.forEach((node, index) => (old[index] ? take(old[index], node) : from.append(node)));
    old.slice(fresh.length).forEach((node) => node.remove());
  };
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "If-None-Match": 'W/"' + version + '"' }, cache: "no-store" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        take(main, page.querySelector("main"));
        document.title = page.title;
        version = main.querySelector("[data-version]")?.dataset.version;
        pause = soonest;
        if (!main.querySelector("[data-live]")) return;
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
