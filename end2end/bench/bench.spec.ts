// `cargo xtask bench`: prints the table and writes it, with the machine and the date, to bench/results.md.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { Api } from '../support/api';
import { Longshore } from '../support/longshore';
import { RCLONE } from '../support/process';
import { S3 } from '../support/s3';
import { type Row, table } from './measure';
import { firstLoads, firstRows } from './pages';
import { transfers } from './transfers';
import { twenty } from './twenty';

/** Measures only this part, and keeps the last results. */
const ONLY = process.env.BENCH_ONLY;

test('the release is measured', async ({ browser }) => {
  // The console's own data is on a disk, where its commits cost what they cost.
  const folder = await mkdtemp(join(tmpdir(), 'longshore-bench-'));
  const memory = await mkdtemp(join(await quickest(), 'longshore-bench-'));
  const longshore = new Longshore(folder, RCLONE, join(memory, 'files'));
  const s3 = new S3(join(memory, 's3'));
  // As many places as the measurement of many runs needs.
  process.env.LONGSHORE_MAX_RUNS = '20';
  const rows: Row[] = [];
  try {
    await mkdir(longshore.files, { recursive: true });
    longshore.createAdmin();
    const api = new Api(longshore);
    await longshore.start();
    await s3.start();
    const parts: [string, () => Promise<Row[]>][] = [
      ['first loads', () => firstLoads(browser, longshore)],
      ['first rows', () => firstRows(browser, longshore)],
      ['transfers', () => transfers(longshore, s3, api)],
      ['twenty runs', () => twenty(longshore, api)],
      ['history', history],
    ];
    for (const [name, part] of parts) if (!ONLY || ONLY === name) rows.push(...(await test.step(name, part)));
  } finally {
    if (rows.length > 0) await report(rows, browser.version(), memory);
    await longshore.stop();
    await s3.stop();
    for (const made of [folder, memory]) await rm(made, { recursive: true, force: true });
  }
});

/** What `bench/history.rs` measured just before. */
async function history(): Promise<Row[]> {
  const file = '../target/bench/history.json';
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Row[]) : [];
}

/** A folder in memory where there is room: a disk's moods would hide what is measured. */
async function quickest(): Promise<string> {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = await statfs(memory);
  return bavail * bsize > 6 * 2 ** 30 ? memory : tmpdir();
}

async function report(rows: Row[], chromium: string, files: string): Promise<void> {
  const first = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0];
  const machine = [
    `${cpus().length} × ${cpus()[0]?.model}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}`,
    first(RCLONE, 'version'),
    `Chromium ${chromium}`,
    files.startsWith('/dev/shm') ? 'files in memory' : 'files on disk',
  ].join(', ');
  const commit = first('git', 'describe', '--always', '--dirty', '--exclude', '*');
  const text = `# The last run

${new Date().toISOString().slice(0, 10)}, commit ${commit}
${machine}

${table(rows)}

Made by \`cargo xtask bench\`. What is measured, and how: [README.md](README.md).
`;
  console.log(`\n${text}`);
  if (!ONLY) await writeFile('../bench/results.md', text);
}
