import fs from "node:fs";
import module from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * How `npm start` loads the sources: Node strips the types itself, and JSX, which it cannot read, is compiled all at once
 * by esbuild. That takes half as long as a loader that looks at every module, those of the libraries included.
 */

const root = new URL("../../", import.meta.url);

if (module.registerHooks) {
  // Only JSX has moved its lines. The maps of libraries would all be read.
  module.setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
  let compiled;
  module.registerHooks({
    load(url, context, nextLoad) {
      if (!url.endsWith(".tsx")) return nextLoad(url, context);
      compiled ??= compileAll();
      const source = compiled.get(url);
      if (source === undefined) return nextLoad(url, context);
      return { format: "module", source, shortCircuit: true };
    },
  });
} else {
  // An older Node: this brings it as far as the guard, which tells what is missing.
  await import("tsx");
}

/** @returns URL of a file with JSX → JavaScript. */
function compileAll() {
  const { buildSync } = module.createRequire(import.meta.url)("esbuild");
  const folder = fileURLToPath(root);
  const { outputFiles } = buildSync({
    absWorkingDir: folder,
    entryPoints: fs.globSync(["functions/**/*.tsx", "infra/**/*.tsx"], { cwd: folder }),
    outbase: folder,
    outdir: folder,
    outExtension: { ".js": ".tsx" },
    format: "esm",
    target: "es2024",
    sourcemap: "inline",
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [pathToFileURL(path).href, text]));
}
