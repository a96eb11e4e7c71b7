import { z } from "zod";

const lambdaCause = z.object({ errorMessage: z.string() });

/** The sentence in a state's `Cause`: Lambda packs an error as JSON, Step Functions' own causes are plain text. */
export function readCause(cause: string): string {
  try {
    const parsed = lambdaCause.safeParse(JSON.parse(cause));
    return parsed.success ? parsed.data.errorMessage : cause;
  } catch {
    return cause;
  }
}
