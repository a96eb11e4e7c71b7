import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { html } from "hono/html";
import type { WorldContext } from "./context.ts";

/** The site that shows the posts of its repository some minutes after they are merged. */
export interface SiteEmulator {
  url: string;
  /** Paths of the posts that it shows. */
  pages(): string[];
  close(): Promise<void>;
}

/** Minutes that the site takes to be built. */
const buildMinutes = 2;

/** @param posts Path → content of the files of a branch of the site's repository. */
export async function startSite(
  { config, events, timers }: WorldContext,
  posts: (repository: string, branch: string) => Promise<Map<string, string>>,
): Promise<SiteEmulator> {
  const { post, news } = config;
  let shown = new Map<string, string>();
  const folder = `${post.path.split("/")[0]}/`;
  const isPost = (path: string) => path.startsWith(folder) && /\.mdx?$/.test(path);
  const build = async () => {
    if (!news) return;
    const files = await posts(post.repository, news.baseBranch);
    shown = new Map([...files].flatMap(([path, text]) => (isPost(path) ? [[pageOf(path), text]] : [])));
  };
  await build();
  const pushed = ({ repository, branch }: { repository: string; branch: string }) => {
    if (repository === post.repository && branch === news?.baseBranch) timers.after(buildMinutes, build);
  };
  events.on("push", pushed);

  const app = new Hono();
  app.get("*", (c) => {
    const path = decodeURIComponent(new URL(c.req.url).pathname);
    const text = shown.get(path);
    if (path === "/")
      return c.html(
        html`<ul>${[...shown.keys()].map((each) => html`<li><a href="${each}">${each}</a></li>`)}</ul>`,
      );
    if (text === undefined) return c.html("<h1>Page Not Found</h1>", 404);
    return c.html(html`<!doctype html><meta charset="utf-8" /><title>${path}</title><pre>${text}</pre>`);
  });
  const server = serve({
    fetch: app.fetch,
    port: 0,
    hostname: "127.0.0.1",
    overrideGlobalObjects: false,
  }) as Server;
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    pages: () => [...shown.keys()],
    async close() {
      events.off("push", pushed);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pageOf(path: string): string {
  return `/${path.replace(/\.mdx?$/, "")}`;
}
