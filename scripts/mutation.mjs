// Reads a report of Stryker: what no test noticed, a line each, then figures a room.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const rooms = new Map();
for (const [path, file] of Object.entries(report.files).sort()) {
  const name = path.split('/src/').at(-1).replace(/^EPortal\//, '');
  const room = name.split('/')[0];
  const lines = file.source.split('\n');
  for (const mutant of file.mutants) {
    const counts = rooms.get(room) ?? {};
    rooms.set(room, counts);
    counts[mutant.status] = (counts[mutant.status] ?? 0) + 1;
    if (mutant.status !== 'Survived' && mutant.status !== 'NoCoverage')
      continue;
    const { start, end } = mutant.location;
    const last = end.line === start.line ? end.column - 1 : undefined;
    const before = lines[start.line - 1].slice(start.column - 1, last) + (last === undefined ? ' …' : '');
    const after = (mutant.replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 100);
    console.log(`${mutant.status === 'Survived' ? 'survived' : 'untested'} ${name}:${start.line} ${before} -> ${after}`);
  }
}

const of = (counts, ...statuses) => statuses.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
console.log('room: mutants, killed, survived, not covered');
for (const [room, counts] of rooms) {
  const [killed, survived, uncovered] = [of(counts, 'Killed', 'Timeout'), of(counts, 'Survived'), of(counts, 'NoCoverage')];
  if (killed + survived + uncovered > 0)
    console.log(`${room}: ${killed + survived + uncovered}, ${killed}, ${survived}, ${uncovered}`);
}
