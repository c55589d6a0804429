// Builds the widget into dist/: minified, under hashed names, and compressed. Does nothing if no input changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");
const demo = join(here, "..", "demo");

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|css)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const inputs = [...filesIn(join(here, "src")), ...filesIn(demo), join(here, "package-lock.json"), join(here, "build.mjs")];
const hash = createHash("sha256");
for (const input of inputs) hash.update(input.slice(here.length)).update(readFileSync(input));
const stamp = hash.digest("hex");
const stampFile = join(dist, "inputs.sha256");
if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) process.exit(0);

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const result = await build({
  absWorkingDir: here,
  entryPoints: {
    loader: "src/loader/main.ts",
    chat: "src/chat/main.ts",
    "chat-style": "src/chat/style.css",
    demo: "../demo/demo.ts",
    "demo-style": "../demo/style.css",
  },
  outdir: dist,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox125", "safari17.5"],
  legalComments: "external",
  charset: "utf8",
  metafile: true,
  logLevel: "warning",
});

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
for (const name of Object.values(names)) {
  writeFileSync(join(dist, `${name}.gz`), gzipSync(readFileSync(join(dist, name)), { level: 9 }));
}
writeFileSync(join(dist, "manifest.json"), JSON.stringify(names, null, 2));
writeFileSync(stampFile, stamp);
