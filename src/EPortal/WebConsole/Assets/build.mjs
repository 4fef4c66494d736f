// Makes what browsers load: one style sheet, the scripts, the icons. Called as: node build.mjs SOURCES OUT
// Only what the pages (*.razor below SOURCES) use of the design kit goes in; dark colours follow the system unless chosen.
import { build, transform } from 'esbuild';
import postcss from 'postcss';
import { PurgeCSS } from 'purgecss';
import { brotliCompressSync, gzipSync, constants } from 'node:zlib';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from './files.mjs';

const [sources, out] = process.argv.slice(2);
const kit = new URL('node_modules/@tabler/core/dist/css/tabler.css', import.meta.url).pathname;
const icons = new URL('node_modules/@tabler/icons/icons/outline/', import.meta.url).pathname;
const own = name => new URL(name, import.meta.url).pathname;
const pages = globSync(sources, '.razor');

// [data-bs-theme=dark] is what the kit knows; "auto" means the same where the system is dark.
const auto = {
  postcssPlugin: 'auto-theme',
  OnceExit(root, { AtRule }) {
    root.walkRules(/\[data-bs-theme=["']?dark["']?\]/, rule => {
      if (rule.parent.type === 'atrule' && rule.parent.name === 'media' && rule.parent.params === '(prefers-color-scheme: dark)')
        return;
      const media = new AtRule({ name: 'media', params: '(prefers-color-scheme: dark)' });
      media.append(rule.clone({ selector: rule.selector.replaceAll(/\[data-bs-theme=["']?dark["']?\]/g, '[data-bs-theme=auto]') }));
      rule.after(media);
    });
  },
};

async function styles() {
  const [purged] = await new PurgeCSS().purge({
    content: [...pages, own('console.js'), own('charts.js')],
    css: [{ raw: readFileSync(kit, 'utf8') }],
    safelist: { standard: ['data-bs-theme', 'html', 'body'], greedy: [/data-bs-theme/] },
    variables: true,
    keyframes: true,
    fontFace: true,
  });
  const css = await postcss([auto]).process(purged.css + readFileSync(own('console.css'), 'utf8'), { from: undefined });
  return (await transform(css.css, { loader: 'css', minify: true, legalComments: 'none' })).code;
}

async function script(name) {
  const result = await build({
    entryPoints: [own(name)], bundle: true, minify: true, format: 'iife', target: 'es2022', write: false, legalComments: 'none',
  });
  return result.outputFiles[0].text;
}

// An icon is named in a page as "ti-NAME"; the sprite holds just those.
function sprite() {
  const names = new Set(pages.flatMap(page => [...readFileSync(page, 'utf8').matchAll(/"ti-([a-z0-9-]+)"/g)].map(match => match[1])));
  const symbols = [...names].sort().map(name => {
    if (!existsSync(`${icons}${name}.svg`))
      throw new Error(`There is no icon ${name}.`);
    const paths = readFileSync(`${icons}${name}.svg`, 'utf8').match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1].replaceAll(/\s*\n\s*/g, '');
    return `<symbol id="ti-${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${paths}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`;
}

const files = {
  'console.css': await styles(),
  'console.js': await script('console.js'),
  'charts.js': await script('charts.js'),
  'icons.svg': sprite(),
  'favicon.svg': readFileSync(own('favicon.svg'), 'utf8'),
};
mkdirSync(out);
for (const [name, text] of Object.entries(files)) {
  writeFileSync(`${out}/${name}`, text);
  writeFileSync(`${out}/${name}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT } }));
  writeFileSync(`${out}/${name}.gz`, gzipSync(text, { level: 9 }));
}
