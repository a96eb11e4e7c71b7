/** Far more than an issue needs, and little enough for the patterns. */
const longestBody = 65_536;
const mostTexts = 100;

/**
 * What an issue asks for: whatever stands in code (inline, or a word of a block), and items of a list that are a single
 * word. Prose, and links in it, are not.
 */
export function domainsInIssue(body: string): string[] {
  const text = body.slice(0, longestBody).replace(/<!--[\s\S]*?-->/g, "");
  const blocks = text.split(/^(?:```|~~~)[^\n]*$/m);
  const inBlocks = blocks.filter((_, index) => index % 2 === 1).flatMap((block) => block.split(/[\s,]+/));
  const prose = blocks.filter((_, index) => index % 2 === 0).join("\n");
  const inline = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, word]) => word as string);
  const items = [...prose.matchAll(/^\s{0,6}[-*+]\s+(?:\[[ x]\]\s+)?([^\s`]+)\s*$/gim)].map(
    ([, word]) => word as string,
  );
  const words = [...inBlocks, ...inline, ...items].filter((word) => word.includes(".") || word.includes(":"));
  return [...new Set(words)].slice(0, mostTexts);
}
