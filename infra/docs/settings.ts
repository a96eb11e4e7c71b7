import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { schema } from "../../functions/runtime/config.ts";

interface JsonSchema {
  type?: string;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

const sources = ["config", "config-health", "config-housekeeping"].map((name) =>
  fileURLToPath(new URL(`../../functions/runtime/${name}.ts`, import.meta.url)),
);

/** Every setting with its type and default from the schema, and its meaning from the schema's own comments. */
export function settingsTable(): string {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const meanings = readMeanings(sources.map((each) => readFileSync(each, "utf8")).join("\n"));
  const rows = settings(root, schema, "")
    .map((each) => ({ ...each, meaning: meaningOf(each.path, meanings) }))
    // What only holds others says nothing by itself.
    .filter(({ type, meaning }) => type !== "object" || meaning !== "")
    .map(({ path, type, fallback, meaning }) => `| \`${path}\` | ${type} | ${fallback} | ${cell(meaning)} |`);
  return ["", "| setting | type | default | |", "|---|---|---|---|", ...rows, "", ""].join("\n");
}

interface Setting {
  path: string;
  type: string;
  fallback: string;
}

/** @param made the same as `parent`, as zod has it: JSON Schema leaves out defaults of what is transformed. */
function settings(parent: JsonSchema, made: z.core.$ZodType, prefix: string): Setting[] {
  const object = inside(made);
  const shape: Record<string, z.core.$ZodType> = object instanceof z.ZodObject ? object.shape : {};
  return Object.entries(parent.properties ?? {}).flatMap(([key, value]) => {
    const path = prefix + key;
    const { schema: plain, nullable } = withoutNull(value);
    const below = plain.type === "array" ? withoutNull(plain.items ?? {}).schema : plain;
    const part = shape[key] as z.core.$ZodType;
    const fallback = part instanceof z.ZodDefault ? part.def.defaultValue : undefined;
    const needed = parent.required?.includes(key) && fallback === undefined;
    const own = {
      path,
      type: typeOf(plain) + (nullable ? " or null" : ""),
      fallback: needed ? "**needed**" : showDefault(fallback),
    };
    return [own, ...settings(below, part, plain.type === "array" ? `${path}[].` : `${path}.`)];
  });
}

/** The object that a setting is, or of which it is a list. */
function inside(type: z.core.$ZodType): z.core.$ZodType {
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodNullable) {
    return inside(type.def.innerType);
  }
  return type instanceof z.ZodArray ? inside(type.def.element) : type;
}

function withoutNull(value: JsonSchema): { schema: JsonSchema; nullable: boolean } {
  const others = value.anyOf?.filter((each) => each.type !== "null") ?? [];
  const nullable = others.length < (value.anyOf?.length ?? 0);
  return { schema: others[0] ?? value, nullable };
}

function typeOf({ type, enum: values, items }: JsonSchema): string {
  if (values) return values.map((each) => `\`${String(each)}\``).join(", ");
  if (type === "array" && items?.enum) return `list of ${typeOf(items)}`;
  if (type === "array") return `list of ${items?.properties ? "objects" : `${typeOf(items ?? {})}s`}`;
  return (
    { string: "text", boolean: "yes or no", object: "object", integer: "number" }[type ?? ""] ?? type ?? ""
  );
}

function showDefault(value: unknown): string {
  if (value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value)))
    return "";
  return `\`${JSON.stringify(value).replaceAll("|", "\\|")}\``;
}

/** Meanings by the constant of the schema and the keys within it: `limits` → `rpmMinutes` → words. */
type Meanings = Map<string, Map<string, string>>;

/**
 * The comments of the schema's source. It is formatted by a tool, so indentation tells what belongs to what: a key
 * belongs to the nearest key above it with less of it.
 */
function readMeanings(text: string): Meanings {
  const meanings: Meanings = new Map();
  let block = "";
  let comment: string[] = [];
  let above: { indent: number; key: string }[] = [];
  for (const line of text.split("\n")) {
    const [, constant] = /^(?:export )?const (\w+) = z/.exec(line) ?? [];
    if (constant) {
      meanings.set(constant, new Map([["", comment.join(" ")]]));
      [block, comment, above] = [constant, [], []];
      continue;
    }
    const [, words] = /^\s*(?:\/\*\*|\*(?!\/)) ?(.*?)(?:\s*\*\/)?$/.exec(line) ?? [];
    if (words !== undefined) {
      if (line.trimStart().startsWith("/**")) comment = [];
      if (words) comment.push(words.trim());
      continue;
    }
    const [, space = "", key] = /^(\s+)(\w+)(?::|,$)/.exec(line) ?? [];
    if (key) {
      above = [...above.filter(({ indent }) => indent < space.length), { indent: space.length, key }];
      if (comment.length > 0)
        meanings.get(block)?.set(above.map((each) => each.key).join("."), comment.join(" "));
    }
    if (line.trim() !== "*/") comment = [];
  }
  return meanings;
}

/** Which constant of the schema describes what is under a path, where it is not one of the setting's own name. */
const described: [path: RegExp, constant: string][] = [
  [/^people\[\]\./, "person"],
  [/^repositories\[\]\.build\.images\[\]\./, "image"],
  [/^repositories\[\]\./, "repository"],
  [/^clusters\.(production|staging)\./, "cluster"],
];

function meaningOf(path: string, meanings: Meanings): string {
  const [name = ""] = path.split(".", 1);
  const [pattern, constant] = described.find(([each]) => each.test(path)) ?? [`${name}.`, name];
  const below = path.replace(pattern, "").replaceAll("[]", "");
  const own = below === path ? meanings.get(path)?.get("") : meanings.get(constant)?.get(below);
  return meanings.get("schema")?.get(path) ?? own ?? "";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").trim();
}
