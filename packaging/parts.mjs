// What a program is made of: completes the bill of materials (CycloneDX) that the tool made of its NuGet packages by what
// that does not know, and writes the notices that the licences ask for. Everything comes from the packages themselves.
// node parts.mjs BOM PROJECT-FOLDER NOTICES [NPM-FOLDER]
// SOURCE_DATE_EPOCH is the time that the bill names (seconds).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [bomFile, project, noticesFile, npm] = process.argv.slice(2);
const packages = process.env.NUGET_PACKAGES ?? join(homedir(), '.nuget/packages');
const texts = new URL('licences/', import.meta.url);
const bom = JSON.parse(readFileSync(bomFile, 'utf8'));

const nugetFolder = part => join(packages, part.name.toLowerCase(), part.version.toLowerCase());
const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

// The runtime goes into the program without being a package reference.
function runtimes() {
  const assets = JSON.parse(readFileSync(join(project, 'obj/project.assets.json'), 'utf8'));
  const found = new Map();
  for (const framework of Object.values(assets.project.frameworks))
    for (const { name, version } of framework.downloadDependencies ?? [])
      if (/App\.Runtime\.|ILCompiler$/i.test(name)) found.set(name, version.replace(/^\[([^,]+),.*$/, '$1'));
  return [...found].map(([name, version]) => ({
    type: 'framework',
    'bom-ref': `pkg:nuget/${name}@${version}`,
    name,
    version,
    scope: 'required',
    licenses: [{ license: { id: 'MIT' } }],
    copyright: '(c) Microsoft Corporation. All rights reserved.',
    purl: `pkg:nuget/${name}@${version}`,
  }));
}

// What browsers load is bundled from these; what only builds it is marked dev in the lock file.
function npmParts(folder) {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(lock.packages)
    .filter(([path, part]) => path.startsWith('node_modules/') && !part.dev && !part.devOptional)
    .map(([path, part]) => {
      const name = path.replace(/^.*node_modules\//, '');
      const purl = `pkg:npm/${name.replace('@', '%40')}@${part.version}`;
      const about = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));
      return {
        folder: join(folder, path),
        component: {
          type: 'library',
          'bom-ref': purl,
          ...(about.author ? { authors: [{ name: about.author.name ?? about.author }] } : {}),
          name,
          version: part.version,
          scope: 'required',
          licenses: [{ license: { id: part.license ?? about.license } }],
          purl,
        },
      };
    });
}

function licenceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => /^(licen[cs]e|notice|copying|third-party-notices)/i.test(name))
    .sort()
    .map(name => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}

function notice({ component, folder }) {
  const ids = (component.licenses ?? []).map(one => one.license?.id ?? one.expression ?? one.license?.name);
  const files = licenceFiles(folder);
  const standard = ids.map(id => new URL(`${id}.txt`, texts)).filter(file => existsSync(file));
  if (files.length === 0 && standard.length === 0)
    throw new Error(`no licence text for ${component.name} ${component.version} (${ids}): put it into packaging/licences/`);
  const holder = component.copyright ?? (component.authors ?? []).map(author => author.name).join(', ');
  return [
    '='.repeat(100),
    `${component.name} ${component.version}${ids.length > 0 ? ` (${ids.join(', ')})` : ''}`,
    ...(holder ? [/copyright|\(c\)|©/i.test(holder) ? holder : `Copyright ${holder}`] : []),
    '',
    ...(files.length > 0 ? files : standard.map(file => readFileSync(file, 'utf8').trim())),
    '',
  ].join('\n');
}

// Analyzers and the like build the program and are not in it.
const isInside = part => !/^Microsoft\.NET\.ILLink\.Tasks$/.test(part.name);
const nuget = [...bom.components.filter(isInside), ...runtimes()].map(component => ({ component, folder: nugetFolder(component) }));
const all = [...nuget, ...(npm ? npmParts(npm) : [])].sort((a, b) => byName(a.component, b.component));
const kept = new Set(all.map(one => one.component['bom-ref']).concat(bom.metadata.component['bom-ref']));

bom.components = all.map(one => one.component);
bom.metadata.timestamp = new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000).toISOString().replace('.000', '');
bom.dependencies = (bom.dependencies ?? [])
  .filter(one => kept.has(one.ref))
  .map(one => ({ ...one, ...(one.dependsOn ? { dependsOn: one.dependsOn.filter(ref => kept.has(ref)) } : {}) }));
writeFileSync(bomFile, JSON.stringify(bom, null, 2) + '\n');
writeFileSync(
  noticesFile,
  `${bom.metadata.component.name} ${bom.metadata.component.version} holds the following parts of others, unchanged unless said otherwise.\n\n`
    + all.map(notice).join('\n'),
);
