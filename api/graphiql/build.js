// Bundles the explorer's page into dist/: every file named by its content, gzipped, none from another host.
// The same sources give the same bytes. dist/index.html is the last file written, so its presence means a whole build.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const OUT = "dist";

const WORKERS = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
};

const SHARED = {
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  outdir: OUT,
  target: ["chrome115", "firefox115", "safari16.4"],
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};

/** Monaco's modules import their own styles, all of which stand in graphiql/style.css already. */
const withoutMonacoStyles = {
  name: "without-monaco-styles",
  setup({ onLoad }) {
    onLoad({ filter: /monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "css" }));
  },
};

/** GraphiQL's fonts come as data addresses inside its styles; as files, a browser loads only those that it shows. */
const fontsAsFiles = {
  name: "fonts-as-files",
  setup({ onLoad }) {
    onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const fonts = [];
      const contents = css.replace(/url\(["']?data:font\/(\w+);base64,([^)"']+)["']?\)/g, (_, kind, data) => {
        fonts.push([kind, data]);
        return `url("font:${fonts.length - 1}.${kind}")`;
      });
      return { contents, loader: "css", pluginData: { fonts } };
    });
  },
};

const fontFiles = {
  name: "font-files",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^font:/ }, ({ path, pluginData }) => ({ path, namespace: "font", pluginData }));
    onLoad({ filter: /.*/, namespace: "font" }, ({ path, pluginData }) => {
      const [, index] = /^font:(\d+)/.exec(path);
      return { contents: Buffer.from(pluginData.fonts[Number(index)][1], "base64"), loader: "file" };
    });
  },
};

/** `import tabs from "tabs"`: every file of tabs/, in the order of its name. To add a tab, add a file. */
const openedTabs = {
  name: "opened-tabs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^tabs$/ }, ({ path }) => ({ path, namespace: "tabs" }));
    onLoad({ filter: /.*/, namespace: "tabs" }, async () => {
      const names = (await readdir("tabs")).filter((name) => name.endsWith(".graphql")).sort();
      const tabs = names.map(async (name) => ({ query: await readFile(join("tabs", name), "utf8") }));
      return { contents: JSON.stringify(await Promise.all(tabs)), loader: "json" };
    });
  },
};

async function bundleWorker(entry) {
  return await build({ ...SHARED, entryPoints: { worker: entry }, format: "iife" });
}

async function bundlePage(workers) {
  return await build({
    ...SHARED,
    entryPoints: { main: "src/main.jsx", favicon: "src/favicon.svg" },
    format: "esm",
    splitting: true,
    jsx: "automatic",
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".svg": "copy", ".ttf": "file", ".woff": "file", ".woff2": "file" },
    define: { ...SHARED.define, WORKERS: JSON.stringify(workers) },
    plugins: [withoutMonacoStyles, fontsAsFiles, fontFiles, openedTabs],
  });
}

const FONTS = "Fonts inside these packages: Roboto (Apache-2.0), Fira Code (SIL OFL 1.1), Codicons (CC BY 4.0)";

/** The licence of every package that a bundle took code from: each asks to be shipped along. */
async function licences(bundles) {
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  const texts = await Promise.all([...new Set(folders)].filter(Boolean).sort().map(licence));
  return [...texts, FONTS].join("\n\n");
}

async function licence(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(folder, file), "utf8") : "";
  return `${name} ${version} (${license})\n\n${text.trim()}`;
}

function hashed(name, contents, suffix) {
  return `${name}-${createHash("sha256").update(contents).digest("hex").slice(0, 8).toUpperCase()}${suffix}`;
}

async function write(name, contents) {
  await writeFile(join(OUT, "assets", `${name}.gz`), gzipSync(contents, { level: 9 }));
  return name;
}

async function page(written) {
  const template = await readFile("index.html", "utf8");
  const names = { SCRIPT: /^main-.*\.js$/, STYLE: /^main-.*\.css$/, FAVICON: /^favicon-/, LICENCES: /^licences-/ };
  const fill = (html, [word, pattern]) => html.replaceAll(`{${word}}`, written.find((name) => pattern.test(name)));
  return Object.entries(names).reduce(fill, template);
}

await rm(OUT, { recursive: true, force: true });
await mkdir(join(OUT, "assets"), { recursive: true });
const bundles = [];
const workers = {};
for (const [label, entry] of Object.entries(WORKERS)) {
  const bundle = await bundleWorker(entry);
  const [{ contents }] = bundle.outputFiles;
  workers[label] = await write(hashed(label, contents, ".worker.js"), contents);
  bundles.push(bundle);
}
const main = await bundlePage(workers);
const written = await Promise.all(main.outputFiles.map(({ path, contents }) => write(basename(path), contents)));
const texts = await licences([...bundles, main]);
written.push(await write(hashed("licences", texts, ".txt"), texts));
await writeFile(join(OUT, "index.html"), await page(written));
