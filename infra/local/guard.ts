/**
 * Checked before anything else is loaded: the code needs the Node that the functions run on. npm scripts find it in
 * the optional dependencies, which exist for Linux and Windows.
 */
export function assertNode(version: string = process.versions.node): void {
  const major = Number(version.split(".", 1)[0]);
  if (major >= 24) return;
  process.stderr.write(
    `Stablehand needs Node 24 or newer; this is Node ${version}.\n` +
      "Run it by npm (npm start, npm test): on Linux and Windows npm ci brought the right Node along.\n" +
      "Elsewhere, or after npm ci --omit=optional, install Node 24 from https://nodejs.org.\n",
  );
  process.exit(2);
}
