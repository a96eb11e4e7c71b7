/** The two ways of patching that the API takes: RFC 7396 (merge) and RFC 6902 (JSON Patch). */

type Json = unknown;
type JsonObject = Record<string, Json>;

export class BadPatch extends Error {}

/** `null` removes; objects are merged; everything else, lists too, is replaced. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** @throws BadPatch for a path that is not there, a failed `test`, or an operation other than test, add, replace, remove. */
export function jsonPatch(target: Json, operations: Json): Json {
  if (!Array.isArray(operations)) throw new BadPatch("a JSON Patch is a list of operations");
  const root = { value: structuredClone(target) };
  for (const { op, path, value } of operations as { op: string; path: string; value?: Json }[]) {
    const keys = ["value", ...path.split("/").slice(1).map(unescaped)];
    const last = keys.pop() ?? "";
    const parent = keys.reduce<Json>((each, key) => (isContainer(each) ? each[key] : undefined), root);
    if (!isContainer(parent)) throw new BadPatch(`the path ${path} is not there`);
    apply(parent, last, op, path, value);
  }
  return root.value;
}

function apply(parent: JsonObject, key: string, op: string, path: string, value: Json): void {
  if (op === "add") {
    if (Array.isArray(parent)) parent.splice(key === "-" ? parent.length : Number(key), 0, value);
    else parent[key] = value;
    return;
  }
  if (!(key in parent)) throw new BadPatch(`the path ${path} is not there`);
  if (op === "replace") parent[key] = value;
  else if (op === "remove" && Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (op === "remove") delete parent[key];
  else if (op !== "test") throw new BadPatch(`the operation ${op} is not supported`);
  else if (JSON.stringify(parent[key]) !== JSON.stringify(value))
    throw new BadPatch(`the test of ${path} failed`);
}

function unescaped(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list is walked by its indexes like an object by its keys. */
function isContainer(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null;
}
