import type { AnyObject } from "./objects.ts";

export class BadSelector extends Error {}

/** `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`; several, with commas in between, must all hold. */
export function labelSelector(text: string): (object: AnyObject) => boolean {
  const parts = text.split(/,(?![^(]*\))/).map((each) => each.trim());
  const tests = parts.filter((each) => each !== "").map(labelTest);
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

type LabelTest = (labels: Record<string, string>) => boolean;

function labelTest(text: string): LabelTest {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((each) => each.trim()));
    return (labels) => values.has(labels[key] ?? "") === (operator === "in");
  }
  const equality = /^([^\s!=]+)\s*(!=|==?)\s*([^\s!=]*)$/.exec(text);
  if (equality) {
    const [, key = "", operator, value = ""] = equality;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const existence = /^(!?)([^\s!=()]+)$/.exec(text);
  if (!existence) throw new BadSelector(`unable to parse requirement: ${text}`);
  const [, not, key = ""] = existence;
  return (labels) => key in labels === (not === "");
}

/** Only `metadata.name=…`: as with the real API, an unknown field is an error and never ignored. */
export function fieldSelector(text: string): (object: AnyObject) => boolean {
  if (text === "") return () => true;
  const name = /^metadata\.name==?([^,]+)$/.exec(text)?.[1];
  if (name === undefined) throw new BadSelector(`field label not supported: ${text}`);
  return (object) => object.metadata.name === name;
}
