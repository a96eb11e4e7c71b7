import type { Child } from "hono/jsx";
import { stylesheet, stylesheetHash } from "./stylesheet.ts";

/** Sent with every page. No script runs, nothing is loaded, nobody frames it, and its address goes nowhere. */
export const pageHeaders: Record<string, string> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    `style-src '${stylesheetHash}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "X-Robots-Tag": "noindex, nofollow, noarchive",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Strict-Transport-Security": "max-age=31536000",
};

interface LayoutProps {
  title: string;
  /** More for the page's head: a style or script needs its hash in the Content-Security-Policy. */
  head?: Child;
  /** As wide as a screen allows, for what is read side by side. */
  wide?: boolean;
  /** On the right of the page's head: which run, for whom. */
  about?: string;
  /** Where keyboards jump to first. */
  skipTo?: { id: string; label: string };
  children?: Child;
}

export function Layout({ title, about, skipTo, head, wide, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Stablehand</title>
        {/* Our own constant; escaping would break it. */}
        <style dangerouslySetInnerHTML={{ __html: stylesheet }} />
        {head}
      </head>
      <body class={wide ? "wide" : undefined}>
        {skipTo ? (
          <a class="skip" href={`#${skipTo.id}`}>
            {skipTo.label}
          </a>
        ) : null}
        <header class="top">
          <p class="brand">Stablehand</p>
          {about ? <p>{about}</p> : null}
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}

interface MessageProps {
  title: string;
  about?: string;
  children?: Child;
}

/** A page that says one thing: what happened, what it means, what one can do. */
export function Message({ title, about, children }: MessageProps) {
  return (
    <Layout title={title} about={about}>
      <section class="card" aria-labelledby="title">
        <h1 id="title">{title}</h1>
        {children}
      </section>
    </Layout>
  );
}
