// Builds the widget into dist/: minified, under hashed names, and compressed. Does nothing if no input changed.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..", "..");
const dist = join(here, "dist");
const pages = ["demo", "install"].map((name) => join(here, "..", name));

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|css|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const settings = ["package-lock.json", "tsconfig.json", "tsconfig.npm.json", "build.mjs", "../../pyproject.toml"];
const inputs = [...filesIn(join(here, "src")), ...pages.flatMap(filesIn), ...settings.map((name) => join(here, name))];
const hash = createHash("sha256");
for (const input of inputs) hash.update(input.slice(here.length)).update(readFileSync(input));
const stamp = hash.digest("hex");
const stampFile = join(dist, "inputs.sha256");
if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) process.exit(0);

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
/** Style sheets that a script of the loader imports, minified, as text. */
const styleAsText = {
  name: "style as text",
  setup(builder) {
    builder.onLoad({ filter: /loader\/\w+\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: shared.target });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ["chrome123", "firefox125", "safari17.5"],
  charset: "utf8",
  logLevel: "warning",
  plugins: [styleAsText],
};
const result = await build({
  ...shared,
  entryPoints: {
    loader: "src/loader/main.ts",
    chat: "src/chat/main.ts",
    "chat-style": "src/chat/style.css",
    demo: "../demo/demo.ts",
    "demo-style": "../demo/style.css",
    install: "../install/install.ts",
    "install-style": "../install/style.css",
  },
  outdir: dist,
  entryNames: "[name]-[hash]",
  format: "iife",
  legalComments: "external",
  metafile: true,
});
// A module that the loader imports.
await build({ ...shared, entryPoints: { extras: "src/loader/extras.ts" }, outdir: dist, format: "esm" });

// The npm package, which is not published from here: `npm publish bot/widget/dist/npm`.
const npm = join(dist, "npm");
await build({ ...shared, minify: false, entryPoints: { index: "src/npm/index.ts" }, outdir: npm, format: "esm" });
const compiler = join(here, "node_modules", "typescript", "bin", "tsc");
execFileSync(process.execPath, [compiler, "-p", join(here, "tsconfig.npm.json")], { stdio: "inherit" });
const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, "pyproject.toml"), "utf8"))[1];
const manifest = {
  name: "@klantkompas/widget",
  version,
  description: "Puts the chat of a Klantkompas advisor on a page",
  license: "Apache-2.0",
  type: "module",
  exports: { ".": { types: "./types/npm/index.d.ts", default: "./index.js" } },
  sideEffects: false,
};
writeFileSync(join(npm, "package.json"), JSON.stringify(manifest, null, 2));
copyFileSync(join(here, "src", "npm", "README.md"), join(npm, "README.md"));
copyFileSync(join(root, "LICENSE"), join(npm, "LICENSE"));

const names = {};
const licences = [];
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  const name = basename(path);
  if (name.endsWith(".LEGAL.txt")) {
    licences.push(readFileSync(join(dist, name), "utf8"));
    rmSync(join(dist, name));
  } else if (output.entryPoint) {
    names[name.replace(/-[A-Z0-9]{8}(\.\w+)$/, "$1")] = name;
  }
}
// Not every package has a licence comment in its code, so the licence files of all bundled packages are added.
const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(found[1]);
}
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  licences.push(`${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), "utf8") : ""}`);
}
writeFileSync(join(dist, "licences.txt"), licences.join(`\n${"-".repeat(80)}\n`));
names["licences.txt"] = "licences.txt";
names["extras.js"] = "extras.js";
for (const name of Object.values(names)) {
  writeFileSync(join(dist, `${name}.gz`), gzipSync(readFileSync(join(dist, name)), { level: 9 }));
}
writeFileSync(join(dist, "manifest.json"), JSON.stringify(names, null, 2));
writeFileSync(stampFile, stamp);
