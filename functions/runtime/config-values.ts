import { z } from "zod";

/** Kinds of values that several parts of the configuration have. */

export const name = z.string().min(1);
/** Without a slash at the end. */
export const url = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ""));
export const minutes = z.number().positive();
