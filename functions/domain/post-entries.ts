/** Reads a published post: people may have edited it since it was drafted, so its text is all there is to go by. */

/** The entries of a post's list, in order, each as plain text: its first paragraph without the links to its changes. */
export function postEntries(markdown: string): string[] {
  const body = markdown.replace(/^---\n.*?\n---\n/s, "");
  const entries: string[][] = [];
  let open = false;
  for (const line of body.split(/\r?\n/)) {
    const item = /^[-*+] +(.*)$/.exec(line);
    if (item) {
      entries.push([item[1] ?? ""]);
      open = true;
    } else if (/^\s*$/.test(line) || /^\s*[-*+] /.test(line) || !/^\s{2,}\S/.test(line)) open = false;
    else if (open) entries.at(-1)?.push(line.trim());
  }
  return entries.map((lines) => plain(lines.join(" "))).filter((text) => text !== "");
}

/** `([packit#1](…), [ogr#2](…))` at the end of an entry, before its full stop where a person put one there. */
const changeLinks = /\s*\((?:\[[^\]]*\]\([^)\s]*\)(?:, )?)+\)([.!?]?)\s*$/;

function plain(text: string): string {
  return text
    .replace(changeLinks, "$1")
    .replace(/!?\[([^\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?: "[^"]*")?\)/g, "$1")
    .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, "$2")
    .replace(/(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/g, "$1")
    .replace(/(`+)(.+?)\1/g, "$2")
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
