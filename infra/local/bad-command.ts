/** Bad input of the person who typed the command: told in one line, exit code 2. */
export class BadCommand extends Error {
  override readonly name = "BadCommand";
}
