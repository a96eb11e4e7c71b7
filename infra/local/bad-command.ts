import { messageOf } from "../../functions/runtime/errors.ts";

/** Bad input of the person who typed the command: told in one line, exit code 2. */
export class BadCommand extends Error {
  override readonly name = "BadCommand";
}

/** For a file or folder that a rehearsal would go on with, and cannot. */
export function brokenState(path: string, cause: unknown): BadCommand {
  return new BadCommand(
    `${path} is not what a rehearsal leaves there: ${messageOf(cause)}. ` +
      "Forget it with --fresh, or use another folder: --state DIR.",
  );
}
