import type { HtmlEscapedString } from "hono/utils/html";

/** What a request for a page comes to. */
export type Page =
  | { status: 200 | 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 500 | 503; body: Markup }
  /** See other: where to look after a form was sent. */
  | { location: string };

/** Markup that was escaped. */
export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;
